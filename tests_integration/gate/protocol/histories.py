"""One history, twice: as the in-memory model tells it, and as a real platform does.

A history says what befalls a promotion and when: by the records of its ledger, which
come in the same order in both worlds. The gate is the same; only the platform is not.
"""

import random
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import NamedTuple, Self

from gate.actions.waiting import until
from gate.errors import GateError
from gate.ledger.chronicle import Chronicle
from gate.ledger.records import ActionIntended, ActionSent, Record, RunClosed
from gate.ledger.store import Ledger
from gate.model.release import Release, TargetStatus
from gate.model.subject import Subject
from gate.model.verdict import Result
from gate.model.watch_evidence import Traffic, Watched
from tests_integration.gate.protocol.world import (
    PRODUCTION,
    STAGING,
    Canned,
    World,
    gatekeeper,
    shown,
)
from tests_unit.gate.protocol import estate
from tests_unit.gate.protocol import world as model
from tests_unit.gate.protocol.estate import Fate
from tests_unit.gate.protocol.port import Killed

Order = dict[str, str | float | None]
LETTERS = "ABCFX"
MOST_PROCESSES = 8
LATE = 0.8
"""Real seconds; the model's are for a client that waits for longer."""
FATES: dict[str, tuple[Fate, Order]] = {
    "good": (Fate(), {}),
    "lost": (Fate(answered=False, lost=True), {"kind": "reset-before"}),
    "error before": (Fate(answered=False, lost=True), {"kind": "502"}),
    "error after": (Fate(answered=False), {"kind": "502-after"}),
    "no answer": (Fate(answered=False), {"kind": "reset-after"}),
    "half an answer": (Fate(answered=False), {"kind": "half-body"}),
    "command fails": (Fate(command=1, fails=True), {"kind": "release-fail"}),
}
ZOMBIE: tuple[Fate, Order] = (
    Fate(answered=False, late=4, patience=2.5),
    {"kind": "delay", "seconds": LATE},
)
PROMOTIONS = FATES | {"zombie": ZOMBIE}
ACTS = (
    "deploys",
    "configures",
    "undoes",
    "promotes by hand",
    "restages",
    "fails to deploy",
)
"""What of `estate.ACTS` a colleague does to the real platform as well."""
MOMENTS = (
    "candidate bound 1",
    "verdict reached 1",
    "action intended 1",
    "action sent 1",
    "action confirmed 1",
    "watch ended 1",
    "slug rejected 1",
    "action intended 2",
    "action confirmed 2",
)


@dataclass(frozen=True)
class History:
    """What befalls a promotion: *acts* of a colleague and *kills*, each after a record.

    A moment is the kind of a record, and the how many-th of its kind it is.
    """

    seed: int
    bad: bool
    promotion: str
    rollbacks: tuple[str, ...]
    acts: tuple[tuple[str, str], ...] = ()
    kills: tuple[str, ...] = ()

    @classmethod
    def drawn(cls, seed: int) -> Self:
        """Return the history of a seed; every other one has no kill."""
        dice = random.Random(seed)
        acts = [
            (dice.choice(MOMENTS), dice.choice(ACTS))
            for _ in range(dice.choice((0, 1, 1, 2)))
        ]
        kills = [dice.choice(MOMENTS) for _ in range(dice.randint(1, 2))]
        return cls(
            seed,
            bad=dice.random() < 0.7,
            promotion=dice.choice(["good", "good", *PROMOTIONS]),
            rollbacks=tuple(dice.choices(["good", *FATES], k=2)),
            acts=tuple(acts),
            kills=tuple(kills) if seed % 2 else (),
        )


class Shown(NamedTuple):
    """A release: its version counted from the start, its letter, and how it stands."""

    version: int
    letter: str
    status: str
    current: bool


class Outcome(NamedTuple):
    """What a world holds in the end: releases by app, and how the runs were closed."""

    releases: dict[str, list[Shown]]
    closed: list[tuple[int, str]]


@dataclass
class Moments:
    """What is still to befall, told by the records as they come."""

    history: History
    act: Callable[[str], None]
    counts: Counter[str] = field(default_factory=Counter)

    def passed(self, record: Record) -> None:
        """Let happen what was to happen after this record."""
        self.counts[record.kind] += 1
        moment = f"{record.kind} {self.counts[record.kind]}"
        for due, act in self.history.acts:
            if due == moment:
                self.act(act)
        if moment in self.history.kills:
            raise Killed


@dataclass
class Modelled(model.World):
    """The model of a history."""

    moments: Moments | None = None

    def noted(self, record: Record) -> None:
        super().noted(record)
        assert self.moments is not None
        self.moments.passed(record)


def as_modelled(history: History) -> Outcome:
    """Return what the in-memory model makes of a history."""
    scenario = model.Scenario(
        "history",
        bad="B" if history.bad else "",
        promote=PROMOTIONS[history.promotion][0],
        release=tuple(FATES[fate][0] for fate in history.rollbacks),
    )
    world = Modelled(scenario)
    heroku = world.heroku
    world.moments = Moments(history, heroku.colleague)
    places = {
        PRODUCTION: heroku.places[estate.PRODUCTION],
        STAGING: heroku.places[estate.STAGING],
    }
    floors = {app: len(place.releases) for app, place in places.items()}
    command: model.Then = "promote"
    for _ in range(MOST_PROCESSES):
        if world.process(command, None) and not world.open:
            break
        command = "resume"
    heroku.drain()
    return Outcome(
        {
            app: [
                Shown(
                    made.version - floors[app],
                    made.letter,
                    made.status.value,
                    made is place.live,
                )
                for made in place.releases[floors[app] :]
            ]
            for app, place in places.items()
        },
        _closed(world.rows),
    )


