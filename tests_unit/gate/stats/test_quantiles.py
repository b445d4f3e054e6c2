"""Quantiles, against numpy."""

import statistics

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gate.stats.quantiles import quantile, summary, trimmed_mean

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
