"""A comparison of log ratios, told as relative worsening."""

import math
from collections.abc import Callable, Sequence

from gate.stats.answer import Answer
from gate.stats.asked import Asked, Metric
from gate.stats.quantiles import quantile
from gate.stats.readings import Reading
from gate.stats.track import Item, Track

TOLERANCE = 0.05
SPAN = (-2.0, 3.0)
NO_BASELINE = "no baseline ran beside the candidate"


def tolerance(margin: float) -> float:
    """Return what identical instances may differ by: 5 %, or half the margin."""
    return min(TOLERANCE, margin / 2)


def relative_track(
    excess: Callable[[Item, float], float],
    estimate: Callable[[Sequence[Item]], float],
    margin: float,
    *,
    span: tuple[float, float] = SPAN,
    steady: bool = True,
) -> Track[Item]:
    """Return a track whose limits are log ratios, for a relative margin."""
    return Track(
        excess,
        estimate,
        tolerance=math.log1p(tolerance(margin)),
        margin=math.log1p(margin),
        span=span,
        steady=steady,
    )


def ratios(margin: float) -> Track[float]:
    """Return a track of log ratios (candidate to baseline) for a relative margin."""
    return relative_track(
        lambda ratio, limit: ratio - limit,
        lambda items: quantile(items, 0.5),
        margin,
    )


def wanting(asked: Asked, batches: int) -> str:
    """Return what an undecided relative metric lacks."""
    if not asked.paired:
        return NO_BASELINE
    return "more requests" if batches else "requests that both arms answer well"


def relative_reading(
    metric: Metric,
    margin: float,
    track: Track[Item],
    asked: Asked,
    *,
    passed: bool,
    worse: bool,
    samples: int,
) -> Reading:
    """Return a track of logs as a reading of relative worsening."""
    estimate = track.estimate(changed=worse)
    low, high = track.bounds(asked.false_passes, changed=worse)
    return Reading(
        metric=metric,
        answer=Answer.NOT_WORSE if passed else Answer.UNDECIDED,
        margin=margin,
        e_value=track.upheld() if track.count else 1.0,
        estimate=_expm1(estimate),
        low=_expm1(low),
        high=_expm1(high),
        excluded=_expm1(high),
        samples=samples,
        since=track.since() if worse else None,
        wanting="" if passed or worse else wanting(asked, track.count),
    )


def _expm1(log: float | None) -> float | None:
    return None if log is None else math.expm1(log)
