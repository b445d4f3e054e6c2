"""A paired comparison over a run, and the doubts that lower its evidence."""

import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gate.stats.doubts import correlation
from gate.stats.relative import ratios

MARGIN = math.log1p(0.2)


def fed(values):
    track = ratios(0.2)
    for at, value in enumerate(values):
        track.add(value, float(at))
    return track


@given(st.lists(st.floats(-0.5, 0.5), min_size=1, max_size=40))
def test_doubt_only_lowers_evidence_and_bounds_agree_with_the_answer(values):
    """What passes has its margin excluded; what does not, has not."""
    track = fed(values)
    low, high = track.bounds(0.05, changed=False)
    assert track.upheld() <= track.evidence
    assert track.passed(0.05) == (high is not None and high <= MARGIN)
    if low is not None and high is not None:
        assert low <= high


def test_batches_that_follow_each_other_count_less():
    """The same values: evidence in any order, but doubted where they come in runs."""
    dice = random.Random(3)
    values = [0.16 + dice.gauss(0, 0.05) for _ in range(40)]
    mixed, sorted_ = fed(values), fed(sorted(values))
    assert correlation(values) < 0.2 < correlation(sorted(values))
    assert mixed.upheld() == mixed.evidence
    assert sorted_.upheld() < sorted_.evidence / 100


@pytest.mark.parametrize(("ratio", "counts"), [(0.10, False), (0.14, True)])
def test_a_change_counts_beyond_halfway_to_the_margin(ratio, counts):
    """Ten per cent is more than the tolerance, and less than was to be excluded."""
    wobble = random.Random(1)
    track = fed(ratio + wobble.gauss(0, 0.01) for _ in range(40))
    assert track.evidence > 1000
    assert (track.upheld() > 1000) == counts
