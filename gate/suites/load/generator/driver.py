"""The users of a load run as Locust knows them: each sends pairs of the team's flows."""

import contextlib
import itertools
import logging
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from operator import methodcaller
from typing import Any, ClassVar

import gevent  # type: ignore[import-untyped]
import gevent.local  # type: ignore[import-untyped]
from locust import User, task
from locust.env import Environment
from locust.exception import (
    InterruptTaskSet,
    RescheduleTask,
    RescheduleTaskImmediately,
    StopTest,
    StopUser,
)
from locust.user.task import LOCUST_STATE_RUNNING, DefaultTaskSet

from gate.suites.load.generator.crew import Crew
from gate.suites.load.generator.target import keep_to_target
from gate.suites.load.generator.turns import Answer, Turn, in_short, route_of

FLOW_SECONDS = 30.0
"""How long one arm's half of a flow may take; a longer one is a failed flow."""
log = logging.getLogger("gate.load")
END_OF_TURN = (InterruptTaskSet, RescheduleTask, RescheduleTaskImmediately, StopUser)


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


def on_arm(user_class: type[User], url: str, environment: Environment) -> Any:
    """Return an instance of the team's class that talks to one arm, and says so."""

    def context(self: User) -> dict[str, object]:
        return {**user_class.context(self), "turn": self.turn}  # type: ignore[attr-defined]

    members = {"host": url, "context": context}
    user: Any = type(user_class.__name__, (user_class,), members)(environment)
    keep_to_target(user, url, lambda: user.turn)
    # What User.run() would do, so that the team's tasks may call self.wait().
    user._state = LOCUST_STATE_RUNNING  # noqa: SLF001 - Locust has no public way
    user._taskset_instance = DefaultTaskSet(user)  # noqa: SLF001
    return user


class Driver(User):
    """Sends one pair after the other: each of the team's users, once per arm."""

    crew: ClassVar[Crew]
    team: ClassVar[Sequence[type[User]]]
    numbers: ClassVar[Iterator[int]] = itertools.count()

    def __init__(self, environment: Environment) -> None:
        super().__init__(environment)
        self.number = next(self.numbers)
        self.users: Mapping[type[User], Mapping[str, Any]] = {}
        self.dice = random.Random()

    @task
    def drive(self) -> None:
        """Send flows until the run is over: alone if that is my part, then with all."""
        crew = self.crew
        crew.begun.wait()
        try:
            self.dice.seed(f"{crew.settings.seed}-{crew.tally.worker}-{self.number}")
            if self.number == 0 and crew.first:
                self.go_alone()
            crew.loaded.wait()
            self.keep_schedule()
        except Exception as defect:
            log.exception("the load driver failed")
            crew.ask("defect", f"the load driver failed: {in_short(defect)}")
        raise StopUser

    def go_alone(self) -> None:
        """Send flows back to back."""
        crew = self.crew
        crew.go_alone()
        self.enter()
        while not crew.loaded.is_set():
            crew.loaded.wait(0.05 if self.flow() else 0)

    def keep_schedule(self) -> None:
        """Send flows when they are meant to start; at once, when that is past."""
        crew = self.crew
        self.enter()
        crew.man()
        while crew.probing:
            if self.flow():  # those that hang together must not go on in step
                crew.stopping.wait(self.dice.random())
        for late in crew.starts():
            self.flow(late)

    def enter(self) -> None:
        """Make the team's users and let each of them start, on each arm."""
        if self.users or self.crew.stopping.is_set():
            return
        try:
            self.users = {
                user_class: {
                    arm: on_arm(user_class, url, self.environment)
                    for arm, url in self.crew.settings.arms.items()
                }
                for user_class in self.team
            }
        except Exception as error:  # whatever the team's __init__ raises
            log.exception("a user cannot be made")
            self.crew.ask("refused", f"a user cannot be made: {in_short(error)}")
            return
        for user_class in self.team:
            if user_class.on_start is not User.on_start:
                self.on_each_arm(user_class, "on_start", methodcaller("on_start"), 0.0)

    def flow(self, late: float = 0.0) -> bool:
        """Execute a task, drawn by weight, on each arm; return whether it failed."""
        weights = [user_class.weight for user_class in self.team]
        (drawn,) = self.dice.choices(self.team, weights)
        act: Any = self.dice.choice(drawn.tasks)
        name = getattr(act, "__name__", str(act))
        turns = self.on_each_arm(drawn, name, act, late)
        return any(turn.failed for turn in turns.values())

    def on_each_arm(
        self,
        drawn: type[User],
        name: str,
        act: Callable[[User], object],
        late: float,
    ) -> Mapping[str, Turn]:
        """Let both arms do the same, in random order; tell the crew."""
        seed = self.dice.getrandbits(64)
        users = self.users[drawn]
        with self.crew.flow(late) as turns:
            for arm in self.dice.sample(list(users), len(users)):
                turns[arm] = users[arm].turn = Turn(arm)
                random.seed(seed)
                self.take_turn(name, act, users[arm])
        return turns

    def take_turn(self, name: str, act: Callable[[User], object], user: Any) -> None:
        """Let one arm act; whatever ends it early is how it failed."""
        with gevent.Timeout(FLOW_SECONDS) as limit:
            try:
                act(user)
            except END_OF_TURN:
                return
            except (StopTest, SystemExit) as stop:
                said = f"{name} raised {in_short(stop) or type(stop).__name__}"
                self.crew.ask("stopped by the scenario", said)
            except (Exception, gevent.Timeout) as raised:
                if raised is limit:
                    user.turn.raised = f"{name} was not done within {FLOW_SECONDS:g} s"
                    return
                if name not in self.crew.raised:
                    self.crew.raised.add(name)
                    log.exception("%s raised; later ones are only counted", name)
                user.turn.raised = f"{name} raised {in_short(raised)}"


def note(request_type: str, name: str, **fired: Any) -> None:
    """Add a request that ended to the turn of the user that sent it."""
    crew = Driver.crew
    turn = (fired.get("context") or {}).get("turn")
    if not isinstance(turn, Turn):
        return  # fired by the team's code without its context
    status = 0
    with contextlib.suppress(AttributeError):
        status = int(fired["response"].status_code or 0)
    turn.answers.append(
        Answer(
            route=route_of(request_type, name),
            ms=round(float(fired.get("response_time") or 0), 3),
            at=crew.now(),
            error=in_short(fired.get("exception"), status),
            request_id=turn.request_id,
        )
    )
