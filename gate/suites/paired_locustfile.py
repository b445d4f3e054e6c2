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

import importlib.util
import itertools
import json
import logging
import os
import random
import re
import signal
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import gevent  # type: ignore[import-untyped]
import gevent.local  # type: ignore[import-untyped]
import locust
from locust import LoadTestShape, User, events, task
from locust.contrib.fasthttp import FastHttpUser
from locust.env import Environment
from locust.exception import (
    CatchResponseError,
    InterruptTaskSet,
    RescheduleTask,
    RescheduleTaskImmediately,
    StopTest,
    StopUser,
)
from locust.user.task import LOCUST_STATE_RUNNING, DefaultTaskSet
from locust.user.users import HttpUser

FINISH_SECONDS = 5.0
"""How long the pairs under way may take to finish when the run ends."""
IDENTIFIER = re.compile(r"/(\d+|[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12})\b")
END_OF_TURN = (InterruptTaskSet, RescheduleTask, RescheduleTaskImmediately)
log = logging.getLogger("gate.load")


class Refused(Exception):
    """This run cannot be made; the message says why and what to change."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What the environment asks for; times in seconds, arms with their base URLs."""

    file: Path
    arms: Mapping[str, str]
    serial: float
    concurrent: float
    users: int
    seed: int
    max_requests: int

    @classmethod
    def read(cls, environ: Mapping[str, str]) -> "Settings":
        """Raises Refused when a setting is missing, not a number, or makes no load."""
        try:
            arms = {
                "candidate": environ["GATE_LOAD_CANDIDATE"].rstrip("/"),
                "baseline": environ.get("GATE_LOAD_BASELINE", "").rstrip("/"),
            }
            settings = cls(
                file=Path(environ["GATE_LOAD_FILE"]).resolve(),
                arms={arm: url for arm, url in arms.items() if url},
                serial=float(environ["GATE_LOAD_SERIAL_SECONDS"]),
                concurrent=float(environ["GATE_LOAD_CONCURRENT_SECONDS"]),
                users=int(environ["GATE_LOAD_USERS"]),
                seed=int(environ["GATE_LOAD_SEED"]),
                max_requests=int(environ["GATE_LOAD_MAX_REQUESTS"]),
            )
        except KeyError as missing:
            raise Refused(f"{missing.args[0]} is not set") from None
        except ValueError as wrong:
            raise Refused(f"a GATE_LOAD_ setting is not a number: {wrong}") from None
        if "candidate" not in settings.arms:
            raise Refused("GATE_LOAD_CANDIDATE is empty: there is nothing to load")
        if min(settings.users, settings.max_requests) < 1:
            raise Refused("GATE_LOAD_USERS and GATE_LOAD_MAX_REQUESTS start at 1")
        return settings


Step = dict[str, object]
"""Where a line belongs: arm, pair, its number within the pair's half, phase."""


def steps_of(arm: str, pair: str, phase: str) -> Iterator[Step]:
    for k in itertools.count():
        yield {"arm": arm, "pair": pair, "k": k, "phase": phase}


class Samples:
    """The samples file, and the counts for its last line."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("w", encoding="utf-8")
        self.requests = 0
        self.tasks_failed = 0
        self.unattributed = 0

    def write(self, line: Mapping[str, object]) -> None:
        self._file.write(json.dumps(line) + "\n")

    def flush_every_second(self) -> None:
        while not self._file.closed:
            self._file.flush()
            gevent.sleep(1)

    def close(self, reason: str, **more: str) -> None:
        kept = ("requests", "tasks_failed", "unattributed")
        counts = {key: getattr(self, key) for key in kept}
        self.write({"end": True, "reason": reason, **counts, **more})
        self._file.close()

    def request(self, request_type: str, name: str, **fired: Any) -> None:
        """Note one request; `fired` is what Locust's `request` event carries."""
        self.requests += 1
        context = fired.get("context") or {}
        if "step" not in context:
            self.unattributed += 1  # fired by the team's code without its context
            return
        ms = float(fired.get("response_time") or 0)
        status = getattr(fired.get("response"), "status_code", 0) or 0
        self.write(
            {
                "t": fired.get("start_time") or time.time() - ms / 1000,
                **context["step"],
                "name": IDENTIFIER.sub("/{id}", name),
                "method": request_type,
                "ms": ms,
                "status": status,
                "error": in_short(fired.get("exception"), status),
                "bytes": fired.get("response_length") or 0,
            }
        )

    def task_failed(self, name: str, started: float, step: Step, error: str) -> None:
        """Note that a task of the team did not reach its end on one arm."""
        self.tasks_failed += 1
        line = {"t": started, **step, "name": name, "method": "TASK"}
        ms = (time.time() - started) * 1000
        self.write({**line, "ms": ms, "status": 0, "error": error, "bytes": 0})


