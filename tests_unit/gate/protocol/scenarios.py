"""All scenarios, and all histories of them: each effect's faults, a colleague's acts.

What may happen to a promotion is crossed with what may happen to its rollback; then each
history is stopped at every effect, or somebody acts at every call. Both at once are too
many for all: a number of them is drawn, always the same.
"""

import random
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any, NamedTuple

from gate.model.verdict import Action
from tests_unit.gate.protocol.estate import ACTS, FATES
from tests_unit.gate.protocol.port import Effect, Fault
from tests_unit.gate.protocol.world import Scenario, World

REPEATED = (
    ("zombie", "zombie"),
    ("zombie", "lost"),
    ("no answer, slow", "zombie"),
    ("rate limited", "error before"),
)
ROLLBACKS = (
    *((fate,) for fate in FATES if fate not in ("queued", "no answer, command fails")),
    *REPEATED,
)
SILENCES = (15.0, 200.0)
"""Seconds: shorter, and longer, than a write may still take effect."""


class History(NamedTuple):
    """A scenario, what changes in it, and the faults of the processes that live it."""

    base: Scenario
    changes: Mapping[str, Any] = {}
    faults: tuple[Fault, ...] = ()

    @property
    def scenario(self) -> Scenario:
        """The scenario as it is played."""
        return replace(self.base, **self.changes)


def scenarios() -> Iterator[Scenario]:
    """Promote, blocked, a rollback of staging, of production, and a rehearsal."""
    for fate in FATES:
        yield Scenario("promote", promote=fate)
        for release in ROLLBACKS:
            yield Scenario("watch rollback", promote=fate, bad="B", release=release)
    yield Scenario("blocked", verdict=Action.BLOCK)
    for release in ROLLBACKS:
        verdict = Action.ROLL_BACK
        yield Scenario("staging rollback", verdict=verdict, staging_release=release)
    for fate in ("good", "command fails", "zombie"):
        yield Scenario("failed before", promote=fate, failed_on_top=True)
        yield Scenario("failed before", promote=fate, failed_on_top=True, bad="B")
    for bad in ("", "B"):
        yield Scenario("baseline app", baseline="O", bad=bad)
        yield Scenario("slugs are copied", copies=True, bad=bad)
        yield Scenario("slugs are copied", copies=True, bad=bad, promote="no answer")
        yield Scenario("first release", production="", bad=bad)
        yield Scenario("cannot tell at first", blind=1, bad=bad)
        yield Scenario("rehearsal", changed=("requirements.txt",), bad=bad)
    for fate in ("good", "slow", "error before", "no answer", "zombie"):
        yield Scenario("built", staging="A", build=fate)
        fates = (fate,)
        changed = ("requirements.txt",)
        yield Scenario("rehearsal", changed=changed, staging_release=fates)
    for fate in ("good", "slow", "no answer", "zombie"):
        yield Scenario("old one does not serve", dead="A", bad="B", promote=fate)
    yield Scenario("bad after a while", bad="B", bad_after=9.0)
    yield Scenario("too little traffic", little="keep")
    yield Scenario("too little traffic", little="roll back")


def by_hand() -> Iterator[Scenario]:
    """A person has a promotion taken back that was kept: ``gate rollback``."""
    rollback = Scenario("rollback by hand", first="rollback")
    for release in (*((fate,) for fate in FATES), *REPEATED):
        yield replace(rollback, release=release)
    for release in ((), ("no answer",), ("zombie",)):
        yield replace(rollback, release=release, to=2)
        yield replace(rollback, release=release, copies=True)
        yield replace(rollback, release=release, failed_on_top=True)
        yield replace(rollback, release=release, dead="A")
    yield replace(rollback, production="")


def _calls_and_effects(scenario: Scenario) -> tuple[int, list[Effect]]:
    world = World(scenario)
    world.process(scenario.first, None)
    return world.heroku.calls, world.effects


class Space:
    """All histories: *stopped* ones, *disturbed* ones, and *drawn* of both at once."""

    def __init__(
        self, what: Callable[[], Iterator[Scenario]] = scenarios, drawn: int = 20_000
    ) -> None:
        self.scenarios = list(what())
        seen = [_calls_and_effects(each) for each in self.scenarios]
        self.calls = [calls for calls, _ in seen]
        self.effects = [effects for _, effects in seen]
        self.stopped = list(self._stopped())
        self.disturbed = list(self._disturbed())
        self.drawn = list(self._drawn(drawn))

    @property
    def points(self) -> int:
        """How many fault points there are: effects at which a run can be stopped."""
        return sum(len(effects) for effects in self.effects)

    @property
    def counts(self) -> dict[str, int]:
        """How much there is to play, by kind; *drawn* are as many as are asked for."""
        return {
            "scenarios": len(self.scenarios),
            "points": self.points,
            "stopped": len(self.stopped),
            "disturbed": len(self.disturbed),
        }

    def shuffled(self) -> list[History]:
        """All of them, in an order that is always the same."""
        every = [*self.stopped, *self.disturbed, *self.drawn]
        random.Random(1).shuffle(every)
        return every

    def _stopped(self) -> Iterator[History]:
        for scenario, effects in zip(self.scenarios, self.effects, strict=True):
            yield History(scenario)
            for number, effect in enumerate(effects, 1):
                for fault in effect.faults(number):
                    yield History(scenario, faults=(fault,))
                for again in sorted({"promote", scenario.first}):
                    yield History(scenario, {"then": again}, (Fault(number),))

    def _disturbed(self) -> Iterator[History]:
        for scenario, calls in zip(self.scenarios, self.calls, strict=True):
            for call in range(1, calls + 1):
                for act in ACTS:
                    yield History(scenario, {"acts": ((call, act),)})
                for seconds in SILENCES:
                    yield History(scenario, {"silence": (call, seconds)})

    def _drawn(self, number: int) -> Iterator[History]:
        """A colleague and a fault, two of either, or a fault in the recovery as well."""
        dice = random.Random(6)
        for _ in range(number):
            place = dice.randrange(len(self.scenarios))
            scenario, effects = self.scenarios[place], self.effects[place]
            call = 1 + dice.randrange(self.calls[place] + 20)
            acts: tuple[tuple[int, str], ...] = ((call, dice.choice(tuple(ACTS))),)
            if dice.random() < 0.3:
                acts = (*acts, (call + dice.randrange(1, 20), dice.choice(tuple(ACTS))))
            number = 1 + dice.randrange(len(effects))
            faults = [dice.choice(list(effects[number - 1].faults(number)))]
            if dice.random() < 0.5:
                faults.append(Fault(1 + dice.randrange(30)))
            silent = dice.random() < 0.2
            silence = (call + dice.randrange(20), 15.0) if silent else None
            after = dice.choice(("resume", scenario.first))
            changes = {"acts": acts, "silence": silence, "then": after}
            yield History(scenario, changes, tuple(faults))
