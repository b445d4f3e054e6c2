"""One history: a scenario, a gate that is stopped in it, and those that come after."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from itertools import count
from pathlib import Path
from typing import Literal
from unittest.mock import patch

from gate.errors import ExitCode, GateError
from gate.gatekeeper import Gatekeeper
from gate.ledger import chronicle
from gate.ledger.records import Record, RunClosed
from gate.model.ending import Ending, Standing
from gate.model.plan import Plans, PromotionPlan, WatchPlan
from gate.model.premises import Premises
from gate.model.release import ReleaseStatus
from gate.model.verdict import Action
from gate.repository import Repository
from tests_unit.gate.protocol.estate import (
    BASELINE,
    PIPELINE,
    PRODUCTION,
    STAGING,
    Fate,
    commit,
)
from tests_unit.gate.protocol.examiner import Looker, Seen
from tests_unit.gate.protocol.heroku import Heroku
from tests_unit.gate.protocol.port import (
    Effect,
    Fault,
    Killed,
    MemoryLedger,
    NeverEnds,
    Port,
    PortedClock,
    ported,
)

CANDIDATE = "B"
NOWHERE = Path("/nowhere")
SETTLE, RESTORE = 20.0, 40.0
DOWN = 7.0
"""Seconds until somebody goes on with what a dead gate has left."""
LATER = 30.0
MOST_RESUMES = 12
Then = Literal["resume", "promote", "rollback"]


@dataclass(frozen=True)
class Scenario:
    """What is there at the start, what is decided, and what goes wrong meanwhile.

    *first* is the command that is stopped; before a rollback its promotion was kept, and
    *to* is the version that the person names. *acts* are a colleague's, each at the call
    of that number; *silence*: from which call on the platform is silent, and for how many
    seconds.
    """

    name: str
    verdict: Action = Action.PROMOTE
    bad: str = ""
    bad_after: float = 0.0
    promote: str | Fate = "good"
    release: tuple[str | Fate, ...] = ()
    staging_release: tuple[str | Fate, ...] = ()
    build: str | Fate = "good"
    staging: str = "AB"
    production: str = "OA"
    baseline: str = ""
    failed_on_top: bool = False
    copies: bool = False
    blind: int = 0
    little: Literal["", "keep", "roll back"] = ""
    changed: tuple[str, ...] = ()
    dead: str = ""
    acts: tuple[tuple[int, str], ...] = ()
    silence: tuple[int, float] | None = None
    first: Then = "promote"
    to: int | None = None
    then: Then = "resume"


@dataclass(frozen=True)
class Moment:
    """What held at an instant: which artefacts were live, what was still under way."""

    live: str
    version: int
    staging: str
    in_flight: int
    now: float


@dataclass(frozen=True)
class Told:
    """How a process ended, as it told it, and what held then."""

    code: ExitCode
    standing: Standing | None
    run: str
    moment: Moment
    struck: str
    says: str


@dataclass(frozen=True)
class SomeRepository(Repository):
    """Every commit is in it, and between any two the same *files* changed."""

    files: tuple[str, ...] = ()

    def changed(self, old: str, new: str) -> tuple[str, ...]:
        return self.files

    def committed_at(self, commit: str) -> str:
        return ""

    def has(self, commit: str) -> bool:
        return True

    def holds(self, commit: str, path: str) -> bool:
        return True

    def text(self, commit: str, path: str) -> str:
        return "web: serve\n"

    def archive(self, commit: str, path: Path) -> None:
        pass


@dataclass
class World:
    """All that outlives a process of *who*, and what an oracle wants to know of it."""

    scenario: Scenario
    who: str = "gate"
    rows: list[Record] = field(default_factory=list)
    seen: list[Seen] = field(default_factory=list)
    closings: dict[str, Moment] = field(default_factory=dict)
    told: list[Told] = field(default_factory=list)
    effects: list[Effect] = field(default_factory=list)
    trouble: str = ""
    processes: int = 0
    kept: int = 0
    """The version that a person asks to replace."""

    def __post_init__(self) -> None:
        s = self.scenario
        self.heroku = Heroku(
            fates={
                f"promote {PRODUCTION}": (s.promote,),
                f"release {PRODUCTION}": s.release,
                f"release {STAGING}": s.staging_release,
                "build": (s.build,),
            },
            bad=s.bad,
            copies=s.copies,
            before=self._meanwhile,
        ).furnish(staging=s.staging, production=s.production, baseline=s.baseline)
        if s.failed_on_top:
            failed = ReleaseStatus.FAILED
            self.heroku.put(PRODUCTION, "X", by="init", kind="deploy", status=failed)
        if s.first == "rollback":
            self._keep()

    def _keep(self) -> None:
        """Promote with nothing in the way: a person finds out later that it is bad."""
        meant = self.scenario
        self.scenario = replace(meant, acts=(), silence=None, dead="")
        self.process("promote", None)
        self.scenario, self.processes, self.heroku.calls = meant, 0, 0
        self.kept = self.moment().version

    def _meanwhile(self, call: int) -> None:
        for at, act in self.scenario.acts:
            if at == call:
                self.heroku.colleague(act)
        silence = self.scenario.silence
        if silence is not None and silence[0] == call:
            self.heroku.silence(silence[1])

    def moment(self, run: str = "") -> Moment:
        """What holds now; of what is under way, what this gate, or that *run*, has sent."""
        production = self.heroku.places[PRODUCTION].live
        staging = self.heroku.places[STAGING].live
        flying = [
            s
            for s in self.heroku.in_flight(self.who)
            if s.app == PRODUCTION and run in ("", s.run)
        ]
        return Moment(
            production.letter if production else "",
            production.version if production else 0,
            staging.letter if staging else "",
            len(flying),
            self.heroku.now,
        )

    def noted(self, record: Record) -> None:
        """Keep what holds at the very instant at which a run is closed."""
        if isinstance(record, RunClosed):
            # a rollback by hand waits for no requests but its own
            alone = self.scenario.first == "rollback"
            self.closings[record.run] = self.moment(record.run if alone else "")

    def gate(self, port: Port) -> Gatekeeper[Looker]:
        """A new process: nothing is kept but the ledger."""
        s = self.scenario
        plans = Plans(
            watch=WatchPlan(too_little=s.little or "keep"),
            promotion=PromotionPlan(settle=SETTLE, restore=RESTORE),
        )
        looker = Looker(
            self.heroku,
            port,
            self.seen,
            action=s.verdict,
            bad_after=s.bad_after,
            blind=s.blind,
            little=bool(s.little),
            dead=s.dead,
        )
        return Gatekeeper(
            ported(self.heroku, port, self.rows),
            SomeRepository(NOWHERE, files=s.changed),
            Premises(PIPELINE, STAGING, PRODUCTION, BASELINE if s.baseline else ""),
            plans,
            "policy",
            MemoryLedger(self.rows, port, self.noted),
            NOWHERE,
            looker,
            PortedClock(self.heroku, port),
        )

    def process(self, command: Then, fault: Fault | None) -> bool:
        """Run one process to its end; return whether it came to tell how it ended."""
        port = Port(fault)
        gate = self.gate(port)
        self.processes += 1
        ends: tuple[Ending, ...] = ()
        error: BaseException | None = None
        try:
            ends = self._carried_out(gate, command)
        except Killed:
            return False
        except NeverEnds:
            self.trouble = "L1 a process never ended"
        except (GateError, KeyboardInterrupt) as caught:
            error = caught
        finally:
            self.effects = port.effects
            for sent in self.heroku.sent:
                sent.process = sent.process or self.processes
        struck = fault.when if fault is not None and port.struck else ""
        for end in ends:
            self.tell(end, struck)
        if isinstance(error, GateError):
            self.tell(error, struck)
        return True

    def _carried_out(
        self, gate: Gatekeeper[Looker], command: Then
    ) -> tuple[Ending, ...]:
        match command:
            case "resume":
                return gate.resume()
            case "promote":
                return (gate.promote(commit(CANDIDATE)),)
            case "rollback":
                to = self.scenario.to
                return (gate.roll_back(PRODUCTION, replacing=self.kept, target=to),)

    def tell(self, said: Ending | GateError, struck: str) -> None:
        """Note how a process has told that it ended."""
        standing, run, says = (
            (said.standing, said.run, said.says)
            if isinstance(said, Ending)
            else (None, "", str(said))
        )
        told = Told(said.exit_code, standing, run, self.moment(), struck, says)
        self.told.append(told)

    def end_all(self, resume: Callable[[], object], pause: float) -> None:
        """Resume what was left open, each time after a pause, until nothing is."""
        for _ in range(MOST_RESUMES):
            if self.trouble or not self.open:
                return
            self.heroku.wait(pause)
            resume()
        self.trouble = self.trouble or "L1 a run is open for ever"

    @property
    def end(self) -> str:
        """How the last run ended."""
        closed = [r for r in self.rows if isinstance(r, RunClosed)]
        return ExitCode(closed[-1].exit_code).name if closed else "NOTHING BEGUN"

    @property
    def open(self) -> bool:
        """Whether a run was begun and not closed."""
        ledger = MemoryLedger(self.rows, Port(), self.noted)
        return bool(ledger.open_runs(PRODUCTION))


@contextmanager
def no_name_twice() -> Iterator[None]:
    """Count runs where they would draw their names: thousands begin in one second."""
    numbers = count()
    with patch.object(chronicle.secrets, "token_hex", lambda _: f"{next(numbers):04x}"):
        yield


@no_name_twice()
def play(scenario: Scenario, faults: Sequence[Fault] = ()) -> World:
    """Begin, stopped by the first fault; go on, stopped by the next; and to the end."""
    world = World(scenario)
    command = scenario.first
    left = list(faults)
    while world.process(command, left.pop(0) if left else None) is False or left:
        world.heroku.wait(DOWN)
        command = scenario.then
    world.end_all(lambda: world.process("resume", None), LATER)
    world.heroku.drain()
    return world
