"""How long either side may keep a request waiting."""

import asyncio
from typing import Self

from gate.local_platform.router import router_errors
from gate.local_platform.router.router_errors import Code, Refusal
from gate.local_platform.timers import Timers


class Patience:
    """One deadline at a time for one exchange, moved on by each sign of life.

    `late` is the code of what is waited for now.  Used as an asynchronous context
    manager, it raises Refusal by that code when the deadline passes.
    """

    def __init__(self, timers: Timers) -> None:
        self.late: Code = router_errors.REQUEST_TIMEOUT
        self._timers = timers
        self._loop = asyncio.get_running_loop()
        self._timeout = asyncio.timeout(None)
        self._until = 0.0
        self._alarm: asyncio.TimerHandle | None = None

    async def __aenter__(self) -> Self:
        await self._timeout.__aenter__()
        return self

    async def __aexit__(self, *error: object) -> None:
        if self._alarm is not None:
            self._alarm.cancel()
        try:
            await self._timeout.__aexit__(*error)  # type: ignore[arg-type]
        except TimeoutError:
            raise Refusal(self.late) from None

    def first_byte(self) -> None:
        """From now on the dyno has its time for the first byte (H12)."""
        self._wait(router_errors.REQUEST_TIMEOUT, self._timers.first_byte)

    def idle(self, late: Code) -> None:
        """There was a byte: the idle window starts again."""
        self._wait(late, self._timers.idle)

    def _wait(self, late: Code, seconds: float) -> None:
        """A later deadline is cheap: the alarm rings at the old one and is set again."""
        self.late = late
        self._until = until = self._loop.time() + seconds
        if self._alarm is None or until < self._alarm.when():
            if self._alarm is not None:
                self._alarm.cancel()
            self._alarm = self._loop.call_at(until, self._ring)

    def _ring(self) -> None:
        if self._loop.time() < self._until:
            self._alarm = self._loop.call_at(self._until, self._ring)
        else:
            self._timeout.reschedule(self._until)
