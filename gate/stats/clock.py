"""Time that only goes forward, whatever the clocks of those who tell it do."""

from dataclasses import dataclass

LARGEST_GAP = 10.0


@dataclass(slots=True)
class Moment:
    """What all comparisons see of the run: its seconds, and whether it only warms up.

    *now* never steps back. While *warm*, latencies and CPU time are not compared.
    """

    now: float = 0.0
    warm: bool = True


class Clock:
    """Seconds of the run, from the times that events tell.

    Small steps back (two workers) add nothing. A larger step than ten seconds, either
    way, is a clock that was set, or a pause in which nothing was seen: time goes on
    from there and that step is not counted. *set_back* counts those backwards.
    """

    __slots__ = ("_last", "at", "elapsed", "set_back")

    def __init__(self) -> None:
        self._last: float | None = None
        self.elapsed = 0.0
        self.at = 0.0
        self.set_back = 0

    def tell(self, at: float) -> None:
        """Move to *at*, a finite number."""
        if self._last is None:
            self._last = 0.0 if 0 <= at <= LARGEST_GAP else at
        self.at = at
        step = at - self._last
        if 0 <= step <= LARGEST_GAP:
            self.elapsed += step
            self._last = at
        elif abs(step) > LARGEST_GAP:
            self.set_back += step < 0
            self._last = at
