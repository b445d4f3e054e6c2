"""Quantiles and bounds of the median, against scipy and by simulation."""

import math
import random
import statistics

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binom  # type: ignore[import-untyped]

from gate.stats.quantiles import median_bounds, quantile, summary, trimmed_mean

values = st.lists(st.floats(-1e9, 1e9), min_size=1, max_size=60)


@given(values, st.floats(0, 1))
def test_a_quantile_is_numpys(sample: list[float], share: float) -> None:
    """Linear interpolation between order statistics, type 7."""
    expected = float(np.quantile(sample, share))
    assert quantile(sample, share) == pytest.approx(expected, rel=1e-9, abs=1e-6)
    assert min(sample) <= quantile(sample, share) <= max(sample)


@given(values)
def test_a_summary_is_ordered(sample: list[float]) -> None:
    """p50 <= p95 <= p99, and the size is told."""
    told = summary(sample)
    assert told.p50 <= told.p95 <= told.p99
    assert told.count == len(sample)


@given(st.integers(0, 400), st.sampled_from([0.8, 0.9, 0.95, 0.98, 0.99]))
def test_median_bounds_are_the_tightest_that_hold(
    count: int, confidence: float
) -> None:
    """The ranks are the innermost whose binomial risk fits on each side."""
    low, high = median_bounds(range(1, count + 1), confidence)
    risk = (1 - confidence) / 2
    if low == -math.inf:
        assert high == math.inf
        assert binom.cdf(0, count, 0.5) > risk
    else:
        assert low + high == count + 1
        assert binom.cdf(low - 1, count, 0.5) <= risk * (1 + 1e-9)
        assert low >= count // 2 or binom.cdf(low, count, 0.5) > risk


def test_median_bounds_hold_as_often_as_promised() -> None:
    """Skewed values: each end is wrong in at most 5 % of 2 000 samples."""
    dice = random.Random(11)
    samples = [[dice.expovariate(1) for _ in range(41)] for _ in range(2_000)]
    bounds = [median_bounds(sample, 0.9) for sample in samples]
    slack = 3 * math.sqrt(0.05 * 0.95 / 2_000)
    assert sum(low > math.log(2) for low, _ in bounds) / 2_000 <= 0.05 + slack
    assert sum(high < math.log(2) for _, high in bounds) / 2_000 <= 0.05 + slack


@given(values)
def test_a_trimmed_mean_lies_within_what_is_kept(sample: list[float]) -> None:
    """One wild value in five does not move it beyond the others."""
    kept = sorted(sample)[len(sample) // 5 : len(sample) - len(sample) // 5]
    assert trimmed_mean(sample) == pytest.approx(statistics.fmean(kept))


def test_nothing_has_no_quantile() -> None:
    """An empty sample or an impossible share raises."""
    with pytest.raises(ValueError, match="no values"):
        quantile([], 0.5)
    with pytest.raises(ValueError, match="share"):
        quantile([1], 1.5)
    with pytest.raises(ValueError, match="confidence"):
        median_bounds([1], 1)
