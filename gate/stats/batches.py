"""When a batch of flows is long enough to be one number."""

from gate.stats.events import Flow

WARM_UP_FLOWS = 50
WARM_UP_SECONDS = 2.0
CHANGE_SECONDS = 0.5
SERIAL_SECONDS = 0.04
CONCURRENT_SECONDS = 0.25
FLOWS_PER_USER = 8


class WarmUp:
    """The first flows of a run, and of each new number of users, are not compared.

    The first 50 flows or 2 s, whichever ends first; after a change of the number of
    users the first 8 per user or half a second. A cold candidate is not a slow one.
    """

    __slots__ = ("_left", "_until", "users")

    def __init__(self) -> None:
        self.users = 0
        self._left = 0
        self._until = 0.0

    def takes(self, flow: Flow, now: float) -> bool:
        """Whether this flow only warms up; *now* is in seconds that never step back."""
        if flow.users != self.users:
            first = self.users == 0
            self.users = flow.users
            self._left = WARM_UP_FLOWS if first else FLOWS_PER_USER * flow.users
            self._until = now + (WARM_UP_SECONDS if first else CHANGE_SECONDS)
        if self._left > 0 and now < self._until:
            self._left -= 1
            return True
        self._left = 0
        return False


class Batch:
    """How long the batch under way is: flows, and seconds since the last one ended.

    One user: at least one flow and 40 ms; N users: 8N flows and 250 ms, because their
    flows share queues. *least* is a smallest number of flows beyond that. *began_at* is
    the time of its first flow, as that flow tells it.
    """

    __slots__ = ("_began", "_flows", "_least", "began_at")

    def __init__(self, least: int = 1) -> None:
        self._least = least
        self._flows = 0
        self._began: float | None = None
        self.began_at = 0.0

    def restart(self, now: float) -> None:
        """Begin again with nothing."""
        self._flows = 0
        self._began = now

    def full(self, flow: Flow, now: float) -> bool:
        """Count one more flow and return whether the batch is complete with it."""
        if self._flows == 0:
            self.began_at = flow.at
        if self._began is None:
            self._began = now
        self._flows += 1
        serial = flow.users <= 1
        if now - self._began < (SERIAL_SECONDS if serial else CONCURRENT_SECONDS):
            return False
        if self._flows < max(1 if serial else FLOWS_PER_USER * flow.users, self._least):
            return False
        self.restart(now)
        return True
