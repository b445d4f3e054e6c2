"""The port through which a gate acts and looks: every effect is a fault point.

A gate that is stopped before an effect is a gate that is stopped after the one before
it: between two effects nothing happens. So one kill for each gap, and one after the
last, are all there are.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Literal, TypeVar, cast

from gate.errors import PlatformUnavailable, StateDamaged
from gate.ledger.records import Record, RunClosed, RunOpened
from gate.ledger.store import Ledger
from gate.model.platform import Platform
from tests_unit.gate.protocol.heroku import Clock, Heroku

T = TypeVar("T")
Kind = Literal["platform", "ledger", "examiner", "clock"]
When = Literal["killed", "signalled", "answer lost", "not recorded"]
WRITES = frozenset({"promote", "release_slug", "create_build"})
MOST_EFFECTS = 3000


class Killed(BaseException):
    """The process is no more: nothing may take note of it."""


class NeverEnds(Exception):
    """More effects than any run needs."""


@dataclass(frozen=True)
class Fault:
    """What goes wrong at the effect of that number, counted from 1.

    *killed* and *signalled* come before it; the *answer* that is *lost* was to be told
    after it; what is *not recorded* was refused by the disk.
    """

    number: int
    when: When = "killed"


@dataclass(frozen=True)
class Effect:
    """One effect of a run without faults."""

    kind: Kind
    name: str

    def faults(self, number: int) -> Iterator[Fault]:
        """All that can go wrong at it."""
        yield Fault(number)
        yield Fault(number, "signalled")
        if self.kind in ("platform", "ledger"):
            yield Fault(number, "answer lost")
        if self.kind == "ledger":
            yield Fault(number, "not recorded")


class Port:
    """Counts the effects of one process, and makes one of them go wrong."""

    def __init__(self, fault: Fault | None = None) -> None:
        self.fault = fault
        self.effects: list[Effect] = []
        self.struck = False

    def do(self, kind: Kind, name: str, effect: Callable[[], T]) -> T:
        """Have an effect."""
        self.effects.append(Effect(kind, name))
        number = len(self.effects)
        if number > MOST_EFFECTS:
            raise NeverEnds
        if self.fault is None or self.fault.number != number:
            return effect()
        self.struck = True
        match self.fault.when:
            case "killed":
                raise Killed
            case "signalled":
                raise KeyboardInterrupt
            case "not recorded":
                raise StateDamaged("the disk is full")
            case "answer lost":
                effect()
                if kind == "ledger":
                    raise StateDamaged("the disk did not answer")
                raise PlatformUnavailable("the answer was lost")


class MemoryLedger(Ledger):
    """A ledger of plain rows, that outlives the process."""

    def __init__(
        self, rows: list[Record], port: Port, noted: Callable[[Record], None]
    ) -> None:
        self._rows, self._port, self._noted = rows, port, noted

    def append(self, record: Record) -> None:
        def effect() -> None:
            self._rows.append(record)
            self._noted(record)

        self._port.do("ledger", record.kind, effect)

    def records(self, run: str | None = None) -> Iterator[Record]:
        return iter([r for r in self._rows if run is None or r.run == run])

    def runs(self) -> tuple[str, ...]:
        opened = [r.run for r in self._rows if isinstance(r, RunOpened)]
        return tuple(reversed(opened))

    def open_runs(
        self, production: str | None = None, platform: str = ""
    ) -> tuple[str, ...]:
        closed = {r.run for r in self._rows if isinstance(r, RunClosed)}
        return tuple(run for run in self.runs() if run not in closed)


@contextmanager
def noted(heroku: Heroku, rows: list[Record]) -> Iterator[None]:
    """Note of what is sent meanwhile which run has sent it, and after which record."""
    before = len(heroku.sent)
    try:
        yield
    finally:
        for sent in heroku.sent[before:]:
            sent.run, sent.rows = rows[-1].run, len(rows)


class PortedPlatform:
    """The model, each call an effect; writes are noted."""

    def __init__(self, heroku: Heroku, port: Port, rows: list[Record]) -> None:
        self._heroku, self._port, self._rows = heroku, port, rows

    def __getattr__(self, name: str) -> Any:
        call = getattr(self._heroku, name)

        def written(*args: Any, **named: Any) -> Any:
            with noted(self._heroku, self._rows):
                return call(*args, **named)

        effect = written if name in WRITES else call

        def ported(*args: Any, **named: Any) -> Any:
            return self._port.do("platform", name, lambda: effect(*args, **named))

        setattr(self, name, ported)
        return ported


def ported(heroku: Heroku, port: Port, rows: list[Record]) -> Platform:
    """The model behind a port."""
    return cast("Platform", PortedPlatform(heroku, port, rows))


class PortedClock(Clock):
    """Waiting is an effect; looking at the clock is none."""

    def __init__(self, heroku: Heroku, port: Port) -> None:
        super().__init__(heroku)
        self._port = port

    def wait(self, seconds: float) -> None:
        self._port.do("clock", "wait", lambda: super(PortedClock, self).wait(seconds))
