"""Flows that fail: at once, in bursts, on one route, and against what was earlier."""

import random
from collections.abc import Iterator
from dataclasses import replace

from scipy.stats import binom

from gate.stats.answer import Answer
from gate.stats.asked import Asked, Metric
from gate.stats.events import Event, Flow, Step
from gate.stats.monitor import monitored
from tests_unit.gate.stats.runs import answered

ERRORS = Asked(p50=None, p95=None, cpu=None, memory_hours=None, crashes=None)
ALL = Asked()


def flow(number: int, rate: int, *, candidate=False, baseline=False, route="GET /"):
    failed = candidate or baseline
    steps = () if failed else (Step(route, 10.0, 10.0),)
    return Flow(
        number / rate,
        number,
        1,
        steps,
        candidate,
        baseline,
        route=route if failed else "",
    )


def bursts(dice: random.Random, seconds: float, every: float) -> list[float]:
    """When bursts begin."""
    at, found = dice.expovariate(1 / every), []
    while at < seconds:
        found.append(at)
        at += dice.expovariate(1 / every)
    return found


def away(at: float, began: list[float], lasts: float) -> bool:
    return any(each <= at < each + lasts for each in began)


def bursting(
    seed: int, *, baseline: bool, seconds: float = 28, every: float = 10
) -> Iterator[Event]:
    """Arms that fail every flow for a tenth of a second now and then, each by itself."""
    dice, rate = random.Random(seed), 60
    mine, other = bursts(dice, seconds, every), bursts(dice, seconds, every)
    for n in range(int(seconds * rate)):
        at = n / rate
        yield flow(
            n,
            rate,
            candidate=away(at, mine, 0.1),
            baseline=baseline and away(at, other, 0.1),
        )


def test_every_tenth_flow_that_fails_is_found_within_three_seconds():
    """At sixty flows a second, with all that is asked by default."""
    run = [flow(n, 60, candidate=n % 10 == 9) for n in range(600)]
    result = monitored(run, ALL)
    assert result.answer is Answer.WORSE
    assert result.at <= 3


def test_a_candidate_that_always_fails_is_found_within_three_seconds():
    """However many flows fail at once, it takes a while to see that they go on."""
    run = [flow(n, 60, candidate=True) for n in range(600)]
    result = monitored(run, ALL)
    assert result.answer is Answer.WORSE
    assert result.at <= 3


def test_arms_that_fail_in_bursts_by_themselves_are_alike():
    """Ten flows that fail of one cause are one reason for doubt, not ten."""
    runs = 60
    alarms = sum(
        answered(bursting(seed, baseline=True), ERRORS)[0] is Answer.WORSE
        for seed in range(runs)
    )
    assert binom.sf(alarms - 1, runs, ERRORS.false_alarms) > 0.05


def test_one_burst_of_a_first_release_is_no_rate():
    """Six flows that fail at once are one cause; one in thirty all along is a rate."""
    first = replace(ERRORS, paired=False, first=True)
    burst = [flow(n, 60, candidate=600 <= n < 606) for n in range(900)]
    even = [flow(n, 60, candidate=n % 30 == 29) for n in range(900)]
    assert monitored(burst, first).answer is Answer.UNDECIDED
    assert monitored(even, first).answer is Answer.WORSE


def test_failures_that_come_together_exclude_less():
    """As many failures of as many flows: what came in clusters is less sure."""
    evenly = [flow(n, 100, candidate=n % 1000 == 500) for n in range(6000)]
    burst = [flow(n, 100, candidate=3000 <= n < 3006) for n in range(6000)]
    asked = replace(ERRORS, errors=0.0012)
    even, together = (
        monitored(run, asked).of(Metric.ERRORS) for run in (evenly, burst)
    )
    assert even is not None
    assert together is not None
    assert (even.excluded or 1) < (together.excluded or 1)


def test_a_second_route_gives_nothing_back():
    """What the first route lost is not there again when another one appears."""
    first = [flow(n, 100, baseline=n % 20 == 19) for n in range(400)]
    before = monitored(first, ERRORS).e_value
    second = flow(400, 100, route="GET /other")
    assert monitored([*first, second], ERRORS).e_value <= before
