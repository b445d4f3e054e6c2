"""Does a request take more CPU time?"""

import math
from collections import deque
from collections.abc import Sequence
from dataclasses import replace

from gate.stats.asked import Asked, Metric
from gate.stats.clock import Moment
from gate.stats.events import BASELINE, CANDIDATE, Arm, Flow, Usage
from gate.stats.readings import Reading
from gate.stats.relative import relative_reading, relative_track
from gate.stats.telling import Telling
from gate.stats.tracked import Tracked

SECONDS = 0.4
"""At the least, of an interval: samples half a second apart come a little early."""

LEAST_CPU = 0.05
"""Seconds: the kernel counts in hundredths."""

LEAST_SERVED = 10
Costs = tuple[float, float]
"""CPU seconds a request, of the candidate and of the baseline."""


def _excess(costs: Costs, limit: float) -> float:
    candidate, baseline = costs
    return math.log(candidate / baseline) - limit


def _estimate(costs: Sequence[Costs]) -> float:
    """Return the log ratio of what all cost: work that comes in lumps counts too."""
    candidate, baseline = zip(*costs, strict=True)
    return math.log(math.fsum(candidate) / math.fsum(baseline))


class Meter:
    """The CPU seconds of one arm's dynos, and the requests it served meanwhile."""

    def __init__(self) -> None:
        self._dynos: dict[str, float] = {}
        self._coming: deque[tuple[float, int]] = deque()
        self._counted = 0
        self._start: tuple[float, float, int] | None = None
        self._at = 0.0

    def serve(self, at: float, requests: int) -> None:
        """Count requests that were answered at *at*."""
        self._coming.append((at, requests))

    def read(self, dyno: str, cpu: float, at: float) -> bool:
        """Take in a reading; false where the interval under way is void with it."""
        while self._coming and self._coming[0][0] <= at:
            self._counted += self._coming.popleft()[1]
        before = self._dynos.get(dyno)
        self._dynos[dyno] = cpu
        back = at < self._at
        self._at = at
        return before is not None and cpu >= before and not back

    def restart(self) -> None:
        """Begin the next interval with the last reading."""
        if self._dynos:
            total = math.fsum(self._dynos.values())
            self._start = (self._at, total, self._counted)

    def per_request(self) -> float | None:
        """Return CPU seconds a request in the interval; None: too short to tell."""
        if self._start is None:
            return None
        at, cpu, counted = self._start
        used = math.fsum(self._dynos.values()) - cpu
        served = self._counted - counted
        if self._at - at < SECONDS or used < LEAST_CPU or served < LEAST_SERVED:
            return None
        return used / served


class Cpu(Tracked[Costs]):
    """The log ratio of CPU seconds a request, of both arms, over about half a second."""

    metric = Metric.CPU

    def __init__(self, asked: Asked, margin: float, moment: Moment) -> None:
        self._asked = asked
        self._moment = moment
        self._margin = margin
        self._track = relative_track(_excess, _estimate, margin)
        self._meters: dict[Arm, Meter] = {CANDIDATE: Meter(), BASELINE: Meter()}
        self._telling = Telling(self.metric, asked, moment)
        self._began = 0.0

    def flow(self, flow: Flow) -> None:
        """Count what both arms served."""
        self._meters[CANDIDATE].serve(flow.at, flow.candidate_requests)
        self._meters[BASELINE].serve(flow.at, flow.baseline_requests)

    def usage(self, usage: Usage) -> None:
        """Take in CPU seconds, and compare when both arms told enough of them."""
        if usage.cpu is None:
            return
        self._telling.add(usage)
        whole = self._meters[usage.arm].read(usage.dyno, usage.cpu, usage.at)
        if self._moment.warm or not whole:
            self._restart(usage.at)
            return
        candidate = self._meters[CANDIDATE].per_request()
        baseline = self._meters[BASELINE].per_request()
        if candidate is not None and baseline is not None:
            if self._asked.paired:
                self._track.add((candidate, baseline), self._began)
            self._restart(usage.at)

    def _restart(self, at: float) -> None:
        self._began = at
        for meter in self._meters.values():
            meter.restart()

    def told(self) -> bool:
        """Whether CPU time is told often enough."""
        return self._telling.covered or self._not_worse()

    def passed(self) -> bool:
        """Whether the margin is excluded, or nobody tells and that is accepted."""
        return self._not_worse() or self._telling.excused

    def _not_worse(self) -> bool:
        return self._track.passed(self._asked.false_passes)

    def reading(self, *, worse: bool) -> Reading:
        """Return the relative worsening of CPU seconds a request."""
        found = relative_reading(
            self.metric,
            self._margin,
            self._track,
            self._asked,
            passed=self._not_worse(),
            worse=worse,
            samples=self._track.count,
        )
        return replace(
            found,
            told=worse or self.told(),
            wanting=(found.wanting and self._telling.wanting()) or found.wanting,
        )
