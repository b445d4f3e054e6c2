"""Preboot: the overlap in which old web dynos serve, unseen, beside the new ones.

As documented, traffic switches a fixed time after the release, so that the new dynos
have had their boot timeout: a release that does not come up is not found out, and
takes over all the same.  Only one that still boots at that moment is waited for.
"""

import asyncio
from collections.abc import Awaitable, Callable, Collection

from gate.local_platform.dynos.dyno import Dyno


class Preboot:
    """The old web dynos of one app that serve on, and the new ones that must wait."""

    def __init__(
        self,
        window: float,
        retire: Callable[[Dyno], None],
        changed: Callable[[], Awaitable[object]],
    ) -> None:
        self._window = window
        self._retire = retire
        self._changed = changed
        self._old: dict[str, Dyno] = {}
        self._new: set[Dyno] = set()
        self._switch: asyncio.Task[None] | None = None

    def old(self) -> list[Dyno]:
        """The dynos that serve although no list shows them any more."""
        return list(self._old.values())

    def serving(self, webs: Collection[Dyno]) -> list[Dyno]:
        """The old dynos, and those of the formation that need not wait."""
        return [*self._old.values(), *(dyno for dyno in webs if dyno not in self._new)]

    def keep(self, dyno: Dyno) -> None:
        """Let a dyno whose name is taken over serve until the switch."""
        self._old[dyno.name] = dyno
        if self._switch is None:
            self._switch = asyncio.create_task(self._switch_later())

    def begin(self, dyno: Dyno) -> None:
        """A web dyno was started: it gets no traffic before the switch, if there is one."""
        if self._old:
            self._new.add(dyno)

    def postpone(self) -> None:
        """Another release has begun: the window is its own."""
        if self._switch is not None:
            self._switch.cancel()
            self._switch = asyncio.create_task(self._switch_later())

    def limit(self, names: Collection[str]) -> None:
        """The app was scaled: old dynos of other names go at once."""
        for name in set(self._old) - set(names):
            self._retire(self._old.pop(name))
        self._end_if_alone()

    def lose(self, dyno: Dyno) -> None:
        """A dyno ended; an old one is not restarted, and the last one ends the overlap."""
        if self._old.get(dyno.name) is dyno:
            del self._old[dyno.name]
            self._end_if_alone()

    def end(self) -> None:
        """Switch now: the new dynos serve, the old ones stop."""
        self.limit(())

    def _end_if_alone(self) -> None:
        if self._old:
            return
        self._new.clear()
        if self._switch is not None:
            self._switch.cancel()
            self._switch = None

    async def _switch_later(self) -> None:
        await asyncio.sleep(self._window)
        while any(d.state == "starting" and not d.stopping for d in self._new):
            await self._changed()
        self._switch = None
        self.end()
