"""Does the candidate go down by itself?"""

import math

from gate.stats.answer import Answer
from gate.stats.asked import Asked, Metric
from gate.stats.channel import Channel
from gate.stats.clock import Moment
from gate.stats.counts import more_events, more_often
from gate.stats.events import CANDIDATE, Crash
from gate.stats.readings import Reading

SOUND = 1 / (7 * 86_400)
"""Crashes a second that any app may have: one in a week."""

RATES = (1 / 10, 1 / 30, 1 / 100, 1 / 300)

TOGETHER = 1.0
"""Seconds: what goes down on both arms within them has one cause, and is nobody's."""

MOST_RECENT = 20

AT_ONCE = 0.2
"""Seconds: what goes down on one arm within them counts once."""


class Downs:
    """Crashes of one arm by itself.

    Each is held until *TOGETHER* seconds after it was told: a crash of the other arm
    may still be told.
    """

    def __init__(self) -> None:
        self.told = 0
        self.settled = 0
        self.first: float | None = None
        self._recent: list[float] = []
        self._held: list[tuple[float, float]] = []

    def near(self, at: float) -> bool:
        """Whether this arm went down at about that time."""
        return any(abs(each - at) <= TOGETHER for each in self._recent)

    def add(self, at: float, now: float, *, alone: bool) -> None:
        """Count a crash that happened at *at*, and was told *now*."""
        self.told += 1
        new = not any(abs(each - at) <= AT_ONCE for each in self._recent)
        self._recent = [*self._recent[-MOST_RECENT:], at]
        if alone and new:
            self._held.append((at, now))

    def excuse(self, at: float) -> None:
        """Take back what is held of about that time: the other arm went down as well."""
        self._held = [each for each in self._held if abs(each[0] - at) > TOGETHER]

    def settle(self, now: float) -> bool:
        """Count what was held for long enough; whether there was any."""
        if not self._held:
            return False
        over = [at for at, told in self._held if now - told > TOGETHER]
        self._held = [each for each in self._held if now - each[1] <= TOGETHER]
        self.settled += len(over)
        if self.first is None and over:
            self.first = over[0]
        return bool(over)


class Crashes(Channel):
    """Crashes of the candidate, against one a week; or the baseline's, if it crashes.

    One crash is enough in a short run, whatever the margin: that says only for how long
    to wait for one. A run of T seconds sees a release that crashes every N seconds with
    a probability of 1 - exp(-T/N). What takes down both arms at once speaks against
    neither, and does not pass. From when on the baseline went down by itself, the
    numbers of crashes are compared, in as many seconds of both.
    """

    metric = Metric.CRASHES

    def __init__(self, asked: Asked, margin: float, moment: Moment) -> None:
        self._asked = asked
        self._moment = moment
        self._margin = margin
        self._candidate = Downs()
        self._baseline = Downs()
        self._before: tuple[int, int] | None = None

    def crash(self, crash: Crash) -> None:
        """Take in a crash."""
        mine, other = self._candidate, self._baseline
        if crash.arm != CANDIDATE:
            mine, other = other, mine
        shared = self._asked.paired and other.near(crash.at)
        if shared:
            other.excuse(crash.at)
        mine.add(crash.at, self._moment.now, alone=not shared)

    def evidence(self) -> float:
        """Return the e-value for "more than one a week, and than the baseline"."""
        now = self._moment.now
        self._candidate.settle(now)
        if self._baseline.settle(now) and self._before is None:
            self._before = self._candidate.settled, self._baseline.settled
        if self._before and self._asked.paired:
            candidate = self._candidate.settled - self._before[0]
            baseline = self._baseline.settled - self._before[1]
            return more_events(candidate, baseline, share=0.5)
        crashes = self._candidate.settled
        if not crashes:
            return 1.0
        return more_often(crashes, now, usual=SOUND, rates=RATES)

    def upheld(self) -> float:
        """Return the same: nobody accepts half a crash."""
        return self.evidence()

    def passed(self) -> bool:
        """Whether, without a crash, it went on for long enough to exclude the margin."""
        excluded = self._excluded()
        return excluded is not None and excluded <= self._margin

    def _excluded(self) -> float | None:
        if self._candidate.told or not self._moment.now:
            return None
        return math.log(1 / self._asked.false_passes) / self._moment.now

    def reading(self, *, worse: bool) -> Reading:
        """Return crashes a second."""
        passed, excluded = self.passed(), self._excluded()
        seconds = self._moment.now
        wanting = "more time"
        if self._candidate.told:
            wanting = "a run without a crash"
        return Reading(
            metric=self.metric,
            answer=Answer.NOT_WORSE if passed else Answer.UNDECIDED,
            margin=self._margin,
            e_value=self.evidence(),
            estimate=self._candidate.told / seconds if seconds else None,
            baseline=self._baseline.told / seconds if seconds else None,
            high=excluded,
            excluded=excluded,
            samples=int(seconds),
            since=self._candidate.first if worse else None,
            wanting="" if passed or worse else wanting,
        )
