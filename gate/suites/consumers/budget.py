"""How many requests may still be drawn, and for how long."""

import time
from collections.abc import Callable


class Spent(BaseException):
    """Nothing more may be sent; no error, so that nobody takes it for one."""


class Budget:
    """At most *requests*, within *seconds* from now."""

    def __init__(
        self, requests: int, seconds: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._clock = clock
        self._began = clock()
        self._seconds = seconds
        self._ends = self._began + seconds
        self._stops = requests
        self.requests = requests
        self.sent = 0

    @property
    def left(self) -> int:
        """How many requests are left of all."""
        return self.requests - self.sent

    @property
    def late(self) -> bool:
        """Whether the time of the present part is up."""
        return self._clock() >= self._ends

    def allow(self, requests: int, share: float, among: int = 1) -> None:
        """Begin a part: so many requests, until this share of all time is over.

        Where it is one of several parts *among* which that time is split, it gets its
        part of what is left of it.
        """
        now = self._clock()
        left = max(0.0, self._began + self._seconds * share - now)
        self._ends = now + left / among
        self._stops = min(self.requests, self.sent + requests)

    def spend(self) -> None:
        """Count a request; raises Spent when it may not be sent."""
        if self.sent >= self._stops or self.late:
            raise Spent
        self.sent += 1
