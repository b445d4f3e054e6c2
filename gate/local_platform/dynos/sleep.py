"""Eco dynos sleep after half an hour without web traffic."""

import asyncio
from collections.abc import Callable


class Sleep:
    """Knows when an app was last visited, and says when it may sleep."""

    def __init__(self, after: float, fall_asleep: Callable[[], None]) -> None:
        self._after = after
        self._fall_asleep = fall_asleep
        self._visited = 0.0
        self._alarm: asyncio.TimerHandle | None = None

    def visit(self) -> None:
        """A request came."""
        self._visited = asyncio.get_running_loop().time()

    def begin(self) -> None:
        """A dyno that may sleep was started, which counts as a visit."""
        self.visit()
        self.end()
        self._wait(self._after)

    def end(self) -> None:
        """Nobody sleeps any more."""
        if self._alarm is not None:
            self._alarm.cancel()
            self._alarm = None

    def _wait(self, seconds: float) -> None:
        self._alarm = asyncio.get_running_loop().call_later(seconds, self._look)

    def _look(self) -> None:
        rest = self._visited + self._after - asyncio.get_running_loop().time()
        if rest > 0:
            self._wait(rest)
        else:
            self._alarm = None
            self._fall_asleep()