def in_short(error: BaseException | str | None, status: int = 0) -> str | None:
    """What went wrong, on one line of at most 200 characters."""
    if not error:
        return None
    if status >= 400 and not isinstance(error, CatchResponseError):
        return f"HTTP {status}"
    kind = "" if isinstance(error, str | CatchResponseError) else type(error).__name__
    return " ".join(f"{kind} {error}".split())[:200]


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
        return lambda *args, **kwargs: getattr(dice.own, name)(*args, **kwargs)

    for name in dir(random):
        if getattr(getattr(random, name), "__self__", None) is shared:
            setattr(random, name, own(name))


def users_of(path: Path) -> list[type[User]]:
    """The classes of the team's file that Locust would run itself.

    Raises Refused when there is none, or one whose tasks cannot be paired.
    """
    spec = importlib.util.spec_from_file_location("team_locustfile", path)
    if not path.is_file() or spec is None or spec.loader is None:
        raise Refused(f"{path} is not a Python file")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    sys.path.insert(0, str(path.parent))
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        raise Refused(f"{path} cannot be imported: {in_short(error)}") from error
    found = {
        item
        for item in vars(module).values()
        if isinstance(item, type) and issubclass(item, User) and not item.abstract
    }
    if not found:
        raise Refused(f"{path} has no HttpUser or FastHttpUser class to run")
    for user_class in found:
        check(user_class)
    return sorted(found, key=lambda user_class: user_class.__qualname__)


def check(user_class: type[User]) -> None:
    """Raises Refused for a class that cannot be run in pairs."""
    name = user_class.__qualname__
    if not issubclass(user_class, HttpUser | FastHttpUser):
        raise Refused(f"{name} is not an HttpUser or FastHttpUser")
    if not user_class.tasks:
        raise Refused(f"{name} has no task: mark its methods with @task")
    for each in user_class.tasks:
        if isinstance(each, type):
            raise Refused(
                f"{name} has the {each.__mro__[1].__name__} {each.__name__} among its"
                " tasks, which runs until it stops itself and cannot be paired: make"
                f" its tasks @task methods of {name}; a sequence becomes one method"
            )


def on_arm(user_class: type[User], url: str, environment: Environment) -> User:
    """An instance of the team's class that talks to one arm and says so."""

    def context(self: User) -> dict[str, object]:
        return {**user_class.context(self), "step": next(self.steps)}  # type: ignore[attr-defined]

    members = {"host": url, "context": context}
    user: User = type(user_class.__name__, (user_class,), members)(environment)
    # What User.run() would do, so that the team's tasks may call self.wait().
    user._state = LOCUST_STATE_RUNNING
    user._taskset_instance = DefaultTaskSet(user)
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
        for self.drawn in TEAM:
            self.on_each_arm("on_start", lambda user: user.on_start())

    @task
    def pair(self) -> None:
        if Shape.over:
            raise StopUser
        weights = [user_class.weight for user_class in TEAM]
        (self.drawn,) = self.dice.choices(TEAM, weights)
        drawn: Any = self.dice.choice(self.drawn.tasks)
        self.on_each_arm(getattr(drawn, "__name__", str(drawn)), drawn)

    def wait_time(self) -> float:
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
        Shape.over = Shape.over or reason


def begin(environment: Environment, **_: object) -> None:
    environment.stop_timeout = FINISH_SECONDS
    gevent.spawn(SAMPLES.flush_every_second)
    # Locust's own handler is not in place yet while a shape runs without a browser.
    gevent.signal_handler(signal.SIGTERM, Shape.stop)


def note(**fired: Any) -> None:
    SAMPLES.request(**fired)
    if SAMPLES.requests >= SETTINGS.max_requests:
        Shape.stop("max_requests")
        raise StopUser


def end(**_: object) -> None:
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
