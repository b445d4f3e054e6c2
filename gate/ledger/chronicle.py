"""Acting with a witness: a run opened and closed, an intent before each write.

A run whose promotion was intended, and of which it is not known what became, is never
closed by what breaks it off: it is suspended, and `gate resume` goes on with it.
"""

import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime

from gate.errors import (
    ExitCode,
    GateError,
    Held,
    PromotionFailed,
    StateDamaged,
    Unresolved,
)
from gate.interrupts import held_back
from gate.ledger.journal import Journal
from gate.ledger.records import (
    ActionConfirmed,
    ActionIntended,
    BuildWarned,
    Deed,
    Record,
    RunClosed,
    RunOpened,
    RunSuspended,
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
    _own: list[Record] = field(default_factory=list, init=False, compare=False)

    def append(self, record: Record) -> None:
        """Write a record; it is durable when this returns."""
        self.ledger.append(record)
        self._own.append(record)

    def journal(self) -> Journal:
        """Return what is recorded of this run.

        Raises StateDamaged when what was written is not there any more.
        """
        records = tuple(self.ledger.records(self.run))
        if len(records) < len(self._own):
            raise StateDamaged(
                f"the ledger has lost records of run {self.run}",
                why=f"{len(self._own)} were written, {len(records)} are there",
                advice="put it back in its place, then run: python -m gate resume",
            )
        return Journal.of(records)

    def remembered(self) -> Journal:
        """Return what is recorded, or what this process has written of it."""
        try:
            return self.journal()
        except GateError:
            return Journal.of(self._own)

    @contextmanager
    def deed(
        self, deed: Deed, app: str, *, replaces: str, puts: str
    ) -> Iterator[list[Release]]:
        """Record the intent, then the release that the block appends to the list."""
        self.append(ActionIntended(self.run, now(), deed, app, replaces, puts))
        outcome: list[Release] = []
        yield outcome
        for release in outcome:
            self.append(
                ActionConfirmed(
                    self.run, now(), deed, app, release.name, release.version
                )
            )

    def warned(self, app: str, warnings: tuple[str, ...]) -> None:
        """Record what the build of a release of *app* warned of."""
        self.append(BuildWarned(self.run, now(), app, warnings))

    def close(self, ending: Ending) -> Ending:
        """Record how the run ended."""
        standing = ending.standing.value if ending.standing else ""
        self._closed(ending.exit_code, ending.says, standing, ending.known)
        return ending

    def _closed(self, code: ExitCode, says: str, standing: str, known: str) -> None:
        self.append(RunClosed(self.run, now(), int(code), says, standing, known))

    def broken_off(
        self, error: BaseException, standing: str = "", known: str = ""
    ) -> GateError | None:
        """Record what broke the run off; return the error to raise in its place.

        *standing* is what then holds in production, and *known* how that is known.
        None: the error itself says it all.
        """
        journal = self.remembered()
        code, says = _told(error, at_stake=journal.at_stake)
        if journal.closed is not None:
            return None
        over = isinstance(error, Held | PromotionFailed)
        if over or not (journal.at_stake or isinstance(error, Unresolved)):
            with suppress(GateError):
                self._closed(code, says, standing, known)
            return None
        # A ledger that takes no more changes nothing: what it holds is resumed.
        with suppress(GateError):
            self.append(RunSuspended(self.run, now(), int(ExitCode.UNRESOLVED), says))
        if isinstance(error, Unresolved):
            return None
        return Unresolved(
            f"run {self.run} was broken off while it changed what serves",
            why=says,
            advice="run: python -m gate resume",
        )


def _told(error: BaseException, *, at_stake: bool) -> tuple[ExitCode, str]:
    if isinstance(error, GateError):
        return error.exit_code, str(error)
    if isinstance(error, KeyboardInterrupt):
        known = "" if at_stake else ": nothing was promoted"
        return ExitCode.INTERRUPTED, f"interrupted{known}"
    said = f"a defect in the gate: {type(error).__name__}: {error}"
    return ExitCode.DEFECT, said


@contextmanager
def opened(
    ledger: Ledger,
    command: str,
    premises: Premises,
    commit: str,
    *,
    committed: str = "",
) -> Iterator[Chronicle]:
    """Open a run; whatever breaks it off is recorded."""
    chronicle = begun(ledger, command, premises, commit, committed=committed)
    with going_on(chronicle):
        yield chronicle


def begun(
    ledger: Ledger,
    command: str,
    premises: Premises,
    commit: str,
    *,
    committed: str = "",
) -> Chronicle:
    """Record that a run begins; it is to go on in `going_on`."""
    stamp = datetime.now(UTC).strftime("%Y%m%d-%H%M%S")
    chronicle = Chronicle(ledger, f"{stamp}-{secrets.token_hex(4)}")
    chronicle.append(
        RunOpened(
            chronicle.run,
            now(),
            command,
            premises.staging,
            premises.production,
            commit,
            committed,
            premises.platform,
        )
    )
    return chronicle


@contextmanager
def going_on(
    chronicle: Chronicle,
    look: Callable[[BaseException], tuple[str, str]] = lambda _: ("", ""),
) -> Iterator[None]:
    """Record whatever breaks a run off that goes on within the context.

    *look* tells what then holds in production, and how it is known.
    """
    try:
        yield
    except (KeyboardInterrupt, Exception) as error:
        instead: GateError | None = None
        standing = known = ""
        with held_back():  # whoever interrupts now, this is recorded first
            with suppress(GateError, KeyboardInterrupt):
                standing, known = look(error)
            with suppress(GateError):  # a ledger that cannot be read hides no reason
                instead = chronicle.broken_off(error, standing, known)
            for each in (error, instead):
                if isinstance(each, GateError):
                    each.standing, each.known = standing, known
            if instead is not None:
                raise instead from error
            if standing and isinstance(error, KeyboardInterrupt):
                error.add_note(f"production: {standing}: {known}")
            raise
