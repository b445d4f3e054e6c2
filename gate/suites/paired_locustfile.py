"""Locust runs this file; it runs the team's locustfile, once per arm, in pairs.

    locust -f gate/suites/paired_locustfile.py --headless --only-summary

A *pair* is one task drawn by weight and executed on both arms back to back, in random
order, with `random` seeded alike, so that both make the same choices and a flow of
several requests lives in its own arm's database. First one driver sends pairs
serially, then several do so at once. The team's file stays an ordinary locustfile:
HttpUser or FastHttpUser classes with @task methods and a wait_time, which is kept
between pairs. `on_stop`, tags and the file's own LoadTestShape are not used; choices
that do not come from the functions of `random` (uuid4, SystemRandom) differ per arm.

Settings come from the environment: GATE_LOAD_FILE, GATE_LOAD_CANDIDATE,
GATE_LOAD_BASELINE (empty: one arm), GATE_LOAD_SAMPLES, GATE_LOAD_SERIAL_SECONDS,
GATE_LOAD_CONCURRENT_SECONDS (phases end on the next full second), GATE_LOAD_USERS,
GATE_LOAD_SEED, GATE_LOAD_MAX_REQUESTS.

The samples file has one JSON object per line: a header, one line per request, and
{"end": true, "reason": "time" | "max_requests" | "stopped" | "refused", ...}; without
that last line the run was cut short. A task that raises, or that still waits when the
run ends, is a line as well, with the method TASK.
"""

import itertools
import logging
import os
import random
import signal
import sys
import time
from collections.abc import Callable, Iterator
from operator import methodcaller
from pathlib import Path
from typing import Any

import gevent  # type: ignore[import-untyped]
import gevent.local  # type: ignore[import-untyped]
import locust
from locust import LoadTestShape, User, events, task
from locust.env import Environment
from locust.exception import (
    InterruptTaskSet,
    RescheduleTask,
    RescheduleTaskImmediately,
    StopTest,
    StopUser,
)
from locust.user.task import LOCUST_STATE_RUNNING, DefaultTaskSet

from gate.suites.paired_samples import Samples, in_short, steps_of
from gate.suites.paired_team import Refused, Settings, users_of

FINISH_SECONDS = 5.0
"""How long the pairs under way may take to finish when the run ends."""
END_OF_TURN = (InterruptTaskSet, RescheduleTask, RescheduleTaskImmediately)
log = logging.getLogger("gate.load")


class Dice(gevent.local.local):  # type: ignore[misc]
    """A random generator for each greenlet."""

    def __init__(self) -> None:
        self.own = random.Random()


def give_each_driver_its_own_dice() -> None:
    """Make the functions of `random` draw from a generator of the calling greenlet.

    Drivers take turns at every request; with one generator for all, the draws of one
    would depend on the others, and the two arms of a pair would make other choices.
    """
    dice = Dice()
    shared = random.random.__self__  # type: ignore[attr-defined]

    def own(name: str) -> Callable[..., Any]:
        def draw(*args: Any, **kwargs: Any) -> Any:
            return getattr(dice.own, name)(*args, **kwargs)

        return draw

    for name in dir(random):
        if getattr(getattr(random, name), "__self__", None) is shared:
            setattr(random, name, own(name))


def on_arm(user_class: type[User], url: str, environment: Environment) -> User:
    """An instance of the team's class that talks to one arm and says so."""

    def context(self: User) -> dict[str, object]:
        return {**user_class.context(self), "step": next(self.steps)}  # type: ignore[attr-defined]

    members = {"host": url, "context": context}
    user: User = type(user_class.__name__, (user_class,), members)(environment)
    # What User.run() would do, so that the team's tasks may call self.wait().
    user._state = LOCUST_STATE_RUNNING  # noqa: SLF001 - Locust has no public way
    user._taskset_instance = DefaultTaskSet(user)  # noqa: SLF001
    return user


