"""What is tolerated, and what follows when it is not."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from gate.model.evidence import SUITES, Category
from gate.model.plan import ContractPlan, LoadPlan, Plans, WatchPlan
from gate.model.reading import DEFERRED
from gate.model.verdict import Action, Finding, Judgement, Result, Row, Verdict


@dataclass(frozen=True, slots=True)
class Limits:
    """Where a judge draws its lines; every share is between 0 and 1.

    *changed_lines*: share of changed lines that unit tests must execute. *contract*:
    how changes of the contract are graded, and which are accepted. *load* and *watch*:
    what must be excluded, on staging and in production.
    """

    good_rate: float = 0.95
    changed_lines: float = 0.9
    contract: ContractPlan = ContractPlan()
    load: LoadPlan = LoadPlan()
    watch: WatchPlan = WatchPlan()

    @classmethod
    def of(cls, plans: Plans) -> "Limits":
        """Return the limits that the plans state."""
        return cls(
            good_rate=plans.health.good_rate,
            changed_lines=plans.unit.changed_lines,
            contract=plans.contract,
            load=plans.load,
            watch=plans.watch,
        )


@dataclass(frozen=True, slots=True)
class Policy:
    """An answer for every category; a policy silent on one cannot be built.

    Raises ValueError when a category has no answer, or is answered with promote.
    """

    __pydantic_config__: ClassVar = DEFERRED

    answers: Mapping[Category, Action]
    limits: Limits = Limits()

    def __post_init__(self) -> None:
        """Refuse silence and vacuous answers."""
        for category in SUITES:
            if self.answers.get(category, Action.PROMOTE) is Action.PROMOTE:
                raise ValueError(f"no answer for a failure in category {category}")

    def action_for(self, finding: Finding) -> Action:
        """Return what one finding calls for; missing evidence never rolls back.

        Nor does a way back that is wanting: nothing has been promoted yet.
        """
        if finding.category in {Category.EVIDENCE, Category.ROLLBACK}:
            return Action.BLOCK
        return self.answers[finding.category]

    def decide(
        self,
        release: str,
        judgements: Iterable[Judgement],
        asked: Sequence[Category] = SUITES,
    ) -> Verdict:
        """Return the verdict: the worst action that any finding calls for.

        A category of those *asked* without a judgement, or one that did not pass
        without a finding, blocks: absence is never read as success.
        """
        given = tuple(judgements)
        rows = tuple(
            self._row(category, [j for j in given if j.category is category])
            for category in asked
        )
        because = tuple(finding for each in given for finding in each.findings)
        actions = [row.action for row in rows] + [self.action_for(f) for f in because]
        return Verdict(release, max(actions), rows, because)

    def _row(self, category: Category, judgements: Sequence[Judgement]) -> Row:
        """Of several judgements on one category the worst one counts."""
        told = [self._told(judgement) for judgement in judgements]
        nothing = Row(category, Result.NOT_RUN, "no evidence", Action.BLOCK)
        return max(told, key=lambda row: row.action, default=nothing)

    def _told(self, judgement: Judgement) -> Row:
        actions = [self.action_for(finding) for finding in judgement.findings]
        way_back = judgement.category is Category.ROLLBACK
        accepted = way_back and judgement.result is Result.ACCEPTED  # nothing else is
        if not accepted and judgement.result is not Result.PASSED:
            actions.append(Action.BLOCK)
        action = max(actions, default=Action.PROMOTE)
        return Row(judgement.category, judgement.result, judgement.seen, action)
