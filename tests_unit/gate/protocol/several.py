"""Several gates on one pipeline: each a process of its own, one effect at a time.

Who has the next effect is for a test to say; so is who is killed before it. Each gate
has a ledger of its own, as on machines that know nothing of each other.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

from gate.gatekeeper import Gatekeeper
from tests_unit.gate.protocol.estate import PRODUCTION
from tests_unit.gate.protocol.examiner import Looker
from tests_unit.gate.protocol.heroku import Heroku
from tests_unit.gate.protocol.oracle import History, broken
from tests_unit.gate.protocol.port import WRITES, Killed, Kind, Port
from tests_unit.gate.protocol.world import Moment, Then, World

T = TypeVar("T")
AT_ONCE = ("run closed",)
"""Effects before which nobody else has a turn: what happens between the last look and
the record of how a run ended nobody can promise anything about."""
PATIENCE = 20.0
"""Real seconds within which a gate has its next effect: it computes, no more."""


class Turns(Port):
    """The effects of a process that waits for its turn before each."""

    def __init__(self, site: "Site") -> None:
        super().__init__()
        self.site = site
        self.next = ""
        self.killed = False
        self._go = threading.Semaphore(0)
        self._waits = threading.Semaphore(0)

    def do(self, kind: Kind, name: str, effect: Callable[[], T]) -> T:
        """Have an effect, once it is this process's turn."""
        self.next = name
        if not self.killed:
            self._waits.release()
            self._go.acquire()
        if self.killed:
            raise Killed
        heroku = self.site.heroku
        heroku.who = self.site.who
        before = len(heroku.sent)
        try:
            return super().do(kind, name, effect)
        finally:
            if name in WRITES:
                self.site.wrote(before)

    def turn(self) -> None:
        """Let the process have one effect, and go on to its next."""
        self._go.release()
        self.settled()

    def ended(self) -> None:
        """Say that there is no next effect."""
        self.next = ""
        self._waits.release()

    def settled(self) -> None:
        """Wait until the process waits for its turn, or has ended."""
        assert self._waits.acquire(timeout=PATIENCE), "a gate hangs between effects"


@dataclass
class Site(World):
    """One gate: its ledger, its processes one after the other, and what it was told."""

    shared: Heroku | None = None
    who: str = "gate"
    wrote_for: dict[int, tuple[str, int]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        assert self.shared is not None
        self.heroku = self.shared
        self.turns: Turns | None = None
        self.failure: BaseException | None = None

    def begin(self, command: Then) -> None:
        """Start a process; it stops before its first effect."""
        self.turns = Turns(self)
        threading.Thread(target=self._run, args=(command,), daemon=True).start()
        self.turns.settled()

    def _run(self, command: Then) -> None:
        turns = self.turns
        assert turns is not None
        try:
            self.process(command, None)
        except BaseException as error:  # noqa: BLE001 - told in the test's own thread
            self.failure = error
        finally:
            turns.ended()

    def gate(self, port: Port) -> Gatekeeper[Looker]:
        """Put the port that takes turns in the place of the one that does not."""
        assert self.turns is not None
        return super().gate(self.turns)

    @property
    def running(self) -> bool:
        """Whether a process waits for its turn."""
        return self.turns is not None and bool(self.turns.next)

    def step(self, effects: int) -> None:
        """Let the process have some effects, and those that follow the last at once."""
        while self.turns is not None and self.running:
            if effects <= 0 and self.turns.next not in AT_ONCE:
                break
            self.turns.turn()
            effects -= 1
        self._tell_failure()

    def until(self, effect: str) -> None:
        """Let the process go on until that is its next effect, or it has ended."""
        while self.turns is not None and self.running and self.turns.next != effect:
            self.turns.turn()
        self._tell_failure()

    def _tell_failure(self) -> None:
        if self.failure is not None:
            raise self.failure

    def kill(self) -> None:
        """Let the process have no effect any more."""
        if self.turns is not None and self.running:
            self.turns.killed = True
            self.turns.turn()
        self.turns = None

    def wrote(self, before: int) -> None:
        """Note for which run the newest requests were sent, and after which record."""
        for sent in self.heroku.sent[before:]:
            self.wrote_for[sent.number] = (self.rows[-1].run, len(self.rows))

    def moment(self) -> Moment:
        """What holds now; of what is under way, only what this gate has sent counts."""
        seen = super().moment()
        flying = self.heroku.in_flight(self.who)
        mine = [sent for sent in flying if sent.app == PRODUCTION]
        return Moment(seen.live, seen.version, seen.staging, len(mine), seen.now)

    def label(self) -> None:
        """Say of each request which run has sent it: of all gates before one is judged."""
        for sent in self.heroku.sent:
            if sent.number in self.wrote_for:
                sent.run, sent.rows = self.wrote_for[sent.number]

    def broken(self, *, excused: bool, silent: bool) -> list[str]:
        """All that is wrong with the history of this gate, when all is over."""
        history = History(
            self.heroku,
            self.rows,
            self.seen,
            self.closings,
            self.told,
            excused=excused,
            silent=silent,
        )
        return [*filter(None, (self.trouble,)), *broken(history)]
