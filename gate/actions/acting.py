"""What every action has at hand: the one port through which a run acts and looks."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from gate.actions.clock import MACHINE, Clock
from gate.errors import ExitCode
from gate.ledger.chronicle import Chronicle
from gate.ledger.journal import Journal
from gate.model.evidence import BarrierEvidence, Category
from gate.model.plan import Plans
from gate.model.platform import Platform
from gate.model.premises import Premises
from gate.model.release import Release
from gate.model.rollback import RollbackEvidence
from gate.model.subject import Subject
from gate.model.verdict import Verdict
from gate.model.watch_evidence import Traffic, Watched


class Outcome(NamedTuple):
    """What an action came to: an exit code, and one sentence for a person.

    *last_words* is the end of the log of a release that does not serve.
    """

    exit_code: ExitCode
    says: str
    last_words: str = ""


class Examiner(Protocol):
    """What looks at apps, collects evidence and judges it; it changes nothing there."""

    def serves(self, release: Release) -> BarrierEvidence:
        """Wait until only *release* serves on its app."""
        ...

    def prepare(self, run: Chronicle, subject: Subject) -> None:
        """Make room for the evidence about *subject*, before any is collected."""
        ...

    def examine(
        self,
        run: Chronicle,
        subject: Subject,
        asked: Sequence[Category],
        way_back: RollbackEvidence | None = None,
    ) -> Verdict:
        """Collect evidence by what is *asked*, record it, judge it, record the verdict."""
        ...

    def remembering(
        self, subject: Subject
    ) -> AbstractContextManager[Callable[[], Traffic | None]]:
        """Read production's log meanwhile; what is given tells what consumers met."""
        ...

    def watch(
        self,
        run: Chronicle,
        subject: Subject,
        release: Release,
        before: Traffic | None,
    ) -> Watched:
        """Look at production for as long as the plans say, and judge what was seen."""
        ...

    def own_checks(self, run: Chronicle, subject: Subject) -> tuple[str, ...]:
        """Run the checks that the candidate's own commit has; return what speaks against.

        For a rehearsal: there the candidate is the old release, back on staging.
        """
        ...


@dataclass(frozen=True, slots=True)
class Acting:
    """The platform, whoever examines, the clock, and the ledger of one run.

    Nothing that an action does or sees goes past these: so a test can end a run before
    and after each single effect.
    """

    platform: Platform
    premises: Premises
    plans: Plans
    run: Chronicle
    examiner: Examiner
    clock: Clock = MACHINE

    def await_serving(self, release: Release) -> BarrierEvidence:
        """Wait until only *release* serves on its app."""
        return self.examiner.serves(release)

    def journal(self) -> Journal:
        """Return what is recorded of this run."""
        return self.run.journal()
