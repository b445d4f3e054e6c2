"""A run in short: what was asked, what was decided, and what came of it."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from gate.errors import ExitCode
from gate.ledger.journal import Journal
from gate.ledger.records import (
    ActionConfirmed,
    ActionFailed,
    ActionIntended,
    RunSuspended,
)
from gate.model.ending import Standing
from gate.reports.durations import seconds_between
from gate.reports.machine import SCHEMA
from gate.reports.plain_text import first_line

NEXT = "python -m gate resume"
"""What brings a run to its end that was broken off."""
NONE = "no run yet; begin with: python -m gate promote"


@dataclass(frozen=True, slots=True)
class Passage:
    """One run's passage through the gate.

    *decided* is the verdict's words, empty where it reached none. *exit_code* is null
    while the run is open: then *next* is the command that goes on with it, empty while
    somebody does. *seconds*
    are from its begin to its end, null where they are not known. *standing* is what
    held in production then, and *known* how that is known; empty where it was no matter
    of the run. *unconfirmed* is the write of which nothing is known. *acknowledged* says
    who has seen that it ended held, and why that is enough; empty: nobody.
    """

    run: str
    at: str
    command: str
    commit: str
    decided: str
    exit_code: int | None
    says: str
    seconds: float | None
    standing: str
    known: str
    unconfirmed: str = ""
    next: str = ""
    acknowledged: str = ""

    @property
    def ended(self) -> str:
        """Its exit code in words."""
        return "open" if self.exit_code is None else f"exit {self.exit_code}"

    @property
    def in_production(self) -> tuple[str, ...]:
        """The lines that say what held there, how that is known, and who has seen it."""
        if not self.standing:
            return ()
        known = f": {first_line(self.known)}" if self.known else ""
        lines = [f"    production: {self.standing}{known}"]
        if self.acknowledged:
            lines.append(f"    held, acknowledged by {first_line(self.acknowledged)}")
        return tuple(lines)


def passages_document(passages: Sequence[Passage]) -> dict[str, Any]:
    """Return passages as plain data."""
    return {"schema": SCHEMA, "runs": [asdict(each) for each in passages]}


def passages_of(journals: Sequence[Journal], holder: str) -> tuple[Passage, ...]:
    """Return the passages of runs with the newest first.

    *holder* is whoever holds the lease, and so goes on with the newest open one; empty:
    nobody does.
    """
    newest = next((each for each in journals if each.closed is None), None)
    return tuple(
        passage_of(each, holder if each is newest else "") for each in journals
    )


def passage_of(journal: Journal, holder: str = "") -> Passage:
    """Return the passage of a run that was opened; *holder* goes on with it now."""
    opened, closed, verdict = journal.opened, journal.closed, journal.verdict
    assert opened is not None
    standing = closed.standing if closed else ""
    held = closed.exit_code == ExitCode.HELD if closed else journal.at_stake
    seen = journal.acknowledged
    return Passage(
        run=opened.run,
        at=opened.at,
        command=opened.command,
        commit=opened.commit,
        decided=verdict.words if verdict else "",
        exit_code=closed.exit_code if closed else None,
        says=closed.says if closed else _open(journal, holder),
        seconds=seconds_between(opened.at, closed.at) if closed else None,
        standing=standing or (Standing.HELD.value if held else ""),
        known=closed.known if closed else _at_stake(journal),
        unconfirmed=_unconfirmed(journal),
        next="" if closed or holder else NEXT,
        acknowledged=f"{seen.name}: {seen.reason}" if seen else "",
    )


def _at_stake(journal: Journal) -> str:
    return "its promotion or rollback is not settled yet" if journal.at_stake else ""


def _open(journal: Journal, holder: str) -> str:
    if holder:
        return f"under way: {holder}"
    suspended = [r for r in journal.records if isinstance(r, RunSuspended)]
    return suspended[-1].says if suspended else "never ended"


def _unconfirmed(journal: Journal) -> str:
    """Return the last write, unless it is known what became of it, or of a later one."""
    for record in reversed(journal.records):
        if isinstance(record, ActionConfirmed | ActionFailed):
            return ""
        if isinstance(record, ActionIntended):
            return f"{record.deed} on {record.app}"
    return ""
