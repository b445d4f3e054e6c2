"""Do the slow answers get slower, or more of them slow?"""

import math
from bisect import bisect_left
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

from gate.stats.asked import Asked, Metric
from gate.stats.batches import Batch
from gate.stats.clock import Moment
from gate.stats.events import Flow
from gate.stats.location import SHORTEST
from gate.stats.quantiles import quantile
from gate.stats.readings import Reading
from gate.stats.relative import SPAN, relative_reading, relative_track
from gate.stats.tracked import Tracked

SLOW = 0.92
PAST = 2000
RENEWED = 200
ROUTE_PAST = 400
ROUTE_RENEWED = 50
LEAST_PAIRS = 5
WARM = 30
NEAR = math.log(0.8)
"""Logs of the candidate's latency to the slow mark are kept from here on."""


@dataclass(frozen=True, slots=True)
class SlowOnes:
    """Of one batch: the candidate's logs to the slow mark, ascending from NEAR on.

    *baseline* is how many of the baseline's answers reach the mark.
    """

    candidate: tuple[float, ...]
    baseline: int


def _excess(batch: SlowOnes, limit: float) -> float:
    above = len(batch.candidate) - bisect_left(batch.candidate, limit)
    return above - batch.baseline


def _estimate(batches: Sequence[SlowOnes]) -> float:
    """Return by how much to shrink the candidate until as many are slow."""
    logs = sorted((log for each in batches for log in each.candidate), reverse=True)
    slow = sum(each.baseline for each in batches)
    return logs[slow] if slow < len(logs) else NEAR


class Scale:
    """The median latency of one route, both arms pooled, renewed now and then."""

    __slots__ = ("_new", "_past", "median")

    def __init__(self) -> None:
        self._past: deque[float] = deque(maxlen=ROUTE_PAST)
        self._new = 0
        self.median: float | None = None

    def add(self, *latencies: float) -> None:
        """Remember latencies in milliseconds."""
        self._past.extend(latencies)
        self._new += len(latencies)
        if self._new >= ROUTE_RENEWED or (self.median is None and self._new >= 20):
            self.median = quantile(self._past, 0.5)
            self._new = 0


class Tail(Tracked[SlowOnes]):
    """How many answers of each arm reach the 92nd percentile of the pooled past.

    Latencies are divided by their route's median first, so that the mix of requests
    does not matter: the mark is for instance three times what that route takes.
    """

    metric = Metric.P95

    def __init__(self, asked: Asked, margin: float, moment: Moment) -> None:
        self._asked = asked
        self._moment = moment
        self._margin = margin
        self._track = relative_track(
            _excess, _estimate, margin, span=(NEAR, SPAN[1]), steady=False
        )
        self._scales: dict[str, Scale] = {}
        self._past: deque[float] = deque(maxlen=PAST)
        self._new = 0
        self._mark: float | None = None
        self._batch = Batch(LEAST_PAIRS)
        self._candidate: list[float] = []
        self._baseline = 0
        self._steps = 0

    def flow(self, flow: Flow) -> None:
        """Take in the steps of a flow, and compare when a batch is complete."""
        if not self._asked.paired:
            return
        now, warm = self._moment.now, self._moment.warm
        if warm:
            self._candidate.clear()
            self._baseline = 0
            self._batch.restart(now)
        for step in flow.steps:
            if step.baseline is not None:
                self._step(step.route, step.candidate, step.baseline, warm=warm)
        if warm or self._mark is None or not flow.steps:
            return
        if self._batch.full(flow, now):
            slow = SlowOnes(tuple(sorted(self._candidate)), self._baseline)
            self._track.add(slow, self._batch.began_at)
            self._candidate.clear()
            self._baseline = 0

    def _step(self, route: str, raw: float, raw_base: float, *, warm: bool) -> None:
        scale = self._scales.get(route) or self._scales.setdefault(route, Scale())
        if scale.median is not None:
            unit = max(scale.median, SHORTEST)
            candidate, baseline = max(raw, SHORTEST) / unit, raw_base / unit
            if self._mark is not None and not warm:
                self._steps += 1
                self._baseline += baseline >= self._mark
                log = math.log(candidate / self._mark)
                if log >= NEAR:
                    self._candidate.append(log)
            self._remember(candidate, baseline)
        scale.add(raw, raw_base)

    def _remember(self, candidate: float, baseline: float) -> None:
        """Keep what both arms took; the mark is always one of the past."""
        self._past.append(candidate)
        self._past.append(baseline)
        self._new += 1
        due = RENEWED if self._mark is not None else WARM
        if self._new >= due:
            self._mark = max(quantile(self._past, SLOW), SHORTEST)
            self._new = 0

    def passed(self) -> bool:
        """Whether a tail slower by the margin is excluded."""
        return self._track.passed(self._asked.false_passes)

    def reading(self, *, worse: bool) -> Reading:
        """Return by how much the slow answers are slower."""
        return relative_reading(
            self.metric,
            self._margin,
            self._track,
            self._asked,
            passed=self.passed(),
            worse=worse,
            samples=self._steps,
        )
