"""Which events can be used, and whether so many are missing that nothing can be said."""

from dataclasses import replace
from math import inf, isfinite

from gate.stats.clock import Clock
from gate.stats.events import Crash, Event, Flow, Step, Tick, UnderWay, Usage
from gate.stats.workers import Workers

UNSTABLE = 0.2
"""The share of flows from which on a baseline that fails is no measure."""

BASELINE_UNSTABLE = "baseline-unstable"
LEAST_FLOWS = 10
MOST_UNUSABLE = 0.01
MOST_SET_BACK = 1


class Intake:
    """Counts what comes in, drops what cannot be, and says what is wrong with it all."""

    def __init__(self, *, paired: bool, workers: int = 1) -> None:
        self._paired = paired
        self._workers = Workers(workers)
        self._waiting = UnderWay(0.0)
        self._dropped = {"latencies": 0, "samples of CPU and memory": 0, "crashes": 0}
        self._seen = dict.fromkeys(self._dropped, 0)
        self._baseline_failed = 0
        self.clock = Clock()
        self.flows = 0
        self.loaded = 0
        self.requests = 0

    def usable(self, event: Event) -> Event | None:
        """Return the event without what cannot be used; None: nothing of it can."""
        timed = isfinite(event.at)
        if timed:
            self.clock.tell(event.at)
        match event:
            case Flow():
                return self._flow(event, timed=timed)
            case Usage():
                told = (event.cpu, event.memory, event.quota)
                good = all(each is None or 0 <= each < inf for each in told)
                return self._kept(event, "samples of CPU and memory", timed and good)
            case Crash():
                return self._kept(event, "crashes", timed)
            case UnderWay():
                self._waiting = event
                return event if timed else None
            case Tick():
                return event if timed else None

    def _kept(self, event: Event, what: str, good: bool) -> Event | None:
        self._seen[what] += 1
        self._dropped[what] += not good
        return event if good else None

    def _flow(self, flow: Flow, *, timed: bool) -> Flow | None:
        if not self._workers.told(flow, self.clock.elapsed, timed=timed):
            return None
        self.flows += 1
        self.loaded += flow.users > 1
        self.requests += flow.candidate_requests + flow.baseline_requests
        self._baseline_failed += flow.baseline_failed and self._paired
        self._seen["latencies"] += len(flow.steps)
        for step in flow.steps:
            if not _measured(step):
                return self._without_unmeasured(flow)
        return flow

    def _without_unmeasured(self, flow: Flow) -> Flow:
        steps = tuple(filter(_measured, flow.steps))
        self._dropped["latencies"] += len(flow.steps) - len(steps)
        return replace(flow, steps=steps)

    @property
    def unstable(self) -> bool:
        """Whether the baseline fails too often to be a measure."""
        failed = self._baseline_failed
        return failed > 0 and failed > UNSTABLE * max(self.flows, LEAST_FLOWS)

    def trouble(self) -> tuple[str, str]:
        """Return why nothing can be said: one word, and a sentence; empty: it can."""
        if self.flows == 0:
            return "too-few-flows", "no flow was told"
        if lost := self._workers.trouble(self.clock.elapsed):
            return "samples-lost", lost
        for what, dropped in self._dropped.items():
            if dropped > MOST_UNUSABLE * self._seen[what]:
                said = f"{dropped} of {self._seen[what]} {what} have no usable value"
                return "clock-broken" if what == "latencies" else "samples-lost", said
        if self.clock.set_back > MOST_SET_BACK:
            times = self.clock.set_back
            return "clock-broken", f"the clock was set back {times} times"
        if self.unstable:
            failed = f"{self._baseline_failed} of {self.flows} flows failed on it"
            return BASELINE_UNSTABLE, f"the baseline is unstable: {failed}"
        return self._awaited()

    def _awaited(self) -> tuple[str, str]:
        """Return whether more flows hang on the candidate than beside it."""
        candidate, baseline = self._waiting.candidate, self._waiting.baseline
        if candidate <= (baseline if self._paired else 0):
            return "", ""
        said = f"{candidate} flows still wait for an answer of the candidate"
        return "answers-awaited", f"{said}, {baseline} for one of the baseline"


def _measured(step: Step) -> bool:
    candidate, baseline = step.candidate, step.baseline
    return 0 <= candidate < inf and (baseline is None or 0 <= baseline < inf)
