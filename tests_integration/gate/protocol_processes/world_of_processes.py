"""The protocol's model and oracle, with every gate a process of its own.

The model of Heroku stays in this process and is asked over a socket; the gate is the real
one, over a real ledger file and under the real lease, in a fork of this process, which
holds all that has to be imported already. What kills it, leaves nothing but that file.
"""

import ctypes
import os
import signal
import subprocess
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, TypeVar

from gate.errors import GateError
from gate.ledger.chronicle import Chronicle, now
from gate.ledger.lease import lease
from gate.ledger.records import ActionIntended, Record, RunClosed, VerdictReached
from gate.ledger.store import Ledger
from gate.model.evidence import SUITES, BarrierEvidence
from gate.model.release import Release
from gate.model.subject import Subject
from gate.model.verdict import Verdict
from gate.model.watch_evidence import Watched
from tests_unit.gate.protocol.estate import PRODUCTION, commit
from tests_unit.gate.protocol.examiner import Looker
from tests_unit.gate.protocol.port import WRITES, Kind, Port, noted
from tests_unit.gate.protocol.world import CANDIDATE, DOWN, World

T = TypeVar("T")
Onlooker = Callable[[int], "subprocess.Popen[bytes] | None"]
SOON = 20.0
PR_SET_PTRACER = 0x59616D61


def nobody(_pid: int) -> None:
    """Nobody looks on while a gate works."""


class MortalPort(Port):
    """Kills its process, really, before the effect of a number (counted from 1)."""

    def __init__(self, dies_at: int) -> None:
        super().__init__()
        self.dies_at = dies_at

    def do(self, kind: Kind, name: str, effect: Callable[[], T]) -> T:
        if len(self.effects) + 1 == self.dies_at:
            os.kill(os.getpid(), signal.SIGKILL)
        return super().do(kind, name, effect)


@dataclass
class Line:
    """A gate's end of the line to the model."""

    end: Connection
    port: Port

    def ask(self, what: str, *args: Any, **named: Any) -> Any:
        """Ask, and wait for the answer."""
        self.end.send((what, args, named))
        fine, answer = self.end.recv()
        if not fine:
            raise answer
        return answer

    def __getattr__(self, name: str) -> Callable[..., Any]:
        """A call of the platform."""
        return lambda *args, **named: self.port.do(
            "platform", name, lambda: self.ask(f"platform.{name}", *args, **named)
        )


@dataclass
class FarClock:
    """The model's time."""

    line: Line
    boot: str = "boot-1"

    def ticks(self) -> float:
        return float(self.line.ask("now"))

    def wait(self, seconds: float) -> None:
        self.line.port.do("clock", "wait", lambda: self.line.ask("wait", seconds))


@dataclass
class FarLooker(Looker):
    """An examiner that leaves the looking to the model's process."""

    line: Line | None = None

    def serves(self, release: Release) -> BarrierEvidence:
        return self._far("serves", release)

    def watch(self, run: Chronicle, *about: Any) -> Watched:
        return self._far("watch", run.run, *about)

    def examine(
        self,
        run: Chronicle,
        subject: Subject,
        asked: Any = SUITES,
        way_back: Any = None,
    ) -> Verdict:
        verdict: Verdict = self._far("examine", run.run, subject, asked, way_back)
        run.append(VerdictReached(run.run, now(), verdict))
        return verdict

    def _far(self, what: str, *args: Any) -> Any:
        line = self.line
        assert line is not None
        return line.port.do(
            "examiner", what, lambda: line.ask(f"examiner.{what}", *args)
        )


class MortalLedger(Ledger):
    """The real one, each record an effect.

    A *forgetful* one keeps to itself what follows the intent of a promotion, until it is
    closed.
    """

    def __init__(
        self,
        path: Path,
        port: Port,
        noted: Callable[[Record], None],
        *,
        forgetful: bool = False,
    ) -> None:
        self._port, self._forgetful, self._kept = port, forgetful, list[Record]()
        super().__init__(path, listeners=(noted,))

    def append(self, record: Record) -> None:
        self._port.do("ledger", record.kind, lambda: self._append(record))

    def records(self, run: str | None = None) -> Iterator[Record]:
        yield from super().records(run)
        yield from (r for r in self._kept if run in (None, r.run))

    def close(self) -> None:
        for record in self._kept:
            super().append(record)
        super().close()

    def _append(self, record: Record) -> None:
        intent = isinstance(record, ActionIntended) and record.deed == "promote"
        if self._kept or (self._forgetful and intent):
            self._kept.append(record)
        else:
            super().append(record)


@dataclass
class Silent:
    """Stands for a chronicle where only a run's name matters."""

    run: str

    def append(self, record: Record) -> None:
        """The gate's own process records it."""


