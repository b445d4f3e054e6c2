"""What one process of a load run has done so far: its lines, counts, slowest answers."""

import heapq
import json
from collections import defaultdict
from collections.abc import Mapping
from typing import Any, NamedTuple

from gate.suites.load.generator.turns import Turn, flow_of

IN_VAIN = 100
"""How many flows without any request show that the scenario makes none."""
FAILING_FLOWS, FAILING_SECONDS = 20, 3.0
"""So many flows for so long without a good one: there is nothing left to compare."""
SLOWEST, MOST_SLOWEST = 3, 60


class Ending(NamedTuple):
    """Why a load run ends: a word, and a sentence where it is no good end."""

    reason: str
    said: str = ""


class Tally:
    """Counts flows, and tells by each whether the run should end with it."""

    def __init__(self, worker: str, most_requests: int) -> None:
        self.worker = worker
        self.most_requests = most_requests
        self.flows = self.answered = self.requests = 0
        self._lines: list[str] = []
        self._without_request = 0
        self._failing = 0
        self._failing_since = 0.0
        self._slowest: dict[tuple[str, str], list[Any]] = defaultdict(list)

    def write(self, line: Mapping[str, object]) -> None:
        """Add a line for the stream."""
        self._lines.append(json.dumps(line, separators=(",", ":")))

    def take(self) -> list[str]:
        """Return the lines since it was last asked."""
        lines, self._lines = self._lines, []
        return lines

    def add(
        self, turns: Mapping[str, Turn], *, at: float, users: int, late: float
    ) -> Ending | None:
        """Note a flow that is done, and started *late* by so many seconds."""
        left = {turn.left for turn in turns.values()}
        if all(left):
            return Ending("elsewhere", elsewhere(*sorted(left)))
        flow = flow_of(turns)
        requests = flow["candidate_requests"] + flow["baseline_requests"]
        if not requests and not any(turn.raised for turn in turns.values()):
            self._without_request += 1
            return self._in_vain()
        places = {"number": self.flows, "users": users, "worker": self.worker}
        self.write({"kind": "flow", "at": at, **places, "late": round(late, 4), **flow})
        self.flows += 1
        self.answered += not any(turn.unanswered for turn in turns.values())
        self.requests += requests
        self._remember_slowest(turns)
        if self.requests >= self.most_requests:
            return Ending("requests")
        return self._only_failures(turns, at)

    def slowest(self) -> list[dict[str, Any]]:
        """Return the slowest good answers, a few of each arm and route at most."""
        every = (
            (ms, at, arm, route, name)
            for (arm, route), kept in self._slowest.items()
            for ms, at, name in kept
        )
        return [
            {"arm": arm, "route": route, "ms": ms, "at": at, "request_id": name}
            for ms, at, arm, route, name in heapq.nlargest(MOST_SLOWEST, every)
        ]

    def _remember_slowest(self, turns: Mapping[str, Turn]) -> None:
        for arm, turn in turns.items():
            for answer in turn.answers:
                if answer.error:
                    continue
                kept = self._slowest[arm, answer.route]
                told = (answer.ms, answer.at, answer.request_id)
                if len(kept) < SLOWEST:
                    heapq.heappush(kept, told)
                elif told > kept[0]:
                    heapq.heapreplace(kept, told)

    def _in_vain(self) -> Ending | None:
        if self.requests or self._without_request < IN_VAIN:
            return None
        return Ending("no requests", f"{IN_VAIN} flows made no request at all")

    def _only_failures(self, turns: Mapping[str, Turn], at: float) -> Ending | None:
        if not all(turn.failed for turn in turns.values()):
            self._failing = 0
            return None
        if not self._failing:
            self._failing_since = at
        self._failing += 1
        lasted = at - self._failing_since
        if self._failing < FAILING_FLOWS or lasted < FAILING_SECONDS:
            return None
        arm, said, _ = next(iter(turns.values())).errors()[-1]
        arms = " and ".join(turns)
        return Ending(
            "only failures",
            f"for {lasted:.0f} s every flow failed on {arms}: {said} ({arm})",
        )


def elsewhere(*hosts: str) -> str:
    """Return what is said when a run leaves its target."""
    return (
        f"the scenario asks {' and '.join(hosts)}, which was not asked:"
        " only the target may be loaded; use paths, not URLs of other hosts"
    )