class Driver(User):
    """Sends one pair after the other: each of the team's users, once per arm."""

    numbers: Iterator[int] = itertools.count()

    def __init__(self, environment: Environment) -> None:
        super().__init__(environment)
        self.number = next(self.numbers)
        self.pairs = itertools.count()
        self.dice = random.Random(f"{SETTINGS.seed}-{self.number}")
        self.users = {
            user_class: {
                arm: on_arm(user_class, url, environment)
                for arm, url in SETTINGS.arms.items()
            }
            for user_class in TEAM
        }
        self.drawn = TEAM[0]

    def on_start(self) -> None:
        """Let each of the team's users start, on each arm."""
        for self.drawn in TEAM:
            self.on_each_arm("on_start", methodcaller("on_start"))

    @task
    def pair(self) -> None:
        """Draw a user and one of its tasks by weight; execute it on each arm."""
        if Shape.over:
            raise StopUser
        weights = [user_class.weight for user_class in TEAM]
        (self.drawn,) = self.dice.choices(TEAM, weights)
        drawn: Any = self.dice.choice(self.drawn.tasks)
        self.on_each_arm(getattr(drawn, "__name__", str(drawn)), drawn)

    def wait_time(self) -> float:
        """As long as the user that was drawn waits."""
        return float(self.users[self.drawn]["candidate"].wait_time())

    def on_each_arm(self, name: str, act: Callable[[User], object]) -> None:
        """Let both arms do the same, in random order."""
        pair = f"{self.number}-{next(self.pairs)}"
        seed = self.dice.getrandbits(64)
        phase = Shape.phase
        for arm in self.dice.sample(list(SETTINGS.arms), len(SETTINGS.arms)):
            user = self.users[self.drawn][arm]
            user.steps = steps_of(arm, pair, phase)  # type: ignore[attr-defined]
            random.seed(seed)
            self.take_turn(name, act, user)

    def take_turn(self, name: str, act: Callable[[User], object], user: Any) -> None:
        """Let one arm act; whatever ends it early becomes a line of the file."""
        started = time.time()
        try:
            act(user)
        except END_OF_TURN:
            return
        except (StopUser, StopTest):
            raise
        except gevent.GreenletExit:
            error = "not done when the run ended"
            SAMPLES.task_failed(name, started, next(user.steps), error)
            raise
        except Exception as raised:
            if SAMPLES.tasks_failed == 0:
                log.exception("%s raised; later ones are only counted", name)
            error = in_short(raised) or ""
            SAMPLES.task_failed(name, started, next(user.steps), error)


class Shape(LoadTestShape):
    """One driver, then several, then the end: the run's clock."""

    phase = "serial"
    over: str | None = None
    """Why the run ends; from then on no driver begins another pair."""

    def tick(self) -> tuple[int, float] | None:
        """How many drivers there should be now, and how many start in a second."""
        now = time.perf_counter() - self.start_time
        if now >= SETTINGS.serial + SETTINGS.concurrent:
            Shape.over = Shape.over or "time"
        if Shape.over:
            return None
        if now < SETTINGS.serial:
            return 1, 1
        Shape.phase = "concurrent"
        return SETTINGS.users, min(SETTINGS.users, 100)

    @staticmethod
    def stop(reason: str = "stopped") -> None:
        """Let the run end after the pairs under way."""
        Shape.over = Shape.over or reason


def begin(environment: Environment, **_: object) -> None:
    """Locust is set up: keep the file fresh, and end well when told to."""
    environment.stop_timeout = FINISH_SECONDS
    gevent.spawn(SAMPLES.flush_every_second)
    # Locust's own handler is not in place yet while a shape runs without a browser.
    gevent.signal_handler(signal.SIGTERM, Shape.stop)


def note(**fired: Any) -> None:
    """A request ended; the last one that is permitted ends the run."""
    SAMPLES.request(**fired)
    if SAMPLES.requests >= SETTINGS.max_requests:
        Shape.stop("max_requests")
        raise StopUser


def end(**_: object) -> None:
    """Locust is done."""
    SAMPLES.close(Shape.over or "stopped")


def prepare() -> tuple[Settings, list[type[User]]]:
    """Read the settings, load the team's file, and write the header."""
    settings = Settings.read(os.environ)
    header = {
        "locust": locust.__version__,
        "arms": list(settings.arms),
        "users": settings.users,
        "seed": settings.seed,
        "serial_seconds": settings.serial,
        "concurrent_seconds": settings.concurrent,
    }
    SAMPLES.write(header)
    give_each_driver_its_own_dice()
    return settings, users_of(settings.file)


SAMPLES = Samples(Path(os.environ["GATE_LOAD_SAMPLES"]))
try:
    SETTINGS, TEAM = prepare()
except Refused as refused:
    SAMPLES.close("refused", error=str(refused))
    sys.exit(f"load not started: {refused}")
HOOKS: Any = events
HOOKS.init.add_listener(begin)
HOOKS.request.add_listener(note)
HOOKS.quit.add_listener(end)