def as_it_is(history: History, world: World) -> Outcome:
    """Return what a real platform makes of a history."""
    world.set_back()
    floors = {app: world.newest(app) for app in (PRODUCTION, STAGING)}
    colleague = Colleague(world, list(history.rollbacks), history.promotion)
    moments = Moments(history, colleague.acts)

    def noted(record: Record) -> None:
        colleague.before_it_goes_on(record)
        moments.passed(record)

    path = world.folder / f"history-{history.seed}.db"
    rows: list[Record] = []
    command = "promote"
    for _ in range(MOST_PROCESSES):
        ledger = Ledger(path, listeners=(noted,))
        keeper = gatekeeper(
            world.hasty(), world.repository, ledger, world.folder, Result.PASSED
        )
        examiner = Looking(**vars(keeper.examiner), world=world, bad=history.bad)
        keeper = replace(keeper, examiner=examiner)
        killed = False
        try:
            with suppress(GateError):
                if command == "promote":
                    keeper.promote(world.repository.head())
                else:
                    keeper.resume()
        except Killed:
            killed = True
        rows, left = list(ledger.records()), ledger.open_runs()
        ledger.close()
        if not left and not killed:
            break
        command = "resume"
    world.wait(LATE)
    world.remote.clear()
    return Outcome(
        {
            app: [
                Shown(
                    release.version - floor,
                    world.letter(release.slug),
                    release.status.value,
                    release.current,
                )
                for release in world.newer(floor, app)[::-1]
            ]
            for app, floor in floors.items()
        },
        _closed(rows),
    )


@dataclass
class Colleague:
    """Somebody else at the real platform, and what becomes of the gate's own requests.

    A fault is asked for right before the request that it is to strike.
    """

    world: World
    rollbacks: list[str]
    promotion: str
    promoted: bool = False

    def before_it_goes_on(self, record: Record) -> None:
        """See to it that the gate's next request fares as the history says."""
        if isinstance(record, ActionSent):
            self._await_promotion(record.reference)
        if not isinstance(record, ActionIntended) or record.app != PRODUCTION:
            return
        if record.deed == "promote" and not self.promoted:
            self.promoted = True
            self._strikes(PROMOTIONS[self.promotion], "POST /pipeline-promotions")
        if record.deed == "roll back" and self.rollbacks:
            fate = FATES[self.rollbacks.pop(0)]
            self._strikes(fate, f"POST /apps/{PRODUCTION}/releases")

    def _strikes(self, fate: tuple[Fate, Order], on: str) -> None:
        order = dict(fate[1])
        kind = order.pop("kind", "")
        where = {"app": PRODUCTION} if kind == "release-fail" else {"on": on}
        if kind:
            self.world.remote.add(str(kind), **order, **where)

    def _await_promotion(self, promotion: str) -> None:
        """What was accepted has taken effect before anybody acts; so it is in the model."""
        clean = self.world.clean
        until(
            lambda: clean.promotion_targets(promotion),
            lambda targets: all(t.status is not TargetStatus.PENDING for t in targets),
            patience=30.0,
            what="the promotion",
        )

    def acts(self, act: str) -> None:
        """Do what `tests_unit.gate.protocol.estate.ACTS` do to the model."""
        world = self.world
        waiting = world.remote.faults()
        world.remote.clear()
        match act:
            case "deploys":
                world.release(PRODUCTION, "F")
            case "undoes":
                world.release(PRODUCTION, "A")
            case "restages":
                world.release(STAGING, "C")
            case "configures":
                level = str(world.newest())
                world.clean.set_config_vars(PRODUCTION, {"LEVEL": level})
                world.quiet()
            case "promotes by hand":
                world.release(PRODUCTION, "B")
            case "fails to deploy":
                world.remote.add("release-fail", app=PRODUCTION)
                world.release(PRODUCTION, "X")
            case _:
                raise AssertionError(act)
        for fault in waiting:
            if not fault["spent"]:
                order = {name: fault[name] for name in ("app", "on", "seconds")}
                world.remote.add(fault["kind"], **order)


@dataclass(kw_only=True)
class Looking(Canned):
    """An Examiner that looks at what is live, as the model's does."""

    world: World
    bad: bool

    def watch(
        self,
        run: Chronicle,
        subject: Subject,
        release: Release,
        before: Traffic | None,
    ) -> Watched:
        """A bad slug shows; of another release than the one named nothing is known."""
        live = self.world.clean.current_release(PRODUCTION)
        if live is None or live.version != release.version:
            self.sees = shown(Result.INSUFFICIENT)
        else:
            bad = self.bad and live.slug == self.world.new
            self.sees = shown(Result.FAILED if bad else Result.PASSED)
        return super().watch(run, subject, release, before)


def _closed(rows: list[Record]) -> list[tuple[int, str]]:
    return [(r.exit_code, r.standing) for r in rows if isinstance(r, RunClosed)]
