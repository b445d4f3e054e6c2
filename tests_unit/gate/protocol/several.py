"""Several gates on one pipeline: each a process of its own, one effect at a time.

Who has the next effect is for a test to say; so is who is killed before it. Each gate
has a ledger of its own, as on machines that know nothing of each other.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from gate.gatekeeper import Gatekeeper
from tests_unit.gate.protocol.examiner import Looker
from tests_unit.gate.protocol.heroku import Heroku
from tests_unit.gate.protocol.port import Killed, Kind, Port
from tests_unit.gate.protocol.world import Then, World

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
        self.site.heroku.who = self.site.who
        return super().do(kind, name, effect)

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
