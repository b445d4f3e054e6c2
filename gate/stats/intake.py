"""Which events can be used, and whether so many are missing that nothing can be said."""

import math
from dataclasses import replace

from gate.stats.events import Crash, Event, Flow, Step, Tick, Usage

UNSTABLE = 0.2
"""The share of flows from which on a baseline that fails is no measure."""

LEAST_FLOWS = 20
MOST_UNUSABLE = 0.01


class Intake:
    """Counts what comes in, drops what cannot be, and says what is wrong with it all."""

    def __init__(self, *, paired: bool) -> None:
        self._paired = paired
        self._next: dict[str, int] = {}
        self._lost = 0
        self._steps = 0
        self._unusable = 0
        self._baseline_failed = 0
        self.flows = 0
        self.loaded = 0
        self.requests = 0

    def usable(self, event: Event) -> Event | None:
        """Return the event without what cannot be used; None: nothing of it can."""
        match event:
            case Flow():
                return self._flow(event)
            case Usage():
                told = (event.cpu, event.memory, event.quota)
                good = all(each is None or 0 <= each < math.inf for each in told)
                return event if good else None
            case Crash() | Tick():
                return event

    def _flow(self, flow: Flow) -> Flow | None:
        expected = self._next.get(flow.worker, 0)
        if flow.number < expected:
            self._lost += 1
            return None
        self._lost += flow.number - expected
        self._next[flow.worker] = flow.number + 1
        self.flows += 1
        self.loaded += flow.users > 1
        self.requests += flow.candidate_requests + flow.baseline_requests
        self._baseline_failed += flow.baseline_failed and self._paired
        self._steps += len(flow.steps)
        steps = tuple(step for step in flow.steps if _measured(step))
        if len(steps) == len(flow.steps):
            return flow
        self._unusable += len(flow.steps) - len(steps)
        return replace(flow, steps=steps)

    def trouble(self) -> tuple[str, str]:
        """Return why nothing can be said: one word, and a sentence; empty: it can."""
        failed = self._baseline_failed
        if self.flows == 0:
            return "too-few-flows", "no flow was told"
        if self._lost:
            lost = f"{self._lost} flows were lost on their way, or told out of order"
            return "samples-lost", lost
        if self._unusable > MOST_UNUSABLE * self._steps:
            said = f"{self._unusable} of {self._steps} latencies are no durations"
            return "clock-broken", said
        if self.flows >= LEAST_FLOWS and failed > UNSTABLE * self.flows:
            said = (
                f"the baseline is unstable: {failed} of {self.flows} flows failed on it"
            )
            return "baseline-unstable", said
        return "", ""


def _measured(step: Step) -> bool:
    candidate, baseline = step.candidate, step.baseline
    return 0 <= candidate < math.inf and (baseline is None or 0 <= baseline < math.inf)
