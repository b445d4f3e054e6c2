"""Acting with a witness: a run opened and closed, an intent before each write."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

from gate.errors import ExitCode, GateError
from gate.ledger.records import (
    ActionConfirmed,
    ActionIntended,
    BuildWarned,
    Deed,
    RunClosed,
    RunOpened,
)
from gate.ledger.store import Ledger
from gate.model.ending import Ending
from gate.model.premises import Premises
from gate.model.release import Release


def now() -> str:
    """Return the time, RFC 3339, UTC."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")


@dataclass(frozen=True, slots=True)
class Chronicle:
    """The ledger as one run sees it."""

    ledger: Ledger
    run: str

    @contextmanager
    def deed(
        self, deed: Deed, app: str, *, replaces: str, puts: str
    ) -> Iterator[list[Release]]:
        """Record the intent, then the release that the block appends to the list."""
        self.ledger.append(ActionIntended(self.run, now(), deed, app, replaces, puts))
        outcome: list[Release] = []
        yield outcome
        for release in outcome:
            self.ledger.append(
                ActionConfirmed(self.run, now(), deed, app, release.name)
            )

    def warned(self, app: str, warnings: tuple[str, ...]) -> None:
        """Record what the build of a release of *app* warned of."""
        self.ledger.append(BuildWarned(self.run, now(), app, warnings))

    def interrupted(self) -> str:
        """Say what an interruption leaves behind: asked of the ledger, not guessed."""
        asked = [
            r for r in self.ledger.records(self.run) if isinstance(r, ActionIntended)
        ]
        done = {
            r.deed
            for r in self.ledger.records(self.run)
            if isinstance(r, ActionConfirmed)
        }
        for intent in reversed(asked):
            if intent.deed in ("promote", "roll back"):
                state = "was done" if intent.deed in done else "may have been done"
                return f"interrupted: {intent.deed} on {intent.app} {state}"
        return "interrupted: nothing was promoted and nothing rolled back"

    def close(self, ending: Ending) -> Ending:
        """Record how the run ended."""
        self.ledger.append(
            RunClosed(self.run, now(), int(ending.exit_code), ending.says)
        )
        return ending


@contextmanager
def opened(
    ledger: Ledger, command: str, premises: Premises, commit: str
) -> Iterator[Chronicle]:
    """Open a run; whatever breaks it off is recorded as its end."""
    stamp = datetime.now(UTC).strftime("%Y%m%d-%H%M%S")
    chronicle = Chronicle(ledger, f"{stamp}-{secrets.token_hex(2)}")
    ledger.append(
        RunOpened(
            chronicle.run,
            now(),
            command,
            premises.staging,
            premises.production,
            commit,
        )
    )
    try:
        yield chronicle
    except GateError as error:
        chronicle.close(Ending(chronicle.run, error.exit_code, str(error)))
        raise
    except KeyboardInterrupt:
        chronicle.close(
            Ending(chronicle.run, ExitCode.INTERRUPTED, chronicle.interrupted())
        )
        raise
    except Exception as error:
        said = f"a defect in the gate: {type(error).__name__}: {error}"
        chronicle.close(Ending(chronicle.run, ExitCode.DEFECT, said))
        raise
