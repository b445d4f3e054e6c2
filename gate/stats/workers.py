"""Whether each process that tells flows has told all of them, and still does."""

from dataclasses import dataclass

from gate.stats.events import Flow

SILENCE = 5.0
"""Seconds without a flow, while others tell some, from which on a worker is missed."""


@dataclass(slots=True)
class _Worker:
    """The number of its next flow, and the second in which it told the last one."""

    next: int = 0
    last: float = 0.0


class Workers:
    """The numbers that each worker gives its flows, and when it told the last one."""

    def __init__(self, awaited: int) -> None:
        self._awaited = awaited
        self._workers: dict[str, _Worker] = {}
        self._lost = 0

    def told(self, flow: Flow, now: float, *, timed: bool) -> bool:
        """Count a flow told at *now* seconds; false if it cannot be used."""
        worker = self._workers.get(flow.worker)
        if flow.number < (worker.next if worker else 0):
            self._lost += 1
            return False
        if worker is None:
            worker = self._workers[flow.worker] = _Worker()
        self._lost += flow.number - worker.next + (not timed)
        worker.next = flow.number + 1
        worker.last = now
        return timed

    def trouble(self, now: float) -> str:
        """Return what is missing, in words; empty: nothing is."""
        if self._lost:
            return f"{self._lost} flows were lost on their way, or told out of order"
        if len(self._workers) < self._awaited:
            return f"{len(self._workers)} of {self._awaited} workers told any flow"
        latest = max(worker.last for worker in self._workers.values())
        for name, worker in self._workers.items():
            if latest - worker.last > SILENCE:
                silent = now - worker.last
                return f"worker {name} has told no flow for {silent:.0f} seconds"
        return ""
