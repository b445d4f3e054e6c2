"""The half of a load run that sends requests: one in each process with drivers."""

import os
import random
import signal
import socket
import sys
import time
import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from types import FrameType
from typing import Any

import gevent  # type: ignore[import-untyped]
import locust
from gevent.event import Event  # type: ignore[import-untyped]
from locust.env import Environment

from gate.suites.load.generator.schedule import Schedule, bearable
from gate.suites.load.generator.settings import Settings
from gate.suites.load.generator.tally import Ending, Tally, elsewhere
from gate.suites.load.generator.target import forbid_other_places
from gate.suites.load.generator.turns import Turn, in_short

BATCH_SECONDS = 0.1
FINISH_SECONDS = 5.0
"""How long the flows under way may take to finish when the run ends."""
BLOCKED_SECONDS = 5
"""How long the scenario may compute, or block, without letting anything else run."""
MANNED_SECONDS = 5.0
WAITING_SECONDS = 1.0
"""From when on a flow is told to wait for an answer."""
LOOK_SECONDS = 0.25
NONE_DUE = {"meant": 0, "late": 0}


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
        self.first, self.alone = False, True
        self.began = self.zero = self.busy = 0.0
        self.probe: tuple[int, float] = (0, 0.0)
        self.ready = 0
        self.acting: dict[int, dict[str, Turn]] = {}
        self.waiting = dict.fromkeys(("candidate", "baseline"), 0)
        self.raised: set[str] = set()
        self.outside: list[str] = []
        self.schedule: Schedule | None = None
        for order in ("begin", "enough", "load", "stop", "refused"):
            obey = getattr(self, f"on_{order}")
            environment.runner.register_message(f"gate-{order}", obey)  # type: ignore[union-attr]

    def say(self, word: str, **data: Any) -> None:
        """Send the desk a message."""
        self.environment.runner.send_message(f"gate-{word}", data)

    def report(self) -> None:
        """Tell the desk that this process is there, and which scenario it has."""
        self.say("hello", host=socket.gethostname(), **alike(self.digest))

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
        gevent.spawn(self.watch_drivers).link_exception(self.on_defect)
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
        self.alone = False
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
            self.probe = (self.tally.answered, time.perf_counter())
            self.plan()

    @property
    def probing(self) -> bool:
        """Whether drivers are to go on as fast as they can: it shows what is bearable."""
        return not (self.schedule or self.stopping.is_set())

    def plan(self) -> None:
        """Make the schedule, as soon as it is known what is bearable."""
        answered, began = self.probe
        if self.schedule or not began:
            return
        now = time.perf_counter()
        asked = self.settings.arrivals / self.settings.workers
        if rate := asked or bearable(self.tally.answered - answered, now - began):
            dice = random.Random(f"{self.settings.seed}-{self.tally.worker}-starts")
            self.schedule = Schedule(rate, now, dice, asked=bool(asked))
            self.say("rate", rate=rate)

    def starts(self) -> Iterator[float]:
        """Yield by how much each flow is late, when it is to start, until the run ends."""
        while (schedule := self.schedule) and not self.stopping.is_set():
            due, rate = schedule.draw(), schedule.rate
            self.stopping.wait(max(due - time.perf_counter(), 0))
            if self.stopping.is_set():
                return
            late = schedule.start(due, time.perf_counter())
            if schedule.rate != rate:
                self.say("rate", rate=schedule.rate)
            yield late

    @contextmanager
    def flow(self, late: float) -> Iterator[dict[str, Turn]]:
        """Follow a flow, whose turns are put in as they begin, and tell it."""
        turns: dict[str, Turn] = {}
        self.acting[id(turns)] = turns
        try:
            yield turns
        finally:
            given_up = self.acting.pop(id(turns), None) is None
        if given_up:
            return
        if ending := self.tell(turns, late):
            self.ask(*ending)
        if not any(turn.answers for turn in turns.values()):
            gevent.sleep(0.01)  # a task without requests must not keep the core

    def tell(self, turns: dict[str, Turn], late: float = 0.0) -> Ending | None:
        """Tell a flow that has ended."""
        users = 1 if self.alone else self.settings.users
        return self.tally.add(turns, at=self.now(), users=users, late=late)

    def unanswered(self) -> list[dict[str, Turn]]:
        """Return the flows that wait for an answer, and have for long."""
        return [
            turns
            for turns in self.acting.values()
            if turns and last(turns).waited > WAITING_SECONDS
        ]

    def watch_drivers(self) -> None:
        """Tell how many flows wait for each arm, and plan, though all may wait."""
        while not self.drained.wait(LOOK_SECONDS):
            self.tell_waiting([last(turns).arm for turns in self.unanswered()])
            self.plan()

    def tell_waiting(self, arms: Sequence[str]) -> None:
        """Tell for which arms flows wait now."""
        waiting = {arm: arms.count(arm) for arm in self.waiting}
        if waiting != self.waiting:
            self.waiting = waiting
            who = {"at": self.now(), "worker": self.tally.worker}
            self.tally.write({"kind": "under way", **who, **waiting})

    def give_up(self) -> None:
        """Tell the flows that still wait: they have failed where they wait."""
        for turns in self.unanswered():
            last(turns).give_up(self.now(), FINISH_SECONDS)
            for arm in self.settings.arms:
                turns.setdefault(arm, Turn(arm))
            self.tell(turns)
        self.acting.clear()
        self.tell_waiting([])

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
            self.say("lines", lines=lines, requests=self.tally.requests)

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
            late = self.schedule.late if self.schedule else 0
            self.tally.write(
                {**who, "busy": busy, "flows": self.tally.flows, "late": late}
            )

    def finish(self) -> None:
        """Wait for the flows under way, tell the rest, and say that it is over."""
        if self.begun.is_set():
            patience = time.perf_counter() + FINISH_SECONDS
            while self.acting and time.perf_counter() < patience:
                gevent.sleep(0.02)
            self.give_up()
            self.send()
            kept = self.schedule
            told = {"meant": kept.meant, "late": kept.late} if kept else NONE_DUE
            self.say("over", **told, busy=self.busy, slowest=self.tally.slowest())
        self.drained.set()
        self.begun.set()


def last(turns: dict[str, Turn]) -> Turn:
    """Return the turn under way."""
    return next(reversed(turns.values()))


def alike(digest: str) -> dict[str, str]:
    """Return what all processes of a run must have alike."""
    gate = version("heroku-release-gate")
    return {"gate": gate, "locust": locust.__version__, "scenario": digest}
