"""Does memory stay behind with each request?"""

import math
from collections.abc import Sequence

from gate.stats.answer import Answer
from gate.stats.asked import Asked, Metric
from gate.stats.channel import Channel
from gate.stats.clock import Moment
from gate.stats.events import BASELINE, CANDIDATE, Arm, Flow, Usage
from gate.stats.readings import Reading
from gate.stats.relative import NO_BASELINE
from gate.stats.telling import Telling
from gate.stats.track import Track

SECONDS = 0.4
WARM_UP_SECONDS = 2.0
TOLERANCE = 1.0
SPAN = (-256.0, 4096.0)
LEAST_MARGIN = 1e-3
Growth = tuple[float, int]
"""KiB by which the candidate grew more, and requests that it served meanwhile."""


def _excess(growth: Growth, limit: float) -> float:
    """Return KiB a request beyond the limit: per request, for traffic wanders."""
    more, served = growth
    return more / served - limit if served else 0.0


def _estimate(growths: Sequence[Growth]) -> float:
    """Return KiB a request: in all, because memory comes in steps."""
    served = sum(served for _, served in growths)
    return math.fsum(more for more, _ in growths) / max(served, 1)


class Memory(Channel):
    """Increments of resident memory of both arms, per second or sample.

    Increments and not levels: both arms creep while they warm up, and that cancels. A
    candidate that fills up to where a warm baseline stands already does not leak: its
    level must lie as far above the baseline's as the growth alleged makes it. The
    margin is KiB a request, or what would reach the quota in so many hours.
    """

    metric = Metric.MEMORY

    def __init__(self, asked: Asked, margin: float | None, moment: Moment) -> None:
        self._asked = asked
        self._moment = moment
        self._margin = margin
        self._track = _track(margin) if margin else None
        self._megabytes: dict[Arm, dict[str, float]] = {CANDIDATE: {}, BASELINE: {}}
        self._heard: set[Arm] = set()
        self._begin: tuple[float, float] | None = None
        self._served = self._served_in_all = 0
        self._telling = Telling(self.metric, asked, moment)

    def flow(self, flow: Flow) -> None:
        """Count what the candidate served."""
        self._served += flow.candidate_requests
        self._served_in_all += flow.candidate_requests

    def usage(self, usage: Usage) -> None:
        """Take in memory, and compare when both arms told a second of it."""
        if usage.memory is None:
            return
        self._telling.add(usage)
        if usage.arm == CANDIDATE:
            self._set_margin(usage.memory, usage.quota)
        known = usage.dyno in self._megabytes[usage.arm]
        self._megabytes[usage.arm][usage.dyno] = usage.memory
        now = self._moment.now
        if now < WARM_UP_SECONDS or not known or self._begin is None:
            self._restart(now)
            return
        self._heard.add(usage.arm)
        began, difference = self._begin
        if len(self._heard) < len(self._megabytes) or now - began < SECONDS:
            return
        if self._track is not None and self._asked.paired:
            more = (self._difference() - difference) * 1024
            self._track.add((more, self._served), began)
        self._restart(now)

    def _set_margin(self, memory: float, quota: float | None) -> None:
        hours = self._asked.memory_hours
        if self._track is None and hours is not None and quota is not None:
            requests = hours * 3600 * self._asked.rate
            self._margin = max((quota - memory) * 1024 / requests, LEAST_MARGIN)
            self._track = _track(self._margin)

    def _difference(self) -> float:
        candidate, baseline = self._megabytes.values()
        return math.fsum(candidate.values()) - math.fsum(baseline.values())

    def _restart(self, now: float) -> None:
        self._heard.clear()
        self._served = 0
        if all(self._megabytes.values()):
            self._begin = (now, self._difference())

    def told(self) -> bool:
        """Whether memory is told often enough."""
        return self._telling.covered or self._not_worse()

    def evidence(self) -> float:
        """Return the evidence for memory that stays."""
        return self._track.evidence if self._track is not None else 1.0

    def upheld(self) -> float:
        """Return the evidence that stands up to doubt."""
        if self._track is None:
            return 1.0
        return self._track.upheld() if self._stands_above(self._track) else 0.0

    def suspicion(self) -> float:
        """Return the evidence that holds back a pass: also what has not lasted yet."""
        if self._track is None:
            return 1.0
        return self._track.suspicion() if self._stands_above(self._track) else 0.0

    def _stands_above(self, track: Track[Growth]) -> bool:
        """Whether the candidate stands as far above as its growth alleges."""
        above = self._difference() * 1024 / max(self._served_in_all, 1)
        return above > track.halfway

    def passed(self) -> bool:
        """Whether the margin is excluded, or nobody tells and that is accepted."""
        return self._not_worse() or self._telling.excused

    def _not_worse(self) -> bool:
        return self._track is not None and self._track.passed(self._asked.false_passes)

    def reading(self, *, worse: bool) -> Reading:
        """Return KiB that stay behind with each request."""
        track, passed = self._track, self._not_worse()
        low, high = (
            track.bounds(self._asked.false_passes, changed=worse)
            if track is not None
            else (None, None)
        )
        return Reading(
            metric=self.metric,
            answer=Answer.NOT_WORSE if passed else Answer.UNDECIDED,
            margin=self._margin or 0.0,
            e_value=self.upheld(),
            estimate=track.estimate(changed=worse) if track is not None else None,
            low=low,
            high=high,
            excluded=high,
            samples=track.count if track is not None else 0,
            since=track.since() if track is not None and worse else None,
            told=worse or self.told(),
            wanting="" if passed or worse else self._wanting(),
        )

    def _wanting(self) -> str:
        if not self._asked.paired:
            return NO_BASELINE
        if all(self._megabytes.values()) and self._margin is None:
            return "the dyno's quota, which the platform does not tell"
        return self._telling.wanting()


def _track(margin: float) -> Track[Growth]:
    return Track(
        _excess,
        _estimate,
        tolerance=min(TOLERANCE, margin / 2),
        margin=margin,
        span=SPAN,
        steady=True,
    )
