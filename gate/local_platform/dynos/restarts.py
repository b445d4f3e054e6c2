"""When dynos are started again: after a crash, ever later, and once a day."""

import asyncio
import random
from collections.abc import Callable

from gate.local_platform.dynos.dyno import Dyno
from gate.local_platform.timers import Timers


class Restarts:
    """One alarm a name: its dyno waits for daily cycling or, crashed, for a restart.

    Crashes are counted by name until a start lasts, or until they are forgiven.
    """

    def __init__(
        self,
        timers: Timers,
        revive: Callable[[Dyno], None],
        cycle: Callable[[Dyno], None],
    ) -> None:
        self._timers = timers
        self._revive = revive
        self._cycle = cycle
        self._crashes: dict[str, int] = {}
        self._alarms: dict[str, asyncio.TimerHandle] = {}

    def started(self, dyno: Dyno) -> None:
        """It will cycle after a day and a random while, so that not all do at once."""
        age = self._timers.cycle + random.random() * self._timers.cycle_spread
        self._set(dyno, age, self._cycle)

    def crashed(self, dyno: Dyno) -> None:
        """It restarts at once after a first crash, then after ever longer cool-offs."""
        now = asyncio.get_running_loop().time()
        was_up = now - dyno.up_since if dyno.up_since is not None else 0.0
        lasted = was_up >= self._timers.stable
        crashes = 1 if lasted else self._crashes.get(dyno.name, 0) + 1
        self._crashes[dyno.name] = crashes
        self._set(dyno, self._timers.restart_delay(crashes), self._revive)

    def left(self, name: str) -> None:
        """Its dyno is no longer in the formation."""
        if name in self._alarms:
            self._alarms.pop(name).cancel()

    def forgive(self, name: str) -> None:
        """The next crash under this name is a first one."""
        self._crashes.pop(name, None)

    def forgive_all(self) -> None:
        """The next crash of each is a first one."""
        self._crashes.clear()

    def _set(self, dyno: Dyno, delay: float, then: Callable[[Dyno], None]) -> None:
        self.left(dyno.name)
        loop = asyncio.get_running_loop()
        self._alarms[dyno.name] = loop.call_later(delay, then, dyno)
