"""Comparing latencies in pairs: what is found, what is never claimed."""

import math
import random
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gate.stats.answer import Answer
from gate.stats.paired import compare

latencies = st.floats(0.01, 60_000)
some_pairs = st.lists(st.tuples(latencies, latencies), max_size=60)


def simulated(
    dice: random.Random, count: int, ratio: float, noise: float = 0.15
) -> list[tuple[float, float]]:
    """Pairs of a mixed, drifting, spiky service; `ratio` is candidate / baseline."""
    pairs = []
    for step in range(count):
        shared = dice.choice((3.0, 8.0, 40.0)) * math.exp(math.sin(step / 30))
        arms = [
            shared
            * math.exp(dice.gauss(0, noise))
            * (dice.paretovariate(1.1) if dice.random() < 0.1 else 1)
            for _ in range(2)
        ]
        pairs.append((arms[0] * ratio, arms[1]))
    return pairs


@pytest.mark.parametrize("ratio", [1.0, 1.05])
def test_a_release_within_the_tolerance_rarely_raises_an_alarm(ratio: float) -> None:
    """Equal, or just at the tolerance: at most alpha of 600 runs say WORSE."""
    dice = random.Random(42)
    alarms = sum(
        compare(simulated(dice, 150, ratio), tolerance=0.05, alpha=0.05).answer
        is Answer.WORSE
        for _ in range(600)
    )
    assert alarms / 600 <= 0.05 + 3 * math.sqrt(0.05 * 0.95 / 600)


def test_a_release_at_the_tolerance_rarely_passes() -> None:
    """A median ratio beyond the tolerance is NOT_WORSE in at most alpha of 600 runs."""
    dice = random.Random(43)
    passes = sum(
        compare(simulated(dice, 150, 1.051), tolerance=0.05, alpha=0.05).answer
        is Answer.NOT_WORSE
        for _ in range(600)
    )
    assert passes / 600 <= 0.05 + 3 * math.sqrt(0.05 * 0.95 / 600)


def test_half_as_slow_again_is_found_in_a_hundred_pairs() -> None:
    """+50 % is found in each of 100 noisy runs of 100 pairs, at alpha = 1 %."""
    dice = random.Random(44)
    found = [
        compare(simulated(dice, 100, 1.5), tolerance=0.05, alpha=0.01)
        for _ in range(100)
    ]
    assert {each.answer for each in found} == {Answer.WORSE}
    assert sum(each.low < 1.5 < each.high for each in found) >= 95


def test_a_good_release_passes_and_says_what_it_excludes() -> None:
    """300 pairs of equal arms exclude a slow-down of 10 %."""
    found = compare(simulated(random.Random(45), 300, 1.0), tolerance=0.1, alpha=0.01)
    assert found.answer is Answer.NOT_WORSE
    assert found.low < 1 < found.high < 1.1
    assert found.pairs == 300


def test_a_queue_shared_by_many_pairs_needs_batches() -> None:
    """Equal arms whose queues wander: alarms per pair, hardly any in batches of 40."""
    dice = random.Random(46)
    alarms = {1: 0, 40: 0}
    for _ in range(60):
        pairs, wander = [], 0.0
        for _ in range(800):
            wander = 0.9 * wander + dice.gauss(0, 0.2)
            pairs.append((10 * math.exp(wander + dice.gauss(0, 0.2)), 10.0))
        for batch in alarms:
            found = compare(pairs, tolerance=0.05, alpha=0.01, batch=batch)
            alarms[batch] += found.answer is Answer.WORSE
    assert alarms[1] > 10
    assert alarms[40] <= 3


def test_too_little_is_undecided() -> None:
    """No pair, or a few, allow neither answer, however bad or good they look."""
    nothing = compare([], tolerance=0.05, alpha=0.01)
    assert (nothing.answer, nothing.ratio, nothing.pairs) == (Answer.UNDECIDED, None, 0)
    assert (nothing.low, nothing.high) == (0, math.inf)
    for pair in [(1_000.0, 1.0), (1.0, 1_000.0)]:
        few = compare([pair] * 6, tolerance=0.05, alpha=0.01)
        assert few.answer is Answer.UNDECIDED


@given(some_pairs, st.integers(-10, 10))
def test_the_unit_does_not_matter(pairs: list[tuple[float, float]], power: int) -> None:
    """Pairs in other units lead to the same answer and ratio."""
    scaled = [(c * 2.0**power, b * 2.0**power) for c, b in pairs]
    one, other = (compare(p, tolerance=0.05, alpha=0.05) for p in (pairs, scaled))
    assert one.answer is other.answer
    assert one.ratio == pytest.approx(other.ratio)
    assert one.high == pytest.approx(other.high)


@given(some_pairs)
def test_swapping_the_arms_turns_the_ratio_over(
    pairs: list[tuple[float, float]],
) -> None:
    """Neither arm is favoured: bounds become their reciprocals."""
    one = compare(pairs, tolerance=0.05, alpha=0.05)
    other = compare([(b, c) for c, b in pairs], tolerance=0.05, alpha=0.05)
    if one.ratio and other.ratio:
        assert one.ratio * other.ratio == pytest.approx(1)
    if one.low > 0:
        assert one.low * other.high == pytest.approx(1)
    assert not (one.answer is other.answer is Answer.NOT_WORSE and one.low > 1.05)


@given(some_pairs, latencies)
def test_an_equal_pair_never_adds_evidence(
    pairs: list[tuple[float, float]], ms: float
) -> None:
    """A pair of two equal latencies cannot make a release worse."""
    before = compare(pairs, tolerance=0.05, alpha=0.01)
    after = compare([*pairs, (ms, ms)], tolerance=0.05, alpha=0.01)
    assert after.e_value == before.e_value


@given(some_pairs)
def test_a_looser_tolerance_never_turns_a_pass_into_less(
    pairs: list[tuple[float, float]],
) -> None:
    """What passes at 5 % is within the bound of 50 % as well."""
    if compare(pairs, tolerance=0.05, alpha=0.05).high < 1.05:
        assert compare(pairs, tolerance=0.5, alpha=0.05).high < 1.5


@pytest.mark.parametrize(
    "call",
    [
        lambda: compare([(0.0, 1.0)], tolerance=0, alpha=0.01),
        lambda: compare([(1.0, math.nan)], tolerance=0, alpha=0.01),
        lambda: compare([(1.0, math.inf)], tolerance=0, alpha=0.01),
        lambda: compare([], tolerance=-0.1, alpha=0.01),
        lambda: compare([], tolerance=0, alpha=0),
        lambda: compare([], tolerance=0, alpha=0.01, batch=0),
    ],
)
def test_nonsense_is_refused(call: Callable[[], object]) -> None:
    """Impossible latencies and settings raise instead of becoming an answer."""
    with pytest.raises(ValueError):
        call()
