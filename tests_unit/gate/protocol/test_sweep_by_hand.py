"""A rollback by hand that is stopped anywhere, disturbed by anybody, ends as it says.

A slice of all histories, the same in every run; the benchmark `protocol.py` plays all.
"""

from collections.abc import Callable
from functools import cache

import pytest

from tests_unit.gate.protocol.bugs import seeded
from tests_unit.gate.protocol.bugs_by_hand import BUGS
from tests_unit.gate.protocol.port import Fault
from tests_unit.gate.protocol.scenarios import History, Space, by_hand
from tests_unit.gate.protocol.sweep import Sweep
from tests_unit.gate.protocol.world import Scenario

SLICE = 800
LEAST = {"scenarios": 31, "points": 1000, "stopped": 5000, "disturbed": 6000}
"""Of all there is to play; fewer means that tests have been lost."""
COVERED_UNSEEN = History(
    Scenario(
        name="rollback by hand",
        acts=((7, "deploys"),),
        silence=(14, 15.0),
        first="rollback",
        to=2,
    ),
    faults=(Fault(number=10, when="answer lost"), Fault(number=12, when="killed")),
)
"""A colleague is covered, and whoever goes on is met with silence."""


@cache
def space() -> Space:
    return Space(by_hand, drawn=2000)


@cache
def histories() -> list[History]:
    """The slice that is played, and a rare one: one in six thousand shows what it does."""
    return [COVERED_UNSEEN, *space().shuffled()[:SLICE]]


def test_no_history_has_been_lost() -> None:
    """Scenarios, fault points and histories are not fewer than they were."""
    there = space().counts
    print(there)
    assert all(there[name] >= least for name, least in LEAST.items()), there


def test_every_rule_holds_in_every_history() -> None:
    """Stopped anywhere, disturbed anywhere, resumed: production is as it is told."""
    sweep = Sweep()
    sweep.play(histories())
    print(sweep.told)
    assert not sweep.broken, sweep.told
    ends = {"PASSED", "HELD", "INTERRUPTED", "TRY_AGAIN", "UNAVAILABLE"}
    assert ends <= set(sweep.ends)


@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug.__name__)
def test_a_bug_in_a_rollback_by_hand_is_seen(
    bug: Callable[[pytest.MonkeyPatch], None],
) -> None:
    """The rules are no decoration: each takes the rollback's own rules to hold."""
    sweep = Sweep()
    with seeded(bug):
        sweep.play(histories(), until_broken=True)
    print(sweep.told)
    assert sweep.broken
