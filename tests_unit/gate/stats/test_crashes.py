"""Dynos that go down: of the candidate alone, of both arms at once, or of each."""

import math

import pytest

from gate.stats.answer import Answer
from gate.stats.asked import Asked, Metric
from gate.stats.events import Arm, Crash, Event, Flow, Step
from gate.stats.monitor import monitored

CRASHES = Asked(errors=None, p50=None, p95=None, cpu=None, memory_hours=None)
RATE = 20


def crash(at: float, arm: Arm = "candidate") -> Crash:
    return Crash(at, arm, "web.1", "exited with 1")


def run(*crashes: Crash, seconds: int = 60) -> list[Event]:
    """Flows of so many seconds, and crashes, in order of time."""
    step = (Step("GET /", 10.0, 10.0),)
    flows = (Flow(n / RATE, n, 1, step) for n in range(seconds * RATE))
    return sorted((*flows, *crashes), key=lambda event: event.at)


def test_one_crash_of_the_candidate_is_enough():
    """It decides as soon as it is clear that the baseline did not crash with it."""
    result = monitored(run(crash(5.0)), CRASHES)
    reading = result.of(Metric.CRASHES)
    assert result.answer is Answer.WORSE
    assert 6 <= result.at < 6.2
    assert reading is not None
    assert reading.since == 5.0


def test_a_crash_that_the_run_ends_with_is_not_decided_yet():
    """The baseline's may still be told; nothing passes meanwhile."""
    result = monitored([*run(seconds=4), crash(4.0)], CRASHES)
    assert result.answer is Answer.UNDECIDED


@pytest.mark.parametrize("apart", [-0.8, -0.05, 0.0, 0.05, 0.8])
def test_what_takes_down_both_arms_speaks_against_neither(apart):
    """Whichever is told first; and a run in which the candidate went down passes not."""
    result = monitored(run(crash(5.0), crash(5.0 + apart, "baseline")), CRASHES)
    reading = result.of(Metric.CRASHES)
    assert result.answer is Answer.UNDECIDED
    assert reading is not None
    assert reading.estimate == reading.baseline


def test_a_shared_crash_excuses_no_later_one():
    """The next of the candidate is its own."""
    shared = crash(5.0), crash(5.1, "baseline")
    result = monitored(run(*shared, crash(9.0)), CRASHES)
    assert result.answer is Answer.WORSE
    assert result.at > 10


@pytest.mark.parametrize(
    ("crashes", "answer"), [(3, Answer.UNDECIDED), (14, Answer.WORSE)]
)
def test_a_baseline_that_crashes_as_well_is_compared_by_numbers(crashes, answer):
    """Three to one may be chance, fourteen to one is not."""
    mine = (crash(3.0 + 1.5 * n) for n in range(crashes))
    result = monitored(run(crash(1.0, "baseline"), *mine), Asked(crashes=0.2))
    # The time of each is apart from the baseline's by more than one cause would be.
    assert result.answer is answer


def test_arms_that_crash_in_turn_are_alike():
    """Ten of each, the baseline's first."""
    every = (
        crash(1.0 + 2.5 * n, "candidate" if n % 2 else "baseline") for n in range(20)
    )
    assert monitored(run(*every), CRASHES).answer is Answer.UNDECIDED


def test_workers_that_die_together_are_one_crash():
    """Eight lines within a tenth of a second weigh no more than one."""
    at_once = (crash(5.0 + n / 80) for n in range(8))
    mine = run(crash(1.0, "baseline"), *at_once)
    assert monitored(mine, CRASHES).answer is Answer.UNDECIDED


def test_a_run_without_a_crash_passes_when_it_was_long_enough():
    """ln(1/false_passes)/margin seconds, and not a moment sooner."""
    result = monitored(run(), CRASHES)
    assert result.answer is Answer.NOT_WORSE
    assert result.at == pytest.approx(math.log(20) / 0.2, abs=0.1)
