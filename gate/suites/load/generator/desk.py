"""The half of a load run that decides: who takes part, which part it is, when it ends."""

import json
import os
import signal
import sys
import time
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any, TextIO

import gevent  # type: ignore[import-untyped]
from gevent.event import Event  # type: ignore[import-untyped]
from locust.env import Environment

from gate.suites.load.generator.crew import FINISH_SECONDS, alike
from gate.suites.load.generator.settings import GOOD_ENDS, Settings
from gate.suites.load.generator.tally import MOST_SLOWEST, Ending

WORKERS_SECONDS = 60.0
"""How long workers are awaited."""
NOTHING: Mapping[str, object] = {
    "workers": 0,
    "rate": 0.0,
    "lowered_from": 0.0,
    "busy": 0.0,
    "late": 0.0,
    "slowest": [],
}


class Stream:
    """The file that a load run leaves behind, line by line while it runs."""

    def __init__(self, path: Path) -> None:
        self._file: TextIO = path.open("a", encoding="utf-8")

    def write(self, **line: object) -> None:
        """Add a line that readers see at once."""
        self.lines([json.dumps(line, separators=(",", ":"))])

    def lines(self, lines: list[str]) -> None:
        """Add lines that readers see at once; none after the last."""
        if not self._file.closed:
            self._file.write("".join(f"{line}\n" for line in lines))
            self._file.flush()

    def close(self, ending: Ending, **told: object) -> None:
        """Write the last line, which says why the run ended, and what it came to."""
        reason, said = ending
        self.write(kind="end", reason=reason, said=said, **{**NOTHING, **told})
        self._file.close()


