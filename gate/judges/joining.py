"""What is declared and what was observed, joined into one account of each break."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from gate.judges.grading import Grade, Graded, change_id, grade
from gate.judges.live_rules import LIVE_RULES, live_rule
from gate.judges.matching import explanations
from gate.model.evidence import ContractEvidence, LiveBreak, Shown, Trial
from gate.model.exchange import WireAnswer, WireRequest
from gate.model.plan import ContractPlan
from gate.openapi import Change, Level


class Standing(StrEnum):
    """How a break is known."""

    CONFIRMED = "declared and confirmed"
    DECLARED = "declared only"
    OBSERVED = "undeclared but observed"


@dataclass(frozen=True, slots=True)
class Sent:
    """One request as it was sent, and what each side answered; null: was not asked."""

    request: WireRequest
    candidate: WireAnswer | None
    baseline: WireAnswer | None


@dataclass(frozen=True, slots=True)
class Joined:
    """One change with all that was seen of it; *level* is what counts in the end.

    Without a declared change, *grade* is about what was observed: its rule is one of
    the live rules, and *pointer_old* the keywords that were violated.
    """

    grade: Grade
    standing: Standing
    level: Level
    trial: Trial | None = None
    lived: tuple[LiveBreak, ...] = ()

    @property
    def change(self) -> Change:
        """What changed."""
        return self.grade.change

    @property
    def id(self) -> str:
        """The id by which every report knows it."""
        return self.grade.id

    @property
    def counts(self) -> bool:
        """Whether nobody has accepted it."""
        return self.grade.accepted is None

    @property
    def sent(self) -> Sent | None:
        """The exchange that tells most, or None when nothing was sent."""
        trial = self.trial
        tried = (
            Sent(trial.request, trial.candidate, trial.baseline)
            if trial is not None and trial.request is not None
            else None
        )
        if tried and (not self.lived or (trial and trial.shown is Shown.CONFIRMED)):
            return tried
        for live in self.lived:
            return Sent(live.request, live.candidate, live.baseline)
        return None


@dataclass(frozen=True, slots=True)
class Account:
    """Every break, the worst first, and what the policy itself has to say."""

    joined: tuple[Joined, ...]
    graded: Graded

    def counting(self, level: Level) -> tuple[Joined, ...]:
        """Return what counts at one level."""
        return tuple(e for e in self.joined if e.counts and e.level is level)


def join(
    contract: ContractEvidence,
    changes: Sequence[Change],
    plan: ContractPlan,
) -> Account:
    """Return the account of the declared *changes* and of what old consumers met.

    What goes wrong on the baseline as well is as old as production and left out.
    """
    trials = dict(_trials(contract.trials, changes))
    lived: dict[_Key, list[LiveBreak]] = {}
    unexplained: dict[_Cause, list[LiveBreak]] = {}
    for live in contract.breaks:
        if live.on_baseline:
            continue
        shows = explanations(live, changes, trials, plan.levels)
        for change in shows:
            lived.setdefault(_key(change), []).append(live)
        if not shows:
            unexplained.setdefault(_cause(live), []).append(live)
    observed: dict[_Key, Change] = {}
    for alike in unexplained.values():
        change = _as_change(alike)
        observed[_key(change)] = change
        lived[_key(change)] = alike
    everything = (*changes, *observed.values())
    graded = grade(everything, plan, contract.day, seen=True)
    joined = [
        _joined(
            each,
            trials.get(change_id(each.change)),
            tuple(lived.get(_key(each.change), ())),
            plan,
            declared=_key(each.change) not in observed,
        )
        for each in graded.changes
    ]
    return Account(tuple(sorted(joined, key=lambda each: each.level)), graded)


_Key = tuple[str, str]
_Cause = tuple[str, tuple[str, ...], str]


def _cause(live: LiveBreak) -> _Cause:
    """Return what tells observed breaks apart: a shared component is one, used often."""
    shared = [each.startswith("/components/") for each in live.violated]
    operation = "" if shared and all(shared) else live.operation
    return live.check, live.violated, operation


def _key(change: Change) -> _Key:
    """Return what tells changes of one run apart: two may stand at one place.

    What was observed counts as one where it violates the same, whatever was said.
    """
    observed = change.rule in LIVE_RULES
    return change_id(change), "" if observed else change.summary


def _trials(
    trials: Iterable[Trial], changes: Iterable[Change]
) -> Iterator[tuple[str, Trial]]:
    """Yield each trial with the id of the change that it tried.

    Of several with one name, one that was confirmed counts.
    """
    ordered = sorted(trials, key=lambda each: each.shown is Shown.CONFIRMED)
    by_name = {each.change: each for each in ordered}
    for change in changes:
        trial = by_name.get(change.name)
        if trial is not None:
            yield change_id(change), trial


def _as_change(alike: Sequence[LiveBreak]) -> Change:
    """Return what was observed as a change that no document declares.

    It is named after the first operation by name, whichever was asked first.
    """
    operations = tuple(sorted({each.operation for each in alike}))
    live = next(each for each in alike if each.operation == operations[0])
    also = f" (also {', '.join(operations[1:])})" if len(operations) > 1 else ""
    return Change(
        rule=live_rule(live.check),
        level=Level.BREAKS,
        direction=None,
        operation=live.operation,
        pointer_old=" ".join(live.violated),
        pointer_new="",
        summary=f"an old consumer's {live.operation}: {live.message}{also}",
        operations=operations,
    )


def _joined(
    graded: Grade,
    trial: Trial | None,
    lived: tuple[LiveBreak, ...],
    plan: ContractPlan,
    *,
    declared: bool,
) -> Joined:
    """Return how a change is known, and what that makes of its level.

    What the team says of the rule itself comes first. Else what was seen to break
    somebody does break, whatever the documents alone could tell.
    """
    confirmed = lived or (trial is not None and trial.shown is Shown.CONFIRMED)
    if not declared:
        spoken = any(each.declared for each in lived)
        standing = Standing.CONFIRMED if spoken else Standing.OBSERVED
    else:
        standing = Standing.CONFIRMED if confirmed else Standing.DECLARED
    level = graded.change.level
    if graded.change.rule not in plan.levels:
        if standing is Standing.CONFIRMED:
            level = Level.BREAKS
        elif standing is Standing.OBSERVED:
            level = _level(plan.observed_only)
        elif level is Level.BREAKS:
            level = _level(plan.declared_only)
    return Joined(graded, standing, level, trial, lived)


def _level(words: str) -> Level:
    return next(each for each in Level if each.words == words)
