"""Reasons for which batches count less than they seem to."""

import math
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from itertools import pairwise

from gate.stats.symmetry import SymmetryTest

CORRELATED = 0.3
"""Batches whose neighbours correlate more than this are too short to be the unit."""

LEAST_FOR_CORRELATION = 8
COLD_SECONDS = 3.0
"""What is slow only before this is cold."""

FADES = 1.0
"""Seconds in which a cold start falls to 1/e of what it was."""

LASTS = 3.0
"""Seconds that a change must have lasted which came later than that: no mere stall."""

NORMAL = 2.326
"""The 99 % point of the normal distribution."""


def may_fade(times: Sequence[float], values: Sequence[float]) -> bool:
    """Whether an excess could be a cold start's: that it fades is not refuted.

    Of an excess that falls to 1/e in a second, the slope is minus its mean each second.
    It is refuted by a slope above that with 99 % confidence (least squares).
    """
    count = len(values)
    middle, mean = math.fsum(times) / count, math.fsum(values) / count
    spread = math.fsum((at - middle) ** 2 for at in times)
    if count < 3 or spread == 0:
        return True
    pairs = list(zip(times, values, strict=True))
    slope = math.fsum((at - middle) * value for at, value in pairs) / spread
    rest = math.fsum((v - mean - slope * (at - middle)) ** 2 for at, v in pairs)
    error = math.sqrt(rest / (count - 2) / spread)
    return slope + mean / FADES <= NORMAL * error


def lengthened(evidence: float, values: Sequence[float], since: int) -> float:
    """Return the least evidence over batch lengths, doubled while they correlate.

    Batch means: Law & Kelton, "Simulation Modeling and Analysis", section 9.5. The
    batches before the change at *since* and those after it are taken together, each
    about their own mean: those after it alone are few, and chosen for being alike.
    """
    while len(values) - since >= LEAST_FOR_CORRELATION:
        centred = [*_centred(values[:since]), *_centred(values[since:])]
        if correlation(centred) <= CORRELATED:
            break
        values = merged(values)
        since //= 2
        evidence = min(evidence, SymmetryTest().feed_all(values).e_value)
    return evidence


def _centred(values: Sequence[float]) -> list[float]:
    mean = math.fsum(values) / max(len(values), 1)
    return [value - mean for value in values]


def merged(values: Sequence[float]) -> list[float]:
    """Return the means of neighbours; an odd last one is left out."""
    return [
        (first + second) / 2
        for first, second in zip(values[::2], values[1::2], strict=False)
    ]


def correlation(values: Sequence[float]) -> float:
    """Return the correlation of neighbours, by ranks: outliers do not hide it."""
    ordered = sorted(values)
    middle = (len(values) - 1) / 2
    ranks = [
        (bisect_left(ordered, value) + bisect_right(ordered, value) - 1) / 2 - middle
        for value in values
    ]
    variance = math.fsum(rank * rank for rank in ranks)
    if variance == 0:
        return 0.0
    neighbours = pairwise(ranks)
    return math.fsum(first * second for first, second in neighbours) / variance
