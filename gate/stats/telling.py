"""How often the platform tells what each arm's dynos use."""

from dataclasses import dataclass

from gate.stats.asked import Asked, Metric
from gate.stats.clock import Moment
from gate.stats.events import BASELINE, CANDIDATE, Arm, Usage

PATIENCE = 5.0
"""Seconds between two samples, or before the first, that are too many for a run."""


@dataclass(slots=True)
class _Dyno:
    last: float
    shortest: float | None = None

    def tell(self, now: float) -> None:
        """Take in that there is another sample."""
        gap = now - self.last
        self.shortest = gap if self.shortest is None else min(gap, self.shortest)
        self.last = now

    def period(self, now: float) -> float:
        """Return seconds from sample to sample; with one, how long it has been.

        The shortest: one that could tell often, and falls silent, hides something.
        """
        return now - self.last if self.shortest is None else self.shortest


class Telling:
    """Whether one metric is told of both arms, and often enough for a run.

    One that is asked *where told* may stay open where neither arm tells it, or both do
    so less often than every five seconds.
    """

    def __init__(self, metric: Metric, asked: Asked, moment: Moment) -> None:
        self._asked = asked
        self._moment = moment
        self._optional = metric in asked.where_told
        self._dynos: dict[Arm, dict[str, _Dyno]] = {CANDIDATE: {}, BASELINE: {}}

    def add(self, usage: Usage) -> None:
        """Count a sample that tells the metric."""
        dynos, now = self._dynos[usage.arm], self._moment.now
        if dyno := dynos.get(usage.dyno):
            dyno.tell(now)
        else:
            dynos[usage.dyno] = _Dyno(now)

    def _period(self) -> float:
        """Return the seconds between samples of the arm that is told most often."""
        now = self._moment.now
        every = [each for dynos in self._dynos.values() for each in dynos.values()]
        return min(dyno.period(now) for dyno in every)

    @property
    def covered(self) -> bool:
        """Whether an arm tells the metric, often enough where that is a condition."""
        if not any(self._dynos.values()):
            return False
        return not self._optional or not self._seldom()

    def _seldom(self) -> bool:
        told = self._dynos[CANDIDATE] and (
            self._dynos[BASELINE] or not self._asked.paired
        )
        return bool(told) and self._period() > PATIENCE

    @property
    def excused(self) -> bool:
        """Whether the metric may stay open: nobody tells it (often), nor will."""
        late = self._moment.now >= PATIENCE
        return self._optional and late and not self.covered

    def wanting(self) -> str:
        """Return what an open metric lacks, in words; empty: a baseline beside it."""
        if self._seldom():
            return f"told every {self._period():.0f} s only"
        if not self._asked.paired:
            return ""
        silent = [arm for arm, dynos in self._dynos.items() if not dynos]
        if len(silent) == len(self._dynos):
            return "the platform tells it of neither arm"
        if silent:
            return f"the platform does not tell it of the {silent[0]}"
        return "more samples"
