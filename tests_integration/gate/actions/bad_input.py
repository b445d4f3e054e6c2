"""A promotion into which something bursts, right after a record, and how it ended."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from gate.errors import ExitCode, GateError, StateDamaged
from gate.gatekeeper import Gatekeeper
from gate.judges import judge
from gate.ledger.chronicle import Chronicle, now
from gate.ledger.records import Record, VerdictReached
from gate.model.ending import Ending
from gate.model.evidence import SUITES, Category, EvidenceBundle
from gate.model.rollback import RollbackEvidence
from gate.model.subject import Subject
from gate.model.verdict import Verdict
from tests_integration.gate.actions.named import name_of
from tests_unit.gate.fakes.good_run import POLICY
from tests_unit.gate.protocol.estate import PRODUCTION, commit
from tests_unit.gate.protocol.examiner import Looker
from tests_unit.gate.protocol.port import MemoryLedger, Port
from tests_unit.gate.protocol.world import CANDIDATE, World


class ByTheWayBack(Looker):
    """An examiner whose verdict is about the way back alone, by the real judge."""

    def examine(
        self,
        run: Chronicle,
        subject: Subject,
        asked: Sequence[Category] = SUITES,
        way_back: RollbackEvidence | None = None,
    ) -> Verdict:
        bundle = EvidenceBundle(rollback=way_back)
        verdict = judge(subject, bundle, POLICY, (Category.ROLLBACK,))
        run.append(VerdictReached(run.run, now(), verdict))
        return verdict


class Disk(MemoryLedger):
    """A ledger that takes no more from the record of that name on; empty: it does."""

    full_from = ""
    full = False

    def append(self, record: Record) -> None:
        self.full = self.full or name_of(record) == self.full_from
        if self.full:
            raise StateDamaged("the ledger takes no more", why="the disk is full")
        super().append(record)


@dataclass(frozen=True)
class End:
    """What was told of the end: and what is live, what was sent, whether it is open."""

    code: int
    standing: str
    live: str
    says: str
    sent: str
    open: bool


@dataclass
class Bursting(World):
    """A world in which *burst* happens once, after the record of the name *after*.

    With *after* empty before anything else. *full_from* is the first record for which
    there is no room on the disk.
    """

    after: str = ""
    burst: Callable[["Bursting"], None] = lambda _: None
    full_from: str = ""
    examining: type[Looker] = ByTheWayBack
    bursts: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.after:
            self._bursts("")

    def noted(self, record: Record) -> None:
        super().noted(record)
        if self.after and self.after == name_of(record):
            self._bursts(self.after)

    def _bursts(self, after: str) -> None:
        if not self.bursts:
            self.bursts.append(after)
            self.burst(self)

    def process_of_a_gate(self) -> Gatekeeper[Looker]:
        """A new process: nothing is kept but the ledger and the platform."""
        gate = self.gate(Port())
        disk = Disk(self.rows, Port(), self.noted)
        disk.full_from = self.full_from
        examiner = self.examining(**vars(gate.examiner))
        return replace(gate, ledger=disk, examiner=examiner)

    def promoted(self) -> End:
        """What a promotion came to."""
        try:
            ending = self.process_of_a_gate().promote(commit(CANDIDATE))
        except GateError as error:
            return self._end(error.exit_code, error.standing, str(error))
        return self._told(ending)

    def resumed(self) -> End:
        """What `gate resume` made of the run that was left, when there is room again."""
        self.full_from = ""
        self.heroku.wait(7.0)
        (ending,) = self.process_of_a_gate().resume()
        return self._told(ending)

    def steps(self) -> list[str]:
        """What was recorded, by name."""
        return [name_of(record) for record in self.rows]

    def _told(self, ending: Ending) -> End:
        standing = ending.standing.value if ending.standing else ""
        return self._end(ending.exit_code, standing, ending.says)

    def _end(self, code: ExitCode, standing: str, says: str) -> End:
        live = self.heroku.places[PRODUCTION].live
        sent = ", ".join(f"{each.kind} {each.letter}" for each in self.heroku.sent)
        letter = live.letter if live else ""
        return End(int(code), standing, letter, says, sent, self.open)
