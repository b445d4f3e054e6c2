"""Evidence and bounds from counts, against scipy and by enumeration."""

import math
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import beta, poisson  # type: ignore[import-untyped]

from gate.stats.counts import (
    excess_below,
    more_events,
    more_often,
    more_than,
    upper_bound,
)


def chance(events: int, trials: int, rate: float) -> float:
    """The binomial probability; scipy's fails for rates near the smallest number."""
    ways = math.comb(trials, events)
    return float(ways * rate**events * (1 - rate) ** (trials - events))


trials_and_events = st.integers(1, 5_000).flatmap(
    lambda trials: st.tuples(st.integers(0, trials), st.just(trials))
)


@given(trials_and_events, st.sampled_from([0.9, 0.95, 0.99, 0.995]))
def test_the_upper_bound_is_clopper_and_pearsons(
    counts: tuple[int, int], confidence: float
) -> None:
    """The bound equals the quantile of the beta distribution."""
    events, trials = counts
    exact = beta.ppf(confidence, events + 1, trials - events) if events < trials else 1
    found = upper_bound(events, trials, confidence=confidence)
    assert found == pytest.approx(exact, rel=1e-8)


def test_no_errors_bound_the_rate_by_their_number() -> None:
    """20 000 requests without an error exclude 2.65e-4; none exclude nothing."""
    assert upper_bound(0, 20_000, confidence=0.995) == pytest.approx(
        1 - 0.005 ** (1 / 20_000)
    )
    assert upper_bound(0, 0, confidence=0.99) == 1.0
    assert upper_bound(7, 7, confidence=0.99) == 1.0


@given(st.integers(0, 25), st.floats(0.02, 0.98))
def test_equal_rates_win_nothing_on_average(events: int, share: float) -> None:
    """At the boundary of the null the mean evidence over all splits is exactly 1."""
    mean = sum(
        chance(mine, events, share) * more_events(mine, events - mine, share=share)
        for mine in range(events + 1)
    )
    assert mean == pytest.approx(1)


@given(st.integers(1, 40), st.floats(0.01, 0.9), st.floats(0, 1), st.floats(1, 9))
def test_a_rate_within_the_bound_wins_nothing_on_average(
    trials: int, bound: float, part: float, cluster: float
) -> None:
    """For every rate up to the bound the mean evidence is at most 1."""
    mean = sum(
        chance(events, trials, bound * part)
        * more_than(events, trials, bound=bound, cluster=cluster)
        for events in range(trials + 1)
    )
    assert mean <= 1 + 1e-9


@given(st.floats(0.01, 0.5), st.floats(0, 1), st.floats(0.1, 20))
def test_events_no_more_often_than_usual_win_nothing_on_average(
    usual: float, part: float, seconds: float
) -> None:
    """For every rate up to the usual one the mean evidence is at most 1."""
    chances = poisson.pmf(range(60), usual * part * seconds)
    mean = sum(
        chance * more_often(events, seconds, usual=usual, rates=(2.0, 1.0, 0.1))
        for events, chance in enumerate(chances.tolist())
    )
    assert mean <= 1 + 1e-9


@given(st.integers(0, 200), st.integers(0, 200), st.floats(0.05, 0.95))
def test_each_event_speaks_against_its_own_arm(
    mine: int, other: int, share: float
) -> None:
    """One more event of the candidate adds evidence, one of the baseline removes it."""
    now = more_events(mine, other, share=share)
    assert more_events(mine + 1, other, share=share) > now
    assert more_events(mine, other + 1, share=share) < now


def test_seven_errors_against_none_are_the_least_that_count() -> None:
    """With equal traffic one error can at most double the evidence."""
    assert more_events(6, 0, share=0.5) < 2**6
    assert more_events(9, 0, share=0.5) >= 100


def test_a_bound_of_nothing_is_refuted_by_one_event() -> None:
    """The ends of the scale are certain, and finite."""
    assert more_than(0, 50, bound=0) == 1
    assert 1e6 < more_than(1, 50, bound=0) < math.inf
    assert more_than(50, 50, bound=1) == 1
    assert more_than(10_000, 10_000, bound=1e-9) < math.inf


@pytest.mark.parametrize(
    "call",
    [
        lambda: upper_bound(3, 2, confidence=0.9),
        lambda: upper_bound(-1, 2, confidence=0.9),
        lambda: upper_bound(1, 2, confidence=1),
        lambda: more_events(1, -1, share=0.5),
        lambda: more_events(1, 1, share=0),
        lambda: more_than(1, 1, bound=2),
        lambda: more_than(1, 1, bound=0.1, cluster=0.5),
        lambda: excess_below(0, 0, 1, margin=0.1, cluster=0.5),
    ],
)
def test_impossible_counts_are_refused(call) -> None:  # type: ignore[no-untyped-def]
    """Nonsense raises instead of becoming evidence."""
    with pytest.raises(ValueError):
        call()


@given(st.integers(1, 6), st.floats(0.01, 0.5), st.floats(1, 9))
def test_an_excess_at_the_margin_wins_nothing_on_average(flows, margin, cluster):
    """Over all outcomes of an excess of just the margin the mean e-value is at most 1."""
    less = min(0.2, (1 - margin) / 2)
    chances = {1: margin + less, -1: less, 0: 1 - margin - 2 * less}
    mean = 0.0
    for outcome in product((1, -1, 0), repeat=flows):
        chance = math.prod(chances[each] for each in outcome)
        counts = (outcome.count(1), outcome.count(-1), outcome.count(0))
        mean += chance * excess_below(*counts, margin=margin, cluster=cluster)
    assert mean <= 1 + 1e-9


@given(st.integers(0, 20), st.integers(0, 20), st.integers(0, 3000))
def test_a_larger_excess_is_easier_to_exclude(more, less, neither):
    """The bounds that follow from it are in order."""
    found = [
        excess_below(more, less, neither, margin=margin) for margin in (0.01, 0.05, 0.2)
    ]
    assert found == sorted(found)


def test_an_excess_without_a_size_cannot_be_excluded():
    """A margin of nothing is no question."""
    with pytest.raises(ValueError, match="share of flows"):
        excess_below(0, 0, 10, margin=0.0)
