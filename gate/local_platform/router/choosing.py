"""Which web dyno serves a request: waiting, limits and quarantine."""

import asyncio
import random
from collections import Counter
from typing import Final

from gate.local_platform.dynos.dyno import Dyno
from gate.local_platform.dynos.formation import Formation
from gate.local_platform.router import router_errors
from gate.local_platform.router.router_errors import Refusal
from gate.local_platform.timers import Timers

ACTIVE_PER_DYNO: Final = 50
BACKLOG_PER_DYNO: Final = 50
MOST_TRIES: Final = 10


class Choice:
    """The dynos of an app as its router sees them; numbers are Heroku's."""

    def __init__(self, timers: Timers, formation: Formation) -> None:
        self._timers = timers
        self._formation = formation
        self._active: Counter[str] = Counter()
        self._quarantine: dict[str, float] = {}
        self._waiting = 0
        self._freed = asyncio.Event()

    async def take(self) -> Dyno:
        """A random dyno that is up and has room; it is the caller's until `free`.

        Waits for one that boots (H20), that has room, or whose quarantine ends.
        Raises Refusal.
        """
        dyno = self._pick()
        if dyno is None:
            dyno = await self._wait()
        self._active[dyno.id] += 1
        return dyno

    def free(self, dyno: Dyno) -> None:
        """The request is over, or went elsewhere."""
        self._active[dyno.id] -= 1
        if not self._active[dyno.id]:
            del self._active[dyno.id]
        if self._waiting:
            self._freed.set()

    def quarantine(self, dyno: Dyno) -> bool:
        """It could not be reached: spare it for a while; False if it is the only one."""
        until = asyncio.get_running_loop().time() + self._timers.quarantine
        self._quarantine[dyno.id] = until
        return sum(other.state == "up" for other in self._formation.serving()) > 1

    def _pick(self) -> Dyno | None:
        """One that can serve now, or None if it is worth waiting; raises Refusal."""
        webs = self._formation.serving()
        up = [dyno for dyno in webs if dyno.state == "up"]
        if not up:
            if not webs:
                raise Refusal(router_errors.NO_WEB)
            if all(dyno.state == "crashed" for dyno in webs):
                raise Refusal(router_errors.CRASHED)
            return None
        if self._quarantine and len(up) > 1:
            up = self._healthy(up)
        free = [dyno for dyno in up if self._active[dyno.id] < ACTIVE_PER_DYNO]
        if free:
            return random.choice(free)
        if up and self._waiting >= BACKLOG_PER_DYNO * len(webs):
            raise Refusal(router_errors.BACKLOG)
        return None

    def _healthy(self, up: list[Dyno]) -> list[Dyno]:
        now = asyncio.get_running_loop().time()
        self._quarantine = {k: v for k, v in self._quarantine.items() if v > now}
        return [dyno for dyno in up if dyno.id not in self._quarantine]

    async def _wait(self) -> Dyno:
        self._waiting += 1
        try:
            async with asyncio.timeout(self._timers.hold):
                while True:
                    await self._change()
                    dyno = self._pick_again()
                    if dyno is not None:
                        return dyno
        except TimeoutError:
            raise Refusal(self._reason()) from None
        finally:
            self._waiting -= 1

    def _pick_again(self) -> Dyno | None:
        """Who waits already is not one too many."""
        self._waiting -= 1
        try:
            return self._pick()
        finally:
            self._waiting += 1

    def _reason(self) -> router_errors.Code:
        up = [d for d in self._formation.serving() if d.state == "up"]
        if not up:
            return router_errors.BOOT_TIMEOUT
        if len(up) > 1 and not self._healthy(up):
            return router_errors.QUARANTINED
        return router_errors.BACKLOG

    async def _change(self) -> None:
        """A dyno changed its state, has room again or left its quarantine."""
        self._freed.clear()
        now = asyncio.get_running_loop().time()
        ends = min((t for t in self._quarantine.values() if t > now), default=None)
        causes = [
            asyncio.ensure_future(work)
            for work in (self._formation.changed(), self._freed.wait())
        ]
        try:
            await asyncio.wait(
                causes,
                timeout=None if ends is None else ends - now + 0.001,
                return_when=asyncio.FIRST_COMPLETED,
            )
        finally:
            for cause in causes:
                cause.cancel()
