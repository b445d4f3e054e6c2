"""What the records of a run say of it: how far it came, and what is still open."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import TypeVar

from gate.ledger.records import (
    ActionConfirmed,
    ActionFailed,
    ActionIntended,
    ActionSent,
    ActionUnanswered,
    CandidateBound,
    Deed,
    HoldAcknowledged,
    Record,
    RollbackPlanned,
    RunClosed,
    RunOpened,
    SlugRejected,
    VerdictReached,
    WatchEnded,
)
from gate.model.rollback import RollbackPlan
from gate.model.subject import Subject
from gate.model.verdict import Judgement, Verdict

R = TypeVar("R")
OF_A_WRITE = (
    ActionIntended,
    ActionSent,
    ActionUnanswered,
    ActionConfirmed,
    ActionFailed,
)
CHANGE_PRODUCTION = frozenset({"promote", "rollback"})
"""The commands that may."""


@dataclass(frozen=True, slots=True)
class Write:
    """One write of a run: intended, and then sent, confirmed, failed or left open."""

    intent: ActionIntended
    sent: ActionSent | None = None
    unanswered: ActionUnanswered | None = None
    confirmed: ActionConfirmed | None = None
    failed: ActionFailed | None = None

    @property
    def open(self) -> bool:
        """Whether it is not known what became of it."""
        return self.confirmed is None and self.failed is None


@dataclass(frozen=True, slots=True)
class Journal:
    """The records of one run, oldest first, and what they come to."""

    records: tuple[Record, ...]

    @classmethod
    def of(cls, records: Iterable[Record]) -> "Journal":
        """Return the journal of a run."""
        return cls(tuple(records))

    @property
    def opened(self) -> RunOpened | None:
        """How the run began."""
        return self._last(RunOpened)

    @property
    def closed(self) -> RunClosed | None:
        """How it ended; None: it did not."""
        return self._last(RunClosed)

    @property
    def acknowledged(self) -> HoldAcknowledged | None:
        """Who has seen that it ended held; None: nobody, or it did not."""
        return self._last(HoldAcknowledged)

    @property
    def subject(self) -> Subject | None:
        """What is judged; None: it did not come to that."""
        bound = self._last(CandidateBound)
        return bound.subject if bound else None

    @property
    def plan(self) -> RollbackPlan | None:
        """The way back."""
        planned = self._last(RollbackPlanned)
        return planned.plan if planned else None

    @property
    def verdict(self) -> Verdict | None:
        """The answer."""
        reached = self._last(VerdictReached)
        return reached.verdict if reached else None

    @property
    def watched(self) -> Judgement | None:
        """What production showed, in a watch that came to its end."""
        ended = self._last(WatchEnded)
        return ended.judgement if ended else None

    @property
    def rejected(self) -> bool:
        """Whether the slug was rejected."""
        return self._last(SlugRejected) is not None

    @property
    def promotion(self) -> Write | None:
        """The promotion; None: none was intended."""
        found = self.writes("promote")
        return found[-1] if found else None

    @property
    def may_be_promoted(self) -> bool:
        """Whether a promotion was intended, and it is not known that it failed."""
        return self.promotion is not None and self.promotion.failed is None

    @property
    def at_stake(self) -> bool:
        """Whether a write of this run may have changed what serves, and is not done."""
        rollbacks = self.writes("roll back")
        return self.may_be_promoted or any(write.open for write in rollbacks)

    @property
    def by_hand(self) -> bool:
        """Whether it is a rollback that a person asked for."""
        return self.opened is not None and self.opened.command == "rollback"

    @property
    def concerns_production(self) -> bool:
        """Whether the run was to change production; a rollback may be of another app."""
        opened = self.opened
        if opened is None or opened.command not in CHANGE_PRODUCTION:
            return False
        back = self.writes("roll back") if self.by_hand else ()
        return all(each.intent.app == opened.production for each in back)

    def writes(self, deed: Deed, app: str | None = None) -> tuple[Write, ...]:
        """Return the writes of a kind in the order in which they were intended."""
        found: list[Write] = []
        for record in self.records:
            if not isinstance(record, OF_A_WRITE):
                continue
            if record.deed != deed or (app is not None and record.app != app):
                continue
            if isinstance(record, ActionIntended):
                found.append(Write(record))
                continue
            place = _about(found, record.mark)
            match record:
                case ActionSent():
                    found[place] = replace(found[place], sent=record)
                case ActionUnanswered():
                    found[place] = replace(found[place], unanswered=record)
                case ActionConfirmed():
                    found[place] = replace(found[place], confirmed=record)
                case ActionFailed():
                    found[place] = replace(found[place], failed=record)
        return tuple(found)

    def _last(self, kind: type[R]) -> R | None:
        for record in reversed(self.records):
            if isinstance(record, kind):
                return record
        return None


def journals(
    records: Iterable[Record], production: str | None = None, platform: str = ""
) -> tuple[Journal, ...]:
    """Return one journal for each run that was opened, the newest first.

    Of one *production* app alone, where it is named, and on that *platform*: several
    pipelines may share a ledger.
    """
    runs: dict[str, list[Record]] = {}
    for record in records:
        runs.setdefault(record.run, []).append(record)
    found = (Journal.of(run) for run in reversed(runs.values()))
    return tuple(
        each
        for each in found
        if each.opened is not None and each.opened.is_of(production, platform)
    )


def _about(found: list[Write], mark: str) -> int:
    """Return which write a record is about: that of its mark, else the last one."""
    marked = [i for i, each in enumerate(found) if mark and each.intent.mark == mark]
    return marked[-1] if marked else -1
