"""Does one arm fail more often than it may, and more often than the other?"""

from dataclasses import dataclass

from gate.stats.answer import Answer
from gate.stats.counts import more_events, more_than, upper_bound

Counts = tuple[int, int]
"""How many failed, of how many."""


@dataclass(frozen=True, slots=True)
class ErrorComparison:
    """What the counts say about the candidate's error rate.

    `rate` and `baseline_rate` are what was seen (None: nothing tried), `high` is the
    exact upper bound of the candidate's true rate, wrong with probability at most
    alpha. `e_value` is the evidence for "worse"; 1/alpha decides.
    """

    answer: Answer
    e_value: float
    rate: float | None
    baseline_rate: float | None
    high: float


def compare_errors(
    candidate: Counts, baseline: Counts | None, *, limit: float, alpha: float
) -> ErrorComparison:
    """Compare counts (failed, tried) with a permitted rate and with a baseline.

    - WORSE when the candidate fails in more than `limit` of all cases *and*, if there
      is a baseline, more often than that: the smaller of the two e-values reaches
      1/alpha. Errors that both arms share, such as an outage of the platform, are
      not the candidate's. With a `limit` of 0 the baseline alone decides.
    - NOT_WORSE when the upper bound `high` of its rate is at most `limit`.
    - UNDECIDED otherwise: too few tries, a rate near the limit, a shared outage.

    Tries should be independent: count flows, not the requests of one flow. With equal
    exposure and no error on the baseline, 7 errors are the least that can decide at
    alpha = 0.01; without errors, 459 tries are the least that show a rate below 1 %.

    Raises ValueError for impossible counts, a baseline that never tried (give None
    then), a limit outside [0, 1) or an alpha outside (0, 1/2).
    """
    if not 0 <= limit < 1:
        raise ValueError(f"limit is {limit}: it is a share of all tries, such as 0.01")
    if not 0 < alpha < 0.5:
        raise ValueError(f"alpha is {alpha}: it lies between 0 and 1/2")
    e_value = _evidence(candidate, baseline, limit)
    high = upper_bound(*candidate, confidence=1 - alpha)
    if e_value >= 1 / alpha:
        answer = Answer.WORSE
    elif high <= limit:
        answer = Answer.NOT_WORSE
    else:
        answer = Answer.UNDECIDED
    return ErrorComparison(
        answer=answer,
        e_value=e_value,
        rate=_rate(candidate),
        baseline_rate=_rate(baseline),
        high=high,
    )


def _evidence(candidate: Counts, baseline: Counts | None, limit: float) -> float:
    """The smaller e-value: valid when either half of "worse" does not hold."""
    (failed, tried) = candidate
    absolute = more_than(failed, tried, bound=limit)
    if baseline is None:
        return absolute
    (baseline_failed, baseline_tried) = baseline
    if not 0 <= baseline_failed <= baseline_tried or baseline_tried == 0:
        raise ValueError(
            f"a baseline with {baseline_failed} errors in {baseline_tried} tries"
            " cannot be compared with: give None when there is none"
        )
    if tried == 0:
        return 1.0
    share = tried / (tried + baseline_tried)
    return min(absolute, more_events(failed, baseline_failed, share=share))


def _rate(counts: Counts | None) -> float | None:
    return counts[0] / counts[1] if counts and counts[1] else None
