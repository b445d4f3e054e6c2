"""One paired comparison over a run: evidence against it, for it, and its bounds."""

import math
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Generic, TypeVar

from gate.stats.symmetry import SymmetryTest

Item = TypeVar("Item")

CORRELATED = 0.3
"""Batches whose neighbours correlate more than this are too short to be the unit."""

LEAST_FOR_CORRELATION = 8
MOST_REPLAYED = 1000
BISECTIONS = 15


class Track(Generic[Item]):
    """Batches of one metric, compared with a tolerance and with a margin.

    *excess* says by how much a batch lies above a limit (its sign is bet on),
    *estimate* which limit some batches are at. Tolerance, margin, limits and *span*
    (where bounds are looked for) share a unit that is the channel's own, such as the
    log of a ratio.
    """

    def __init__(
        self,
        excess: Callable[[Item, float], float],
        estimate: Callable[[Sequence[Item]], float],
        *,
        tolerance: float,
        margin: float,
        span: tuple[float, float],
    ) -> None:
        self._excess = excess
        self._estimate = estimate
        self._tolerance = tolerance
        self._margin = margin
        self._span = span
        self._items: list[Item] = []
        self._times: list[float] = []
        self._above = SymmetryTest()
        self._below = SymmetryTest()
        self._upheld = (0, 0.0)

    @property
    def count(self) -> int:
        """How many batches there are."""
        return len(self._items)

    def add(self, item: Item, at: float) -> None:
        """Take in the next batch; *at* is when it began, in seconds."""
        self._items.append(item)
        self._times.append(at)
        self._above.feed(self._excess(item, self._tolerance))
        self._below.feed(-self._excess(item, self._margin))

    @property
    def evidence(self) -> float:
        """The e-value against "within the tolerance", before doubts."""
        return self._above.e_value

    def upheld(self) -> float:
        """Return the evidence that is left after two doubts, which only lower it.

        It counts while the estimate since the change lies beyond the halfway from the
        tolerance to the margin. And where neighbouring batches correlate, it must hold
        for batches twice as long as well (batch means: Law & Kelton, section 9.5).
        """
        if self._upheld[0] != len(self._items):
            self._upheld = (len(self._items), self._doubted())
        return self._upheld[1]

    def _doubted(self) -> float:
        since = self._above.since
        changed = self._items[since:]
        halfway = (self._tolerance + self._margin) / 2
        if not changed or self._estimate(changed) <= halfway:
            return 0.0
        values = [self._excess(item, self._tolerance) for item in self._items]
        return _lengthened(self._above.e_value, values, since)

    def passed(self, false_passes: float) -> bool:
        """Whether the margin is excluded: the mirrored bet reaches 1/false_passes."""
        return self._below.e_value >= 1 / false_passes

    def estimate(self, *, changed: bool) -> float | None:
        """Return the limit all batches are at, or those since the change."""
        items = self._items[self._above.since :] if changed else self._items
        return self._estimate(items) if items else None

    def since(self) -> float | None:
        """Return when the change began, in seconds; None without one."""
        start = self._above.since
        return self._times[start] if start < len(self._times) else None

    def bounds(self, false_passes: float) -> tuple[float | None, float | None]:
        """Return the limits that the batches lie above, and below; None: unknown.

        Each end is wrong with a probability of at most *false_passes*, whenever one
        looks: it is where the bet against it reaches 1/false_passes.
        """
        bottom, top = self._span
        split = self._margin if self.passed(false_passes) else top
        high = self._edge(-1, split, bottom, false_passes)
        low = self._edge(1, bottom, top if high is None else high, false_passes)
        return low, high

    def _edge(
        self, sign: int, won: float, lost: float, false_passes: float
    ) -> float | None:
        """Bisect for the limit nearest to *lost* at which the bet is won."""
        if not self._wins(sign, won, false_passes):
            return None
        for _ in range(BISECTIONS):
            middle = (won + lost) / 2
            if self._wins(sign, middle, false_passes):
                won = middle
            else:
                lost = middle
        return won

    def _wins(self, sign: int, limit: float, false_passes: float) -> bool:
        values = [sign * self._excess(item, limit) for item in self._items]
        while len(values) > MOST_REPLAYED:
            values = _merged(values)
        return SymmetryTest().feed_all(values).e_value >= 1 / false_passes


def _lengthened(evidence: float, values: Sequence[float], since: int) -> float:
    """Return the least evidence over batch lengths, doubled while they correlate."""
    while len(values) - since >= LEAST_FOR_CORRELATION:
        if correlation(values[since:]) <= CORRELATED:
            break
        values = _merged(values)
        since //= 2
        evidence = min(evidence, SymmetryTest().feed_all(values).e_value)
    return evidence


def _merged(values: Sequence[float]) -> list[float]:
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
