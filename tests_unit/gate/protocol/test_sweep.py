"""A promotion that is stopped anywhere, disturbed by anybody, ends as it says.

A slice of all histories, the same in every run; the benchmark `protocol.py` plays all.
"""

from collections.abc import Callable
from functools import cache

import pytest

from tests_unit.gate.protocol.bugs import BUGS, seeded
from tests_unit.gate.protocol.scenarios import History, Space
from tests_unit.gate.protocol.sweep import Sweep

PARTS = 4
SLICE = 1500
LEAST = {"scenarios": 290, "points": 18_500, "stopped": 72_000, "disturbed": 112_000}
"""Of all there is to play; fewer means that tests have been lost."""


@cache
def space() -> Space:
    return Space(drawn=4000)


@cache
def histories() -> list[History]:
    """The slice that is played."""
    return space().shuffled()[: PARTS * SLICE]


def part(number: int) -> list[History]:
    """That part of the slice."""
    return histories()[number * SLICE : (number + 1) * SLICE]


def test_no_history_has_been_lost() -> None:
    """Scenarios, fault points and histories are not fewer than they were."""
    there = space().counts
    print(there)
    assert all(there[name] >= least for name, least in LEAST.items()), there


@pytest.mark.parametrize("number", range(PARTS))
def test_every_rule_holds_in_every_history(number: int) -> None:
    """Stopped anywhere, disturbed anywhere, resumed: production is as it is told."""
    sweep = Sweep()
    sweep.play(part(number))
    print(sweep.told)
    assert not sweep.broken, sweep.told


def test_every_kind_of_end_is_met() -> None:
    """The histories are not all of one kind."""
    sweep = Sweep()
    sweep.play(part(0)[:600])
    ends = {"PASSED", "BLOCKED", "ROLLED_BACK", "HELD", "TRY_AGAIN", "INTERRUPTED"}
    assert ends <= set(sweep.ends)


@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug.__name__)
def test_a_bug_in_the_protocol_is_seen(
    bug: Callable[[pytest.MonkeyPatch], None],
) -> None:
    """The rules are no decoration: each takes the protocol's own rules to hold."""
    sweep = Sweep()
    with seeded(bug):
        sweep.play(histories(), until_broken=True)
    print(sweep.told)
    assert sweep.broken
