"""One paired comparison over a run: evidence against it, for it, and its bounds."""

import math
from collections.abc import Callable, Sequence
from statistics import stdev
from typing import Generic, TypeVar

from gate.stats.doubts import COLD_SECONDS, LASTS, lengthened, may_fade, merged
from gate.stats.symmetry import SymmetryTest

Item = TypeVar("Item")

BLOCKS = 8
"""The fewest that a run is cut into to see how far its mean may be off."""

STUDENT = 1.9
"""The 95 % point of Student's t with 7 degrees of freedom; with more it is less."""

MOST_REPLAYED = 1000
BISECTIONS = 15


class Track(Generic[Item]):
    """Batches of one metric, compared with a tolerance and with a margin.

    *excess* says by how much a batch lies above a limit (its sign is bet on),
    *estimate* which limit some batches are at. Tolerance, margin, limits and *span*
    (where bounds are looked for) share a unit that is the channel's own, such as the
    log of a ratio. *steady*: the estimate of a few batches is as good as they are many,
    so that its spread over the run bounds it. *halfway* is between tolerance and margin.
    """

    def __init__(
        self,
        excess: Callable[[Item, float], float],
        estimate: Callable[[Sequence[Item]], float],
        *,
        tolerance: float,
        margin: float,
        span: tuple[float, float],
        steady: bool = False,
    ) -> None:
        self._excess = excess
        self._estimate = estimate
        self._tolerance = tolerance
        self._margin = margin
        self.halfway = (tolerance + margin) / 2
        self._span = span
        self._steady = steady
        self._items: list[Item] = []
        self._times: list[float] = []
        self._above = SymmetryTest()
        self._below = SymmetryTest()
        self._upheld = (0, 0.0)
        self._early = 0.0
        self._level = (0, 0.0, 0.0)

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
        """Return the evidence that is left after four doubts, which only lower it.

        It counts while the estimate since the change lies beyond the halfway from the
        tolerance to the margin. What has been there from the start and may fade must
        show without the first seconds as well; what came later must have lasted a
        while. And where neighbouring batches correlate, it must hold for longer ones.
        """
        if self._upheld[0] != len(self._items):
            self._early = 0.0
            self._upheld = (len(self._items), self._doubted())
        return self._upheld[1]

    def suspicion(self) -> float:
        """Return the evidence that holds back a pass: also what has not lasted yet."""
        return max(self.upheld(), self._early)

    def _doubted(self) -> float:
        since, evidence = self._above.since, self._above.e_value
        if not self._beyond_halfway(since):
            return 0.0
        values = [self._excess(item, self._tolerance) for item in self._items]
        begins = self._times[since]
        if begins < COLD_SECONDS and may_fade(self._times[since:], values[since:]):
            cold = sum(at < COLD_SECONDS for at in self._times)
            values = values[cold:]
            warm = SymmetryTest().feed_all(values)
            if not self._beyond_halfway(cold + warm.since):
                return 0.0
            since, evidence = warm.since, min(evidence, warm.e_value)
        left = lengthened(evidence, values, since)
        begins, last = self._times[since], self._times[-1]
        if begins >= COLD_SECONDS and last - begins < LASTS:
            self._early = left
            return 0.0
        return left

    def _beyond_halfway(self, since: int) -> bool:
        changed = self._items[since:]
        return bool(changed) and self._estimate(changed) > self.halfway

    def passed(self, false_passes: float) -> bool:
        """Whether the margin is excluded: by the mirrored bet, and by the mean.

        The bet is on how many batches lie above. A few far above, such as a leak in
        large pieces, or a drift of one arm that outlasts a batch, show in the mean.
        """
        won = self._below.e_value >= 1 / false_passes
        return won and self._mean()[1] <= self._margin

    def _mean(self) -> tuple[float, float]:
        """Return the estimate of all batches, and its upper bound by batch means.

        With 95 % confidence, from 8 to 15 blocks of a run (Law & Kelton, section 9.5).
        """
        if self._level[0] != self.count:
            self._level = (self.count, *self._measured(self._items))
        return self._level[1:]

    def _measured(self, items: Sequence[Item]) -> tuple[float, float]:
        mean = self._estimate(items)
        if not self._steady or len(items) < BLOCKS:
            return mean, mean
        size = len(items) // BLOCKS
        starts = range(0, len(items) - size + 1, size)
        blocks = [self._estimate(items[start : start + size]) for start in starts]
        return mean, mean + STUDENT * stdev(blocks) / math.sqrt(len(blocks))

    def estimate(self, *, changed: bool) -> float | None:
        """Return the limit all batches are at, or those since the change."""
        items = self._items[self._above.since :] if changed else self._items
        return self._estimate(items) if items else None

    def since(self) -> float | None:
        """Return when the change began, in seconds; None without one."""
        start = self._above.since
        return self._times[start] if start < len(self._times) else None

    def bounds(
        self, false_passes: float, *, changed: bool
    ) -> tuple[float | None, float | None]:
        """Return the limits that the batches lie above, and below; None: unknown.

        Each end is wrong with a probability of at most *false_passes*, whenever one
        looks: it is where the bet against it reaches 1/false_passes. The estimate lies
        between them. *changed*: of the batches since the change alone.
        """
        items = self._items[self._above.since :] if changed else self._items
        if not items:
            return None, None
        mean, upper = self._measured(items)

        def below(limit: float) -> bool:
            return limit >= upper and self._wins(items, -1, limit, false_passes)

        def above(limit: float) -> bool:
            return limit <= mean and self._wins(items, 1, limit, false_passes)

        bottom, top = self._span
        split = self._margin if not changed and self.passed(false_passes) else top
        high = _edge(below, split, bottom)
        return _edge(above, bottom, top if high is None else high), high

    def _wins(
        self, items: Sequence[Item], sign: int, limit: float, false_passes: float
    ) -> bool:
        values = [sign * self._excess(item, limit) for item in items]
        while len(values) > MOST_REPLAYED:
            values = merged(values)
        return SymmetryTest().feed_all(values).e_value >= 1 / false_passes


def _edge(wins: Callable[[float], bool], won: float, lost: float) -> float | None:
    """Bisect for the limit nearest to *lost* at which the bet is won."""
    if not wins(won):
        return None
    for _ in range(BISECTIONS):
        middle = (won + lost) / 2
        won, lost = (middle, lost) if wins(middle) else (won, middle)
    return won
