"""Does the candidate go down by itself?"""

import math

from gate.stats.answer import Answer
from gate.stats.asked import Asked, Metric
from gate.stats.channel import Channel
from gate.stats.clock import Moment
from gate.stats.counts import more_events
from gate.stats.events import CANDIDATE, Crash
from gate.stats.readings import Reading
from gate.stats.symmetry import LARGEST

SOUND = 1 / (7 * 86_400)
"""Crashes a second that any app may have: one in a week."""

RATES = (1 / 10, 1 / 30, 1 / 100, 1 / 300)


class Crashes(Channel):
    """Crashes of the candidate, against one a week; or the baseline's, if it crashes.

    One crash is enough in a short run, whatever the margin: that says only for how long
    to wait for one. A run of T seconds sees a release that crashes every N seconds with
    a probability of 1 - exp(-T/N).
    """

    metric = Metric.CRASHES

    def __init__(self, asked: Asked, margin: float, moment: Moment) -> None:
        self._asked = asked
        self._moment = moment
        self._margin = margin
        self._candidate = 0
        self._baseline = 0
        self._first: float | None = None

    def crash(self, crash: Crash) -> None:
        """Count a crash."""
        if crash.arm == CANDIDATE:
            self._candidate += 1
            if self._first is None:
                self._first = crash.at
        else:
            self._baseline += 1

    def evidence(self) -> float:
        """Return the e-value for "more than one a week, and than the baseline"."""
        if self._baseline and self._asked.paired:
            return more_events(self._candidate, self._baseline, share=0.5)
        if not self._candidate:
            return 1.0
        logs = (
            self._candidate * math.log(rate / SOUND) - (rate - SOUND) * self._moment.now
            for rate in RATES
        )
        total = sum(math.exp(min(log, math.log(LARGEST))) for log in logs)
        return min(total / len(RATES), LARGEST)

    def upheld(self) -> float:
        """Return the same: nobody accepts half a crash."""
        return self.evidence()

    def passed(self) -> bool:
        """Whether, without a crash, it went on for long enough to exclude the margin."""
        excluded = self._excluded()
        return excluded is not None and excluded <= self._margin

    def _excluded(self) -> float | None:
        if self._candidate or not self._moment.now:
            return None
        return math.log(1 / self._asked.false_passes) / self._moment.now

    def reading(self, *, worse: bool) -> Reading:
        """Return crashes a second."""
        passed, excluded = self.passed(), self._excluded()
        seconds = self._moment.now
        wanting = "more time"
        if self._candidate:
            wanting = "a run without a crash"
        return Reading(
            metric=self.metric,
            answer=Answer.NOT_WORSE if passed else Answer.UNDECIDED,
            margin=self._margin,
            e_value=self.evidence(),
            estimate=self._candidate / seconds if seconds else None,
            baseline=self._baseline / seconds if seconds else None,
            high=excluded,
            excluded=excluded,
            samples=int(seconds),
            since=self._first if worse else None,
            wanting="" if passed or worse else wanting,
        )