class Desk:
    """Gives orders to the crews, wherever they are, and writes what they tell."""

    def __init__(
        self, environment: Environment, settings: Settings, stream: Stream, digest: str
    ) -> None:
        self.environment: Any = environment
        self.settings = settings
        self.stream = stream
        self.digest = digest
        self.crews: dict[str, dict[str, Any]] = {}
        self.so_far: dict[str, int] = {}
        self.rates: dict[str, float] = {}
        self.first_rates: dict[str, float] = {}
        self.ending: Ending | None = None
        self.done = Event()
        self.began = self.zero = 0.0
        self.parent = os.getppid()
        for word in ("hello", "alone", "rate", "lines", "ask", "over"):
            hear = partial(self.hear, getattr(self, f"on_{word}"))
            environment.runner.register_message(f"gate-{word}", hear)  # type: ignore[union-attr]
        gevent.signal_handler(signal.SIGTERM, self.end, Ending("stopped"))
        gevent.signal_handler(signal.SIGUSR1, self.order, "enough")
        gevent.spawn_later(WORKERS_SECONDS, self.on_patience_lost)

    def order(self, word: str, only: str | None = None, **data: Any) -> None:
        """Send one crew, or all, a message."""
        self.environment.runner.send_message(f"gate-{word}", data, only)

    def hear(self, obey: Callable[[Any], None], msg: Any, **_: object) -> None:
        """Listen to the crews of this run, and to nobody else."""
        if msg.node_id in self.crews or obey == self.on_hello:
            obey(msg)

    def on_hello(self, msg: Any) -> None:
        """A process with drivers is there; begin with the last of them."""
        if why := self.unlike(msg.data):
            self.order("refused", msg.node_id, why=why)
            if not self.began:
                self.end(Ending("refused", why))
            return
        self.crews[msg.node_id] = {}
        if len(self.crews) == self.settings.workers and not self.ending:
            self.begin()

    def unlike(self, told: Mapping[str, Any]) -> str:
        """Return why a worker cannot take part; empty: it can."""
        host = told.get("host")
        ours = alike(self.digest)
        for what, name in (("gate", "the gate"), ("locust", "Locust")):
            if told.get(what) != ours[what]:
                return (
                    f"the worker on {host} has {name} {told.get(what)};"
                    f" this is {ours[what]}"
                )
        if told.get("scenario") != self.digest:
            return (
                f"the worker on {host} has another scenario"
                f" (SHA-256 {str(told.get('scenario'))[:12]}; this is"
                f" {self.digest[:12]}): check out the candidate's commit there"
            )
        if self.began:
            return f"the run has its {self.settings.workers} workers already"
        return ""

    def begin(self) -> None:
        """Let the first crew go alone."""
        self.began, self.zero = time.time(), time.perf_counter()
        self.stream.write(kind="begin", at=round(self.began, 4))
        gevent.spawn(self.watch).link_exception(self.on_defect)
        told = {"settings": self.settings.told(), "began": self.began}
        for n, node in enumerate(list(self.crews)):
            worker = str(n) if self.settings.workers > 1 else ""
            self.order("begin", node, worker=worker, first=n == 0, **told)

    def on_alone(self, _: Any) -> None:
        """The serial part is over: put all drivers to work."""
        if not self.ending:
            self.order("load")

    def on_rate(self, msg: Any) -> None:
        """A crew has found how many flows a second it will start."""
        self.rates[msg.node_id] = msg.data["rate"]
        self.first_rates.setdefault(msg.node_id, msg.data["rate"])

    @property
    def rate(self) -> float:
        """How many flows a second are meant to start under load."""
        return sum(self.rates.values(), 0.0)

    def on_lines(self, msg: Any) -> None:
        """Write what a crew tells; the last request that is permitted ends the run."""
        self.stream.lines(msg.data["lines"])
        self.so_far[msg.node_id] = msg.data["requests"]
        if self.requests >= self.settings.most_requests:
            self.end(Ending("requests"))

    @property
    def requests(self) -> int:
        """How many requests the stream tells of."""
        return sum(self.so_far.values())

    def on_ask(self, msg: Any) -> None:
        """A crew knows why the run should end."""
        self.end(Ending(msg.data["reason"], msg.data["said"]))

    def on_over(self, msg: Any) -> None:
        """A crew has done its last flow."""
        self.crews[msg.node_id] = msg.data

    def on_defect(self, ended: Any) -> None:
        """A part of the desk itself failed."""
        self.end(Ending("defect", f"the load driver failed: {ended.exception!r}"))

    def on_patience_lost(self) -> None:
        """Not all workers came."""
        here, awaited = len(self.crews), self.settings.workers
        if not self.began:
            told = f"{here} of {awaited} workers came within {WORKERS_SECONDS:g} s"
            said = f"{told}; start them, then run it again"
            self.end(Ending("workers missing", said))

    def watch(self) -> None:
        """End the run when its time is over, or somebody is gone whom it needs."""
        while not self.ending:
            left = self.settings.longest - (time.perf_counter() - self.zero)
            if left <= 0:
                self.end(Ending("time"))
            elif os.getppid() != self.parent:  # nobody reads the stream any more
                self.end(Ending("stopped"))
            elif lost := self.lost():
                said = f"{len(lost)} of {self.settings.workers} workers went away"
                self.end(Ending("worker lost", f"{said}; their log says why"))
            gevent.sleep(min(max(left, 0), 0.5))

    def lost(self) -> set[str]:
        """Return which workers do not answer any more."""
        clients = getattr(self.environment.runner, "clients", None)
        if clients is None:
            return set()
        there = {client.id for client in clients.all if client.state != "missing"}
        return self.crews.keys() - there

    def end(self, ending: Ending) -> None:
        """End the run; the first reason counts."""
        if self.ending is None:
            self.ending = ending
            gevent.spawn(self.finish, ending)

    def finish(self, ending: Ending) -> None:
        """Let the flows under way be done, write the last line, and let Locust end."""
        self.order("stop")
        patience = time.perf_counter() + FINISH_SECONDS + 1
        while self.began and time.perf_counter() < patience:
            if {name for name, over in self.crews.items() if not over} <= self.lost():
                break
            gevent.sleep(0.02)
        try:
            self.close(ending)
        finally:
            self.done.set()
            self.environment.runner.quit()
        if not self.began:  # Locust would still wait for workers, and for ever
            sys.exit(ending.reason not in GOOD_ENDS)

    def close(self, ending: Ending) -> None:
        """Write the last line."""
        told = [crew for crew in self.crews.values() if crew]
        if not self.requests and ending.reason == "time":
            ending = Ending("no requests", "the scenario made no request that ended")
        meant = sum(crew["meant"] for crew in told)
        late = sum(crew["late"] for crew in told)
        at_first = sum(self.first_rates.values(), 0.0)
        slowest = [one for crew in told for one in crew["slowest"]]
        slowest.sort(key=lambda one: -one["ms"])
        self.stream.close(
            ending,
            workers=self.settings.workers,
            rate=round(self.rate, 3),
            lowered_from=round(at_first, 3) if at_first > self.rate else 0.0,
            busy=max((crew["busy"] for crew in told), default=0.0),
            late=round(late / meant, 4) if meant else 0.0,
            slowest=slowest[:MOST_SLOWEST],
        )
