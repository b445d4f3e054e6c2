"""Whether each process that tells flows has told all of them, and still does."""

from gate.stats.events import Flow

SILENCE = 5.0
"""Seconds without a flow, while others tell some, from which on a worker is missed."""


class Workers:
    """The numbers that each worker gives its flows, and when it told the last one."""

    def __init__(self, awaited: int) -> None:
        self._awaited = awaited
        self._next: dict[str, int] = {}
        self._last: dict[str, float] = {}
        self._lost = 0

    def told(self, flow: Flow, now: float, *, timed: bool) -> bool:
        """Count a flow told at *now* seconds; false if it cannot be used."""
        expected = self._next.get(flow.worker, 0)
        if flow.number < expected:
            self._lost += 1
            return False
        self._lost += flow.number - expected + (not timed)
        self._next[flow.worker] = flow.number + 1
        self._last[flow.worker] = now
        return timed

    def trouble(self, now: float) -> str:
        """Return what is missing, in words; empty: nothing is."""
        if self._lost:
            return f"{self._lost} flows were lost on their way, or told out of order"
        if len(self._last) < self._awaited:
            return f"{len(self._last)} of {self._awaited} workers told any flow"
        latest = max(self._last.values())
        for worker, last in self._last.items():
            if latest - last > SILENCE:
                return f"worker {worker} has told no flow for {now - last:.0f} seconds"
        return ""
