"""Quantiles of a sample, and its middle."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Summary:
    """A sample in three numbers, in its own unit, and its size."""

    count: int
    p50: float
    p95: float
    p99: float


def summary(values: Iterable[float]) -> Summary:
    """Median, 95th and 99th percentile of at least one value."""
    ordered = sorted(values)
    p50, p95, p99 = (_of_sorted(ordered, share) for share in (0.5, 0.95, 0.99))
    return Summary(count=len(ordered), p50=p50, p95=p95, p99=p99)


def quantile(values: Iterable[float], share: float) -> float:
    """The value below which `share` of the sample lies, interpolated linearly.

    Type 7 of Hyndman & Fan, "Sample quantiles in statistical packages" (1996), as
    numpy and R do by default. Raises ValueError for no values or a share outside 0..1.
    """
    return _of_sorted(sorted(values), share)


def trimmed_mean(values: Iterable[float], cut: float = 0.2) -> float:
    """The mean without the lowest and the highest `cut` of the values."""
    ordered = sorted(values)
    dropped = int(len(ordered) * cut)
    return math.fsum(kept := ordered[dropped : len(ordered) - dropped]) / len(kept)


def _of_sorted(ordered: Sequence[float], share: float) -> float:
    if not ordered:
        raise ValueError("no values, no quantile")
    if not 0 <= share <= 1:
        raise ValueError(f"share is {share}: it lies between 0 and 1")
    position = share * (len(ordered) - 1)
    below = math.floor(position)
    above = min(below + 1, len(ordered) - 1)
    # Not a + (b - a) * weight: this form never leaves [a, b] when a equals b.
    weight = position - below
    if weight == 0 or ordered[below] == ordered[above]:
        return ordered[below]
    return ordered[below] * (1 - weight) + ordered[above] * weight
