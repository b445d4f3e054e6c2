"""Which runs ended held and were not dealt with since: a person is needed for them."""

from collections.abc import Sequence
from dataclasses import dataclass

from gate.errors import ExitCode
from gate.ledger.journal import Journal, journals
from gate.ledger.records import HoldAcknowledged, Record, RunClosed, RunOpened
from gate.model.ending import Standing

ENDED_WELL = frozenset({ExitCode.PASSED, ExitCode.ROLLED_BACK})
VERIFIED = frozenset({Standing.NEW_SERVES, Standing.OLD_SERVES})


@dataclass(frozen=True, slots=True)
class Hold:
    """A run that ended held, at what moment (RFC 3339, UTC), and what it then knew."""

    run: str
    at: str
    says: str
    known: str

    @property
    def since(self) -> str:
        """The moment as people say it."""
        return f"{self.at[:16].replace('T', ' ')} UTC"


def holds(
    records: Sequence[Record], production: str, platform: str = ""
) -> tuple[Hold, ...]:
    """Return the holds of a *production* app that still stand, the newest last.

    On that *platform*, where it is named: another one may have an app of the same name.
    A hold ends when a person acknowledges it, or when a run that began after it changed
    production and saw what serves there now. One that changed nothing has not dealt
    with it, however it ended; nor has one that began before, and knew nothing of it.
    """
    runs = {
        each.records[0].run: each for each in journals(records, production, platform)
    }
    standing: dict[str, Hold] = {}
    known: dict[str, frozenset[str]] = {}
    for record in records:
        if record.run not in runs:
            continue
        match record:
            case RunOpened():
                known[record.run] = frozenset(standing)
            case RunClosed(exit_code=ExitCode.HELD) if runs[
                record.run
            ].concerns_production:
                hold = Hold(record.run, record.at, record.says, record.known)
                standing[record.run] = hold
            case RunClosed() if _verified(record, runs[record.run], production):
                for run in known[record.run]:
                    standing.pop(run, None)
            case HoldAcknowledged():
                standing.pop(record.run, None)
    return tuple(standing.values())


def _verified(closed: RunClosed, run: Journal, production: str) -> bool:
    """Whether a run changed production, and ended with what was seen to serve there."""
    writes = run.writes("promote", production) + run.writes("roll back", production)
    changed = any(write.failed is None for write in writes)
    return changed and closed.exit_code in ENDED_WELL and closed.standing in VERIFIED
