"""A load run as it is followed: its stream and the platform's logs, event by event."""

import math
import time
from collections import deque
from collections.abc import Iterator, Mapping
from pathlib import Path

from gate.stats.answer import Answer
from gate.stats.asked import Asked, Metric
from gate.stats.events import Arm, Crash, Event, Flow, Tick, UnderWay, Usage
from gate.stats.monitor import Monitor
from gate.suites.load.pulse import Pulse
from gate.suites.load.stream import LoadStream
from gate.suites.load.tail import Tail
from gate.suites.platform_log import crash_of, usage_of

TICK = 0.25
SETTLE = 0.15
"""Seconds that events wait for earlier ones, which another file may tell later.

What a dyno has used is to meet the flows that it was used for, on both arms alike.
"""


class LoadRun:
    """What a run has told, in order, and what it comes to.

    *stream* is the file that the load generator writes, *logs* those with each arm's
    log lines; what they hold of before is left out. *latency_known*: what is asked of
    latencies is answered, which one user alone shows best.
    """

    def __init__(self, asked: Asked, stream: Path, logs: Mapping[Arm, Path]) -> None:
        self.told = LoadStream()
        self.events: list[Event] = []
        self.answer = Answer.UNDECIDED
        self.latency_known = False
        self._monitor = Monitor(asked)
        self._pulse = Pulse()
        self._stream = Tail(stream)
        self._logs = {arm: Tail(path, only_new=True) for arm, path in logs.items()}
        self._flows: deque[Event] = deque()
        self._uses: dict[Arm, deque[Event]] = {arm: deque() for arm in logs}
        self._zero: float | None = None
        self._ticked = self._asked = 0.0
        self._alone = True

    def look(self, *, last: bool = False) -> None:
        """Take in all that is new; *last*: nothing more will come."""
        self._flows.extend(self._new_flows())
        for arm, log in self._logs.items():
            self._uses[arm].extend(self._new_uses(arm, log.lines()))
        over = last or bool(self.told.reason)
        due = math.inf if over else self.now - SETTLE
        for event in self._due(due):
            self._feed(event)
        if not over and due - self._ticked >= TICK:
            self._ticked = due
            self._feed(Tick(round(due, 3)))
            self.latency_known = self.latency_known or self._knows_latency(due)

    @property
    def now(self) -> float:
        """Seconds since the load began, whatever becomes of the clock; 0 before."""
        return 0.0 if self._zero is None else time.monotonic() - self._zero

    @property
    def dead(self) -> str:
        """Say which arm answers no longer, of what was judged; empty: both do."""
        return self._pulse.stopped

    def _knows_latency(self, now: float) -> bool:
        """Ask once a second, while one user is alone: it costs some time."""
        if not self._alone or now - self._asked < 1.0:
            return False
        self._asked = now
        result = self._monitor.result()
        readings = [result.of(metric) for metric in (Metric.P50, Metric.P95)]
        return all(
            each is None or each.answer is not Answer.UNDECIDED for each in readings
        )

    def _feed(self, event: Event) -> None:
        self.events.append(event)
        if isinstance(event, Flow):
            self._alone = event.users == 1
            self._pulse.take(event)
        if self.answer is Answer.UNDECIDED:
            self.answer = self._monitor.feed(event)

    def _due(self, until: float) -> Iterator[Event]:
        """Yield what was told of before *until*, each file's events in their order."""
        queues = (self._flows, *self._uses.values())
        while ready := [queue for queue in queues if queue and queue[0].at <= until]:
            yield min(ready, key=lambda queue: queue[0].at).popleft()

    def _new_flows(self) -> Iterator[Flow | UnderWay]:
        for line in self._stream.lines():
            told = self.told.take(line)
            if self._zero is None and self.told.began is not None:
                self._zero = time.monotonic() - (time.time() - self.told.began)
            if told is not None:
                yield told

    def _new_uses(self, arm: Arm, lines: list[str]) -> Iterator[Usage | Crash]:
        began = self.told.began
        if began is None:
            return
        for line in lines:
            said = usage_of(line, arm, began=began) or crash_of(line, arm, began=began)
            if said is not None and said.at >= 0:
                yield said