@dataclass
class WorldOfProcesses(World):
    """A world whose gates are processes; *folder* is what they leave."""

    folder: Path = field(kw_only=True)
    forgetful: bool = False
    disk_fails: str = ""
    killed: int = 0

    def start(
        self, command: str, dies_at: int = 0, onlooker: Onlooker = nobody
    ) -> bool:
        """Run one gate to its end; return whether it came to tell how it ended."""
        ours, theirs = Pipe()
        pid = os.fork()
        if pid == 0:
            ours.close()
            self._be_a_gate(theirs, command, dies_at)
        theirs.close()
        watching = onlooker(pid)
        ours.send("go")
        came = self._answer(ours)
        _, status = os.waitpid(pid, 0)
        if watching is not None:
            watching.wait(SOON)
        self.killed += os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL
        self._look_at_the_ledger()
        return came

    def play(self, dies_at: int = 0, onlooker: Onlooker = nobody) -> None:
        """Promote, killed once; then go on to the end, and let all take effect."""
        self.start("promote", dies_at, onlooker)
        self.end_all(lambda: self.start("resume"), DOWN)
        self.heroku.drain()

    # The gate's process.

    def _be_a_gate(self, end: Connection, command: str, dies_at: int) -> None:
        ctypes.CDLL(None).prctl(
            PR_SET_PTRACER, -1, 0, 0, 0
        )  # strace is no parent of it
        port = MortalPort(dies_at)
        line = Line(end, port)
        try:
            end.recv()
            with self._gate(line) as gate:
                if command == "resume":
                    ends = gate.resume()
                else:
                    ends = (gate.promote(commit(CANDIDATE)),)
            line.ask("ends", ends, port.effects)
        except (GateError, KeyboardInterrupt) as error:
            line.ask("error", error, port.effects)
        except BaseException:  # noqa: BLE001 - a defect, of the gate or of this file
            line.ask("trouble", traceback.format_exc())
        finally:
            os._exit(0)

    @contextmanager
    def _gate(self, line: Line) -> Iterator[Any]:
        def noted(record: Record) -> None:
            if isinstance(record, RunClosed):
                line.ask("noted", record)

        with lease(self.folder / "lease", holder="a process of the test"):
            ledger = MortalLedger(
                self.folder / "ledger.db", line.port, noted, forgetful=self.forgetful
            )
            yield replace(
                self.gate(Port()),
                platform=line,
                ledger=ledger,
                examiner=FarLooker(self.heroku, Port(), self.seen, line=line),
                clock=FarClock(line),
                home=self.folder,
            )
            ledger.close()

    # The model's process.

    def _answer(self, end: Connection) -> bool:
        """Answer until nobody asks any more; return whether the end was told."""
        looker = self.gate(Port()).examiner
        told = False
        while True:
            try:
                what, args, named = end.recv()
            except (EOFError, ConnectionResetError):
                end.close()
                return told
            told |= what in ("ends", "error", "trouble")
            try:
                answer = True, self._do(looker, what, args, named)
            except GateError as error:
                answer = False, error
            try:
                end.send(answer)
            except BrokenPipeError:
                continue  # it was killed while it waited

    def _do(self, looker: Looker, what: str, args: Any, named: Any) -> Any:
        whom, _, call = what.partition(".")
        match whom:
            case "platform" if call in WRITES:
                return self._written(call, args, named)
            case "platform":
                return getattr(self.heroku, call)(*args, **named)
            case "examiner" if call == "serves":
                return looker.serves(*args)
            case "examiner":
                run, *about = args
                return getattr(looker, call)(Silent(run), *about)
            case "now":
                return self.heroku.now
            case "wait":
                return self.heroku.wait(max(args[0], 1.0))
            case "noted":
                return self.noted(args[0])
            case _:
                return self._over(what, *args)

    def _over(self, what: str, said: Any, effects: Any = ()) -> None:
        """Note how a gate ended, by its own account."""
        self.effects = effects
        if what == "trouble":
            self.trouble = said
        elif what == "ends":
            for end in said:
                self.tell(end, self.disk_fails)
        elif isinstance(said, GateError):
            self.tell(said, self.disk_fails)

    def _written(self, call: str, args: Any, named: Any) -> Any:
        """Note which run has sent a write, and after how many records."""
        self._look_at_the_ledger()
        with noted(self.heroku, self.rows):
            return getattr(self.heroku, call)(*args, **named)

    def _look_at_the_ledger(self) -> None:
        """Take in what is on disk; of an end that could not be noted, what holds now."""
        ledger = Ledger(self.folder / "ledger.db")
        self.rows[:] = ledger.records()
        ledger.close()
        for record in self.rows:
            if isinstance(record, RunClosed) and record.run not in self.closings:
                self.noted(record)

    @property
    def open(self) -> bool:
        """Whether a run was begun and not closed."""
        ledger = Ledger(self.folder / "ledger.db")
        try:
            return bool(ledger.open_runs(PRODUCTION))
        finally:
            ledger.close()
