"""Whether each arm still answers, so that a run on something dead ends soon."""

from gate.stats.events import BASELINE, CANDIDATE, Arm, Flow

DEAD = 5.0
DEAD_FLOWS = 20
"""An arm is dead when all flows of so many seconds failed, and there were so many."""


class Pulse:
    """When each arm was last seen alive; times in seconds since the load began."""

    def __init__(self) -> None:
        self._heard = 0.0
        self._well: dict[Arm, float] = {CANDIDATE: 0.0, BASELINE: 0.0}
        self._failed: dict[Arm, int] = {CANDIDATE: 0, BASELINE: 0}

    def take(self, flow: Flow) -> None:
        """Take in a flow that ended."""
        self._heard = max(self._heard, flow.at)
        self._note(CANDIDATE, flow.at, failed=flow.candidate_failed)
        self._note(BASELINE, flow.at, failed=flow.baseline_failed)

    def _note(self, arm: Arm, at: float, *, failed: bool) -> None:
        self._failed[arm] = self._failed[arm] + 1 if failed else 0
        if not failed:
            self._well[arm] = max(self._well[arm], at)

    @property
    def stopped(self) -> str:
        """Say which arm answers no longer; empty: both do."""
        for arm, failed in self._failed.items():
            if failed >= DEAD_FLOWS and self._heard - self._well[arm] > DEAD:
                return (
                    f"the {arm} answered nothing well any more: {failed} flows failed"
                )
        return ""
