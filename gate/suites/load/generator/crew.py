"""The half of a load run that sends requests: one in each process with drivers."""

import os
import random
import signal
import socket
import sys
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

import gevent  # type: ignore[import-untyped]
import locust
from gevent.event import Event  # type: ignore[import-untyped]
from locust.env import Environment

from gate.suites.load.generator.schedule import bearable, starts
from gate.suites.load.generator.settings import Settings
from gate.suites.load.generator.tally import Ending, Tally, elsewhere
from gate.suites.load.generator.target import forbid_other_places
from gate.suites.load.generator.turns import Turn, in_short

PROTOCOL = 1
BATCH_SECONDS = 0.1
FINISH_SECONDS = 5.0
"""How long the flows under way may take to finish when the run ends."""
BLOCKED_SECONDS = 5
"""How long the scenario may compute, or block, without letting anything else run."""
MANNED_SECONDS = 5.0


class Crew:
    """Takes orders from the desk, wherever it is, and tells it about each flow.

    Times are counted by a monotonic clock from the desk's word of when the run began,
    so neither a step of the clock nor another machine's clock disorders them.
    """

    settings: Settings
    tally: Tally

    def __init__(self, environment: Environment, scenario: Path, digest: str) -> None:
        self.environment: Any = environment
        for unread in ("log_request", "log_error"):  # they would grow with each URL
            setattr(environment.stats, unread, lambda *_: None)
        self.scenario = scenario
        self.digest = digest
        self.begun, self.loaded, self.stopping = Event(), Event(), Event()
        self.drained, self.manned = Event(), Event()
        self.first = False
        self.began = self.zero = self.busy = self.rate = 0.0
        self.probe: tuple[int, float] = (0, 0.0)
        self.acting = self.ready = 0
        self.raised: set[str] = set()
        self.outside: list[str] = []
        self.schedule: Iterator[float] = iter(())
        for order in ("begin", "enough", "load", "stop", "refused"):
            obey = getattr(self, f"on_{order}")
            environment.runner.register_message(f"gate-{order}", obey)  # type: ignore[union-attr]

    def say(self, word: str, **data: Any) -> None:
        """Send the desk a message."""
        self.environment.runner.send_message(f"gate-{word}", data)

    def report(self) -> None:
        """Tell the desk that this process is there, and which scenario it has."""
        host, version = socket.gethostname(), locust.__version__
        told = {"host": host, "locust": version, "scenario": self.digest}
        self.say("hello", protocol=PROTOCOL, **told)

    def now(self) -> float:
        """Return the Unix time, as the desk's clock would tell it."""
        return round(self.began + time.perf_counter() - self.zero, 4)

    def on_begin(self, msg: Any, **_: object) -> None:
        """Begin; the first crew lets one driver go alone."""
        told = msg.data
        own = {"stream": os.devnull, "file": self.scenario}
        self.settings = Settings.of({**told["settings"], **own})
        self.tally = Tally(told["worker"], self.settings.most_requests)
        self.first, self.began = told["first"], told["began"]
        self.zero = time.perf_counter()
        # Names are looked up in threads of their own, which must not call greenlets.
        forbid_other_places(self.settings.arms, self.outside.append)
        signal.signal(signal.SIGALRM, self.on_blocked)
        gevent.spawn(self.send_lines).link_exception(self.on_defect)
        gevent.spawn(self.watch_itself).link_exception(self.on_defect)
        self.begun.set()

    def go_alone(self) -> None:
        """Begin the serial part: Locust has made the first driver."""
        gevent.get_hub().loop.update_now()  # its clock stood while Locust started
        gevent.spawn_later(self.settings.serial, self.on_enough)

    def on_enough(self, **_: object) -> None:
        """End the serial part."""
        if self.first and not (self.loaded.is_set() or self.stopping.is_set()):
            self.say("alone")

    def on_load(self, **_: object) -> None:
        """Begin the part under load."""
        self.loaded.set()

    def on_stop(self, **_: object) -> None:
        """Begin no other flow; say so when those under way are done."""
        if not self.stopping.is_set():
            for event in (self.stopping, self.loaded, self.manned):
                event.set()
            gevent.spawn(self.finish)

    def on_refused(self, msg: Any, **_: object) -> None:
        """The desk does not want this process."""
        print(f"load worker refused: {msg.data['why']}", file=sys.stderr)  # noqa: T201
        self.environment.process_exit_code = 3
        gevent.spawn(self.environment.runner.quit)

    def on_defect(self, ended: Any) -> None:
        """A part of the driver itself failed."""
        self.ask("defect", f"the load driver failed: {in_short(ended.exception)}")

    def on_blocked(self, _signal: int, frame: FrameType | None) -> None:
        """Nothing else ran for long: say where the scenario is, and end the process.

        A scenario that never yields can only be ended so; no greenlet would run again.
        """
        where = "outside of the scenario"
        for at, line in traceback.walk_stack(frame):
            if at.f_code.co_filename == str(self.scenario):
                where = f"{self.scenario.name}:{line} in {at.f_code.co_name}"
                break
        said = f"nothing else ran for {BLOCKED_SECONDS} s: {where} blocks"
        self.at_last(Ending("hung", said))

    def at_last(self, ending: Ending) -> None:
        """End this process at once; the desk replaces this where it is in the same."""
        print(f"load ended: {ending.said}", file=sys.stderr)  # noqa: T201
        os._exit(4)

    def drivers(self) -> int:
        """Return how many drivers this process has."""
        return int(max(len(self.environment.runner.user_greenlets), 1))

    def man(self) -> None:
        """Wait until all drivers have done their on_start."""
        self.ready += 1
        if self.ready >= self.drivers():
            self.manned.set()
        self.manned.wait(MANNED_SECONDS)
        if not self.probe[1]:
            self.probe = (self.tally.flows, time.perf_counter())

    def probing(self) -> bool:
        """Whether drivers are to go on as fast as they can: it shows what is bearable.

        The last such flow makes the schedule.
        """
        if self.rate or self.stopping.is_set():
            return False
        flows, began = self.probe
        now = time.perf_counter()
        everybody = max(self.settings.users, self.settings.workers)
        asked = self.settings.arrivals * self.drivers() / everybody
        rate = asked or bearable(self.tally.flows - flows, now - began)
        if rate:
            self.rate = rate
            dice = random.Random(f"{self.settings.seed}-{self.tally.worker}-starts")
            self.schedule = starts(rate, now, dice)
            self.say("rate", rate=rate)
        return not rate

    @contextmanager
    def under_way(self) -> Iterator[None]:
        """Count a flow as being under way."""
        self.acting += 1
        try:
            yield
        finally:
            self.acting -= 1

    def note(self, turns: dict[str, Turn], late: float | None) -> None:
        """Take in a flow that is done on each arm."""
        users = self.settings.users if self.loaded.is_set() else 1
        ending = self.tally.add(turns, at=self.now(), users=users, late=late)
        if ending:
            self.ask(*ending)
        if not any(turn.answers for turn in turns.values()):
            gevent.sleep(0.01)  # a task without requests must not keep the core

    def ask(self, reason: str, said: str = "") -> None:
        """Ask the desk to end the run."""
        self.say("ask", reason=reason, said=said)

    def send_lines(self) -> None:
        """Send the desk what there is to tell, in batches, until the run is over."""
        while not self.drained.is_set():
            signal.setitimer(signal.ITIMER_REAL, BLOCKED_SECONDS)
            gevent.sleep(BATCH_SECONDS)
            self.send()
        signal.setitimer(signal.ITIMER_REAL, 0)

    def send(self) -> None:
        """Send the lines so far, and say so when another host was to be asked."""
        if self.outside:
            self.ask("elsewhere", elsewhere(self.outside[0]))
        if lines := self.tally.take():
            so_far = {"flows": self.tally.flows, "requests": self.tally.requests}
            self.say("lines", lines=lines, so_far=so_far)

    def watch_itself(self) -> None:
        """Tell each second which share of a core this process used."""
        at, used = time.perf_counter(), time.process_time()
        while not self.drained.is_set():
            self.drained.wait(1)
            then, before = at, used
            at, used = time.perf_counter(), time.process_time()
            if at - then < 0.9:
                return
            busy = round((used - before) / (at - then), 3)
            self.busy = max(self.busy, busy)
            who = {"kind": "generator", "at": self.now(), "worker": self.tally.worker}
            flows = {"flows": self.tally.flows, "late": self.tally.late}
            self.tally.write({**who, "busy": busy, **flows})

    def finish(self) -> None:
        """Wait for the flows under way, tell the rest, and say that it is over."""
        if self.begun.is_set():
            patience = time.perf_counter() + FINISH_SECONDS
            while self.acting and time.perf_counter() < patience:
                gevent.sleep(0.02)
            self.send()
            kept = ("unattributed", "on_schedule", "late")
            counts = {name: getattr(self.tally, name) for name in kept}
            own = {"unfinished": self.acting, "busy": self.busy}
            self.say("over", **counts, **own, slowest=self.tally.slowest())
        self.drained.set()
        self.begun.set()
