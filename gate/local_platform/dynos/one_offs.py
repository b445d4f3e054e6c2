"""Dynos outside the formation: `run` and `release`, never restarted."""

import asyncio
import random
from collections.abc import Callable, Coroutine
from typing import Any

from gate.local_platform.dynos.dyno import Dyno
from gate.local_platform.dynos.launcher import Launcher
from gate.local_platform.state import Release, Slug

_NUMBERS = range(1_000, 10_000)


class OneOffs:
    """The one-off dynos of one app that have not ended yet."""

    def __init__(
        self, launcher: Launcher, spawn: Callable[[Coroutine[Any, Any, None]], None]
    ) -> None:
        self._launcher = launcher
        self._spawn = spawn
        self._dynos: dict[str, Dyno] = {}

    def dynos(self) -> list[Dyno]:
        """All of them."""
        return list(self._dynos.values())

    def __contains__(self, dyno: Dyno) -> bool:
        return self._dynos.get(dyno.name) is dyno

    def start(
        self,
        type: str,
        command: str,
        release: Release,
        slug: Slug,
        *,
        lifetime: float,
        size: str | None = None,
        printed: Callable[[str], None] | None = None,
    ) -> Dyno:
        """Run a command once; it is stopped when it still runs after *lifetime*."""
        names = (f"{type}.{n}" for n in random.sample(_NUMBERS, len(_NUMBERS)))
        name = next(name for name in names if name not in self._dynos)
        dyno = self._launcher.dyno(
            name, command, release, slug, size=size, printed=printed
        )
        self._dynos[name] = dyno
        self._spawn(self._run(dyno, lifetime))
        return dyno

    def stop(self) -> None:
        """Stop all of them."""
        for dyno in self._dynos.values():
            self._spawn(dyno.stop())

    async def _run(self, dyno: Dyno, lifetime: float) -> None:
        loop = asyncio.get_running_loop()
        end = loop.call_later(lifetime, lambda: self._spawn(dyno.stop()))
        try:
            await self._launcher.run(dyno)
        finally:
            end.cancel()
            del self._dynos[dyno.name]
