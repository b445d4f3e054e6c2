"""Are the answers slower than a limit that needs no baseline?"""

import math

from gate.stats.answer import Answer
from gate.stats.asked import Asked, Metric
from gate.stats.clock import Moment
from gate.stats.events import Flow
from gate.stats.location import SHORTEST
from gate.stats.quantiles import quantile
from gate.stats.readings import Reading
from gate.stats.relative import SPAN
from gate.stats.track import Track
from gate.stats.tracked import Tracked

SECONDS = 1.0
LEAST_STEPS = 40


def _side(ratio: float, limit: float) -> float:
    """Return the side alone: how far a batch's tail strays is not symmetric."""
    return math.copysign(1.0, ratio - limit) if ratio != limit else 0.0


class Limit(Tracked[float]):
    """The median or the 95th percentile of each batch, against milliseconds.

    A batch lasts a second and has at least 40 answers of the candidate. The answers of
    one closed loop are not independent, hence batches and not single answers.
    """

    def __init__(
        self, asked: Asked, metric: Metric, limit: float, moment: Moment
    ) -> None:
        self.metric = metric
        self._asked = asked
        self._moment = moment
        self._limit = limit
        self._share = 0.5 if metric is Metric.P50 else 0.95
        self._track: Track[float] = Track(
            _side,
            lambda items: quantile(items, 0.5),
            tolerance=0.0,
            margin=0.0,
            span=SPAN,
        )
        self._latencies: list[float] = []
        self._began = (0.0, 0.0)
        self._steps = 0

    def flow(self, flow: Flow) -> None:
        """Take in the steps of a flow, and compare when a batch is complete."""
        now = self._moment.now
        if self._moment.warm:
            self._latencies.clear()
            return
        if not self._latencies:
            self._began = (now, flow.at)
        self._latencies.extend(step.candidate for step in flow.steps)
        self._steps += len(flow.steps)
        began, at = self._began
        if len(self._latencies) >= LEAST_STEPS and now - began >= SECONDS:
            value = max(quantile(self._latencies, self._share), SHORTEST)
            self._track.add(math.log(value / self._limit), at)
            self._latencies.clear()

    def passed(self) -> bool:
        """Whether it is excluded that the limit is passed."""
        return self._track.passed(self._asked.false_passes)

    def reading(self, *, worse: bool) -> Reading:
        """Return the median or 95th percentile, in milliseconds."""
        passed = self.passed()
        low, high = self._track.bounds(self._asked.false_passes, changed=worse)
        return Reading(
            metric=self.metric,
            answer=Answer.NOT_WORSE if passed else Answer.UNDECIDED,
            margin=self._limit,
            e_value=self.upheld(),
            estimate=self._milliseconds(self._track.estimate(changed=worse)),
            low=self._milliseconds(low),
            high=self._milliseconds(high),
            excluded=self._milliseconds(high),
            samples=self._steps,
            since=self._track.since() if worse else None,
            wanting="" if passed or worse else "more requests, or more time",
        )

    def _milliseconds(self, log: float | None) -> float | None:
        return None if log is None else self._limit * math.exp(log)
