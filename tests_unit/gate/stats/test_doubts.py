"""What holds an answer back: means that tell otherwise, and what is not there."""

import math
import random
from collections.abc import Iterator
from dataclasses import replace

import pytest

from gate.stats.answer import Answer
from gate.stats.asked import Asked, Metric
from gate.stats.events import Crash, Event, Flow, Step, UnderWay, Usage
from gate.stats.monitor import monitored

LATENCY = Asked(errors=None, p95=None, cpu=None, memory_hours=None, crashes=None)
RESOURCES = Asked(errors=None, p50=None, p95=None, crashes=None)
RATE = 100


def flows(count: int, slower: float = 1.0, **more: object) -> Iterator[Flow]:
    dice = random.Random(count)
    for n in range(count):
        spread = 10 * math.exp(dice.gauss(0, 0.03))
        step = Step("GET /", spread * slower, 10.0)
        yield replace(Flow(n / RATE, n, 1, (step,)), **more)


def usage(
    seconds: float, every: float, *, leak: float = 0.0, work: float = 0.0, lump: int = 1
) -> list[Event]:
    """Return a run whose candidate leaks and works more once in *lump* samples."""
    run: list[Event] = [*flows(int(seconds * RATE))]
    cpu, memory = 0.0, 60.0
    for sample in range(1, int(seconds / every)):
        at = sample * every
        lumps = sample % lump == lump - 1
        cpu += every * RATE * 0.005 * (1 + lump * work * lumps)
        memory += every * RATE * leak / 1024 * lump * lumps
        run.append(Usage(at, "candidate", "web.1", cpu, memory, 512.0))
        level = at * RATE * 0.005
        run.append(Usage(at, "baseline", "web.1", level, 60.0, 512.0))
    return sorted(run, key=lambda event: event.at)


@pytest.mark.parametrize(
    ("change", "metric"),
    [({"leak": 20.0}, Metric.MEMORY), ({"work": 0.6}, Metric.CPU)],
    ids=["memory", "CPU"],
)
def test_what_comes_in_lumps_does_not_pass_unseen(change, metric):
    """One sample in eight has it all: most lie below the margin, their mean above."""
    lumpy = monitored(usage(40, 0.5, **change, lump=8), RESOURCES)
    reading = lumpy.of(metric)
    assert lumpy.answer is not Answer.NOT_WORSE
    assert reading is not None
    assert reading.excluded is None or reading.excluded > reading.margin
    assert monitored(usage(40, 0.5), RESOURCES).answer is Answer.NOT_WORSE


def test_what_is_told_too_seldom_is_not_covered_where_told_only():
    """A sample each 20 s: a run passes without, and says why; a strict one does not."""
    asked = replace(RESOURCES, p50=0.2)
    run = usage(70, 20.0)
    result = monitored(run, asked)
    reading = result.of(Metric.MEMORY)
    assert result.answer is Answer.NOT_WORSE
    assert reading is not None
    assert not reading.told
    strict = monitored(run, replace(asked, where_told=frozenset()))
    reading = strict.of(Metric.MEMORY)
    assert strict.answer is Answer.UNDECIDED
    assert reading is not None
    assert reading.told
    assert reading.wanting == "told every 20 s only"


@pytest.mark.parametrize(
    ("waiting", "answer"), [((2, 1), "undecided"), ((2, 2), "not worse")]
)
def test_nothing_passes_while_more_flows_hang_on_the_candidate(waiting, answer):
    """They may never be answered; those that hang on both arms tell nothing."""
    run = [UnderWay(0.0, *waiting), *flows(600)]
    result = monitored(run, LATENCY)
    assert result.answer == answer
    assert result.cause == ("answers-awaited" if answer == "undecided" else "")


def test_beside_a_baseline_that_fails_nothing_but_a_crash_is_worse():
    """Every third flow fails on it; the candidate fails always, and is slower."""
    run = [
        replace(
            each, steps=(), candidate_failed=True, baseline_failed=each.number % 3 == 0
        )
        for each in flows(600)
    ]
    result = monitored(run, Asked())
    assert result.answer is Answer.UNDECIDED
    assert result.cause == "baseline-unstable"


@pytest.mark.parametrize(
    "lost",
    [
        Crash(math.nan, "candidate", "web.1", "exited"),
        Usage(0.0, "candidate", "web.1", memory=math.nan),
        Flow(math.inf, 0, 1, ()),
    ],
    ids=["crash", "usage", "flow"],
)
def test_what_cannot_be_used_is_missed(lost):
    """It may have been what makes the candidate worse."""
    result = monitored([lost, *flows(600, worker="other")], LATENCY)
    assert result.answer is Answer.UNDECIDED
    assert result.cause == "samples-lost"


@pytest.mark.parametrize("told", [0, 50])
def test_a_worker_that_falls_silent_is_missed(told):
    """From the start, or after half a second: what it saw may have been worse."""
    asked = replace(LATENCY, workers=2, false_passes=1e-200)
    other = list(flows(told, worker="b"))
    run = sorted([*flows(2000, worker="a"), *other], key=lambda each: each.at)
    result = monitored(run, asked)
    assert result.answer is Answer.UNDECIDED
    assert "worker" in result.trouble


def test_a_clock_that_is_set_back_again_and_again_makes_no_time():
    """Eleven seconds back, nine on: no run gets longer by that."""
    run = [
        replace(each, at=20 - 2 * (n // 2) + 9 * (n % 2))
        for n, each in enumerate(flows(16))
    ]
    result = monitored(run, LATENCY)
    assert result.answer is Answer.UNDECIDED
    assert result.cause == "clock-broken"


def test_a_cold_start_is_not_slow():
    """Five times as slow at first, and as fast as the baseline after some seconds."""
    run = [
        replace(
            each,
            at=each.at * 2.5,
            steps=(
                Step(
                    "GET /",
                    each.steps[0].candidate * (1 + 4 * math.exp(-each.at * 2.5)),
                    10.0,
                ),
            ),
        )
        for each in flows(1000)
    ]
    assert monitored(run, LATENCY).answer is not Answer.WORSE


def test_routes_too_rare_to_be_sure_of_are_named():
    """All together pass; of the one asked twice, nothing is known."""
    run = [
        replace(
            each,
            steps=(
                replace(
                    each.steps[0],
                    route="GET /rare" if n in (80, 90) else f"GET /{n % 2}",
                ),
            ),
        )
        for n, each in enumerate(flows(900))
    ]
    result = monitored(run, LATENCY)
    reading = result.of(Metric.P50)
    assert result.answer is Answer.NOT_WORSE
    assert reading is not None
    assert "GET /rare" in reading.uncovered


@pytest.mark.parametrize("name", ["errors", "p50", "cpu", "memory_hours", "crashes"])
@pytest.mark.parametrize("margin", [0.0, -0.1, math.nan])
def test_a_margin_of_nothing_is_refused(name, margin):
    """No run is long enough to exclude it."""
    with pytest.raises(ValueError, match=name):
        replace(Asked(), **{name: margin})
