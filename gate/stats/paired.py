"""Is one arm slower than the other? Decided on pairs measured back to back."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from gate.stats.answer import Answer
from gate.stats.quantiles import median_bounds, quantile, trimmed_mean
from gate.stats.symmetry import SymmetryTest


@dataclass(frozen=True, slots=True)
class Comparison:
    """What the pairs say about candidate / baseline.

    `e_value` is the largest evidence for "worse" at any time; 1/alpha decides. `ratio`
    is the median of candidate/baseline, None without data; `low` and `high` bound it,
    each alone wrong with probability at most alpha (0 and inf: not bounded). `pairs`
    is how many pairs the answer rests on.
    """

    answer: Answer
    e_value: float
    ratio: float | None
    low: float
    high: float
    pairs: int


def compare(
    pairs: Sequence[tuple[float, float]],
    *,
    tolerance: float,
    alpha: float,
    batch: int = 1,
) -> Comparison:
    """Compare pairs of latencies (candidate, baseline), in the order of their time.

    - WORSE when the sequential symmetry test of log(c/b) - log(1 + `tolerance`)
      reaches 1/alpha: a candidate within the tolerance gets here with probability at
      most `alpha`, whatever the noise.
    - NOT_WORSE when the upper bound of the median ratio lies below 1 + `tolerance`:
      the pass excludes slow-downs above `high`. A candidate whose median ratio is
      beyond the tolerance gets here with probability at most `alpha`.
    - UNDECIDED otherwise: too few pairs, too much noise, or a ratio at the tolerance.

    `tolerance` 0.05 permits 5 % more time. `batch` pairs are made one number (the mean
    log ratio without its outer fifths) before the test: 1 for pairs sent one at a
    time; at least 8 per concurrent user, whose pairs share queues and are not
    independent. With a batch, `ratio` and its bounds are those of the batches. Pairs
    that do not fill the last batch are left out.

    Seen: a change of the middle of the pairs. Not seen: a change in less than half of
    them (compare per endpoint), and a slow-down that both arms share.

    Raises ValueError for a latency that is not a positive number, a negative
    tolerance, an alpha outside (0, 1/2) or a batch below 1.
    """
    if not 0 <= tolerance < math.inf:
        raise ValueError(f"tolerance is {tolerance}: it is a share, such as 0.05")
    if not 0 < alpha < 0.5:
        raise ValueError(f"alpha is {alpha}: it lies between 0 and 1/2")
    values = _log_ratios(pairs, batch)
    limit = math.log1p(tolerance)
    test = SymmetryTest().feed_all(value - limit for value in values)
    low, high = median_bounds(values, 1 - 2 * alpha)
    if test.maximum >= 1 / alpha:
        answer = Answer.WORSE
    elif high < limit:
        answer = Answer.NOT_WORSE
    else:
        answer = Answer.UNDECIDED
    return Comparison(
        answer=answer,
        e_value=test.maximum,
        ratio=math.exp(quantile(values, 0.5)) if values else None,
        low=math.exp(low),
        high=math.exp(high),
        pairs=len(values) * batch,
    )


def _log_ratios(pairs: Sequence[tuple[float, float]], batch: int) -> list[float]:
    """The log ratio of each pair, or of each full batch of pairs."""
    if batch < 1:
        raise ValueError(f"batch is {batch}: it is a number of pairs, at least 1")
    ratios = [_log_ratio(candidate, baseline) for candidate, baseline in pairs]
    if batch == 1:
        return ratios
    starts = range(0, len(ratios) - batch + 1, batch)
    return [trimmed_mean(ratios[start : start + batch]) for start in starts]


def _log_ratio(candidate: float, baseline: float) -> float:
    if not (0 < candidate < math.inf and 0 < baseline < math.inf):
        raise ValueError(
            f"cannot compare latencies {candidate} and {baseline}: both must be positive"
        )
    return math.log(candidate) - math.log(baseline)
