"""Evidence and bounds from counts: errors, crashes, anything that happens or not."""

import math
from collections.abc import Sequence

from gate.stats.symmetry import LARGEST

RELATIVE_ODDS = (0.65 / 0.35, 0.8 / 0.2, 0.9 / 0.1, 0.97 / 0.03, 0.995 / 0.005)
EXCESS_STAKES = (
    (1.0, 0.5),
    (0.6, 0.1),
    (0.3, 0.1),
    (0.15, 0.1),
    (0.08, 0.1),
    (0.04, 0.1),
)
MOST_COUNTED = 100_000
ABSOLUTE_ODDS = (2.0, 5.0, 10.0, 30.0, 100.0)


def more_events(candidate: int, baseline: int, *, share: float) -> float:
    """E-value against "the candidate's event rate is at most the baseline's".

    `candidate` and `baseline` are numbers of events, `share` the candidate's part of
    the exposure (requests or seconds), strictly between 0 and 1. Under the null each
    event is the candidate's with probability at most `share`, even when the common
    rate changes in time (Lindon & Malek, "Anytime-valid inference for multinomial
    count data", NeurIPS 2022). Raises ValueError for impossible counts or shares.
    """
    _check_count("events", min(candidate, baseline))
    if not 0 < share < 1:
        raise ValueError(f"share is {share}: both arms need some exposure")
    return _likelihood_ratio(candidate, baseline, share, RELATIVE_ODDS)


def more_than(events: int, trials: int, *, bound: float, cluster: float = 1.0) -> float:
    """E-value against "an event happens in at most `bound` of the trials".

    A bound of 0 is refuted by one event, a bound of 1 by nothing. Where *cluster*
    events have one cause, each counts by its *cluster*-th part. Raises ValueError for
    impossible counts or bounds, or a cluster of less than one event.
    """
    _check_trials(events, trials)
    _check_cluster(cluster)
    if not 0 <= bound <= 1:
        raise ValueError(f"bound is {bound}: a share lies between 0 and 1")
    if bound == 0:
        return LARGEST if events else 1.0
    if bound == 1:
        return 1.0
    return _likelihood_ratio(events, trials - events, bound, ABSOLUTE_ODDS, cluster)


def more_often(
    events: int, seconds: float, *, usual: float, rates: Sequence[float]
) -> float:
    """E-value against "there are at most *usual* events a second".

    The mean of Poisson likelihood ratios of those *rates* (a second) that lie above.
    """
    most = math.log(LARGEST)
    total = sum(
        math.exp(min(events * math.log(rate / usual) - (rate - usual) * seconds, most))
        for rate in rates
        if rate > usual
    )
    return min(total / len(rates), LARGEST)


def upper_bound(events: int, trials: int, *, confidence: float) -> float:
    """The largest event probability compatible with the counts, one-sided and exact.

    Clopper & Pearson, Biometrika 26 (1934): the probability at which so few events
    would be seen only in 1 - `confidence` of all cases. Without trials it is 1.
    Raises ValueError for impossible counts.
    """
    _check_trials(events, trials)
    if not 0 < confidence < 1:
        raise ValueError(f"confidence is {confidence}: it lies between 0 and 1")
    if events == trials:
        return 1.0
    if events > MOST_COUNTED:  # as sure as that is sure enough, and wider
        trials = trials * MOST_COUNTED // events
        events = MOST_COUNTED
    low, high = events / trials, 1.0
    for _ in range(60):
        middle = (low + high) / 2
        if _at_most(events, trials, middle) > 1 - confidence:
            low = middle
        else:
            high = middle
    return high


def excess_below(
    more: int, less: int, neither: int, *, margin: float, cluster: float = 1.0
) -> float:
    """E-value against "the candidate fails in at least *margin* more of the flows".

    *more*, *less* and *neither* count flows in which only the candidate failed, only
    the baseline, and none. A bet on x = +1, -1 or 0: the mean over stakes s of the
    product of 1 - s (x - margin), a supermartingale while the excess is the margin or
    more (betting: Waudby-Smith & Ramdas, JRSS B 86(1), 2024).
    It grows with the margin. Where *cluster* flows fail of one cause, each bet counts
    by its *cluster*-th part. Raises ValueError for a margin outside (0, 1), or a cluster
    of less than one flow.
    """
    _check_count("flows", min(more, less, neither))
    if not 0 < margin < 1:
        raise ValueError(f"margin is {margin}: it is a share of flows, such as 0.01")
    _check_cluster(cluster)
    total = 0.0
    for stake, weight in EXCESS_STAKES:
        exponent = (
            more * math.log1p(-stake * (1 - margin))
            + less * math.log1p(stake * (1 + margin))
            + neither * math.log1p(stake * margin)
        )
        total += weight * math.exp(min(exponent / cluster, math.log(LARGEST)))
    return min(total, LARGEST)


def _likelihood_ratio(
    events: int,
    others: int,
    share: float,
    odds: Sequence[float],
    cluster: float = 1.0,
) -> float:
    """Mean likelihood ratio of shares whose odds are multiples of the null's odds."""
    total = 0.0
    for factor in odds:
        scale = math.log1p(share * (factor - 1))
        exponent = events * (math.log(factor) - scale) - others * scale
        total += math.exp(min(exponent / cluster, math.log(LARGEST)))
    return min(total / len(odds), LARGEST)


def _at_most(events: int, trials: int, probability: float) -> float:
    """P(X <= events) for X binomial, where `events` is not above the mean.

    Below the mean the terms fall off from `events` downwards, so that the sum ends
    after a few.
    """
    if probability >= 1:
        return 0.0
    term = math.exp(
        math.lgamma(trials + 1)
        - math.lgamma(events + 1)
        - math.lgamma(trials - events + 1)
        + events * math.log(probability)
        + (trials - events) * math.log1p(-probability)
    )
    total, count = term, events
    while count > 0 and term > total * 1e-17:
        term *= count * (1 - probability) / ((trials - count + 1) * probability)
        total += term
        count -= 1
    return total


def _check_trials(events: int, trials: int) -> None:
    _check_count("events", events)
    if events > trials:
        raise ValueError(f"{events} events in {trials} trials cannot be")


def _check_count(what: str, count: int) -> None:
    if count < 0:
        raise ValueError(f"{count} {what} cannot be: a count is not negative")


def _check_cluster(size: float) -> None:
    if not size >= 1:
        raise ValueError(f"cluster is {size}: a cluster has one event at least")
