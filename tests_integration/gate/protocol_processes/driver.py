"""Kills the gates of one scenario one after the other, and says what it came to.

Usage: ``python -m tests_integration.gate.protocol_processes.driver HOW SCENARIO EVERY``.
HOW is one of `WAYS`; of all points each EVERY-th is taken. Prints one JSON object.
"""

import json
import shutil
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from gate.model.verdict import Action
from tests_integration.gate.protocol_processes.system_calls import (
    Injection,
    injections,
    order_of_a_promotion,
)
from tests_integration.gate.protocol_processes.world_of_processes import (
    WorldOfProcesses,
)
from tests_unit.gate.protocol.oracle import judged
from tests_unit.gate.protocol.world import Scenario

IN_MEMORY = Path("/dev/shm")
SCENARIOS = {
    each.name: each
    for each in (
        Scenario("promoted", baseline="A"),
        Scenario("blocked", verdict=Action.BLOCK),
        Scenario("staging rolled back", verdict=Action.ROLL_BACK),
        Scenario("rolled back", bad="B"),
        Scenario(
            "rolled back, late", promote="queued", bad="B", release=("no answer",)
        ),
        Scenario("no answer", promote="no answer, slow"),
        Scenario("lost", promote="lost"),
        Scenario("zombie", promote="zombie", bad="B"),
    )
}


@dataclass
class Account:
    """How many points there were, how many killed a gate, and what was *broken*."""

    points: int = 0
    killed: int = 0
    ends: Counter[str] = field(default_factory=Counter)
    broken: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def take(self, point: object, world: WorldOfProcesses) -> None:
        """Add what became of one point."""
        self.points += 1
        self.killed += world.killed
        self.ends.update(told.code.name for told in world.told)
        self.broken += [f"{point}: {rule}" for rule in judged(world)]


@contextmanager
def world_of(
    scenario: Scenario, *, forgetful: bool = False
) -> Iterator[WorldOfProcesses]:
    """Give a world, in memory where there is such a file system."""
    there = IN_MEMORY if IN_MEMORY.is_dir() else None
    folder = Path(tempfile.mkdtemp(prefix="gate-kills-", dir=there))
    try:
        yield WorldOfProcesses(scenario, folder=folder, forgetful=forgetful)
    finally:
        shutil.rmtree(folder)


def kills(scenario: Scenario, every: int, *, forgetful: bool = False) -> Account:
    """Kill a gate before each effect of a promotion, and after the last."""
    account = Account()
    with world_of(scenario) as world:
        world.start("promote")
        effects = world.effects
    names = [f"before {n}, {e.kind} {e.name}" for n, e in enumerate(effects, 1)]
    for dies_at, name in list(enumerate(names, 1))[::every]:
        with world_of(scenario, forgetful=forgetful) as world:
            world.play(dies_at)
            account.take(name, world)
    return account


def forgetful(scenario: Scenario, every: int) -> Account:
    """Kill a gate whose records do not outlive it."""
    return kills(scenario, every, forgetful=True)


def calls(scenario: Scenario, every: int) -> Account:
    """Kill a gate, or fail its disk, at system calls that touch the ledger."""
    account = Account()
    with world_of(scenario) as world:
        points: list[Injection] = injections(world)
    for point in points[::every]:
        with world_of(scenario) as world:
            struck = point.strike(world)
            account.take(point, world)
            account.notes += [] if struck else [f"{point} did not strike"]
    return account


def order(scenario: Scenario, _every: int) -> Account:
    """Tell in which order a promotion is recorded, synced and sent."""
    with world_of(scenario) as world:
        account = Account(notes=order_of_a_promotion(world))
        account.take("traced", world)
    return account


WAYS: dict[str, Callable[[Scenario, int], Account]] = {
    each.__name__: each for each in (kills, forgetful, calls, order)
}


def main() -> None:
    """Do as the command line says."""
    how, scenario, every = sys.argv[1:]
    json.dump(vars(WAYS[how](SCENARIOS[scenario], int(every))), sys.stdout)


if __name__ == "__main__":
    main()
