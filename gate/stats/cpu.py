"""Does a request take more CPU time?"""

import math
from collections import deque
from dataclasses import replace

from gate.stats.asked import Asked, Metric
from gate.stats.channel import Channel
from gate.stats.clock import Moment
from gate.stats.events import BASELINE, CANDIDATE, Arm, Flow, Usage
from gate.stats.readings import Reading
from gate.stats.relative import ratios, relative_reading

SECONDS = 0.4
"""At the least, of an interval: samples half a second apart come a little early."""

PATIENCE = 5.0
"""Seconds that a platform has for its first sample, before it does not tell."""

LEAST_CPU = 0.05
"""Seconds: the kernel counts in hundredths."""

LEAST_SERVED = 10


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


class Cpu(Channel):
    """The log ratio of CPU seconds a request, over intervals of about half a second, of both arms."""

    metric = Metric.CPU

    def __init__(self, asked: Asked, margin: float, moment: Moment) -> None:
        self._asked = asked
        self._moment = moment
        self._margin = margin
        self._track = ratios(margin)
        self._meters: dict[Arm, Meter] = {CANDIDATE: Meter(), BASELINE: Meter()}
        self._told: dict[Arm, bool] = {CANDIDATE: False, BASELINE: False}
        self._began = 0.0

    def flow(self, flow: Flow) -> None:
        """Count what both arms served."""
        self._meters[CANDIDATE].serve(flow.at, flow.candidate_requests)
        self._meters[BASELINE].serve(flow.at, flow.baseline_requests)

    def usage(self, usage: Usage) -> None:
        """Take in CPU seconds, and compare when both arms told enough of them."""
        if usage.cpu is None:
            return
        self._told[usage.arm] = True
        whole = self._meters[usage.arm].read(usage.dyno, usage.cpu, usage.at)
        if self._moment.warm or not whole:
            self._restart(usage.at)
            return
        candidate = self._meters[CANDIDATE].per_request()
        baseline = self._meters[BASELINE].per_request()
        if candidate is not None and baseline is not None:
            if self._asked.paired:
                self._track.add(math.log(candidate / baseline), self._began)
            self._restart(usage.at)

    def _restart(self, at: float) -> None:
        self._began = at
        for meter in self._meters.values():
            meter.restart()

    def told(self) -> bool:
        """Whether an arm's CPU time is told."""
        return any(self._told.values())

    def evidence(self) -> float:
        """Return the evidence for more CPU a request."""
        return self._track.evidence

    def upheld(self) -> float:
        """Return the evidence that stands up to doubt."""
        return self._track.upheld()

    def passed(self) -> bool:
        """Whether the margin is excluded, or nobody tells and that is accepted."""
        if not self.told():
            return not_covered(self.metric, self._asked, self._moment)
        return self._track.passed(self._asked.false_passes)

    def reading(self, *, worse: bool) -> Reading:
        """Return the relative worsening of CPU seconds a request."""
        found = relative_reading(
            self.metric,
            self._margin,
            self._track,
            self._asked,
            passed=self._track.passed(self._asked.false_passes),
            worse=worse,
            samples=self._track.count,
        )
        return replace(
            found,
            told=self.told(),
            wanting=(found.wanting and untold(self._told, self._asked))
            or found.wanting,
        )


def not_covered(metric: Metric, asked: Asked, moment: Moment) -> bool:
    """Whether what neither arm tells may stay open, and nobody will tell any more."""
    return metric in asked.where_told and moment.now >= PATIENCE


def untold(told: dict[Arm, bool], asked: Asked) -> str:
    """Return whose usage is not told, in words; empty: both arms' is."""
    if not asked.paired:
        return ""
    if not any(told.values()):
        return "the platform tells it of neither arm"
    if not all(told.values()):
        arm = BASELINE if told[CANDIDATE] else CANDIDATE
        return f"the platform does not tell it of the {arm}"
    return "more samples"
