"""When flows are meant to start under load: an open schedule that no answer slows down."""

import random
from collections import deque
from collections.abc import Iterator

SHARE = 0.5
PROBE_SECONDS, PROBE_PATIENCE = 1.0, 3.0
PROBE_FLOWS = 10
LATE_SECONDS = 0.1
TOO_LATE = 0.05
"""The share of late flows from which on the load is thinner than meant."""
LATE_FLOWS = 10


def bearable(flows: int, seconds: float) -> float | None:
    """Return how many flows a second can be borne; None: too early to say.

    *flows* were answered in *seconds* by drivers that began each as soon as the one before
    was done. That is the most that generator, routers, apps and whatever else this
    machine does allow; a part of it leaves room, so that nothing queues up by itself.
    """
    enough = seconds >= PROBE_SECONDS and flows >= PROBE_FLOWS
    if not flows or (not enough and seconds < PROBE_PATIENCE):
        return None
    return SHARE * flows / seconds


def starts(rate: float, began: float, dice: random.Random) -> Iterator[float]:
    """Yield times to start, *rate* a second on average from *began* on.

    The spacing is drawn between half and one and a half of the mean: never in step with
    anything periodic, and without the bursts of a Poisson process, whose queues would
    say more about the dice than about the release.
    """
    at = began + dice.random() / rate
    while True:
        yield at
        at += dice.uniform(0.5, 1.5) / rate


class Schedule:
    """The starts of one process's flows, and how many of them were late.

    *rate* is in flows a second; *began* and all times are seconds of one clock. A rate
    that was *asked* for is kept, come what may. One that was found by probing told what
    could be borne then: where there is less left later, it is lowered to what is, from
    that moment on, and the count of the late begins anew.
    """

    def __init__(
        self, rate: float, began: float, dice: random.Random, *, asked: bool
    ) -> None:
        self.rate, self.asked = rate, asked
        self._dice = dice
        self._begin(began)

    def _begin(self, began: float) -> None:
        self._began = began
        self._starts = starts(self.rate, began, self._dice)
        self._punctual = self._late = self._owed = 0
        self._late_at: deque[float] = deque(maxlen=LATE_FLOWS)

    def draw(self) -> float:
        """Return when the next flow is to start."""
        return next(self._starts)

    def start(self, due: float, now: float) -> float:
        """Note that the flow that was *due* starts *now*; return by how much it is late.

        A flow of a schedule that was given up is not counted.
        """
        behind = max(now - due, 0.0)
        if due >= self._began:
            late = behind > LATE_SECONDS
            self._late += late
            self._punctual += not late
            self._owed = int(behind * self.rate) if late else 0
            if late:
                self._late_at.append(now)
        if not self.asked and self._too_late():
            borne = LATE_FLOWS / max(now - self._late_at[0], 1e-6)
            self.rate = SHARE * min(self.rate, borne)
            self._begin(now)
        return behind

    def _too_late(self) -> bool:
        full = len(self._late_at) == LATE_FLOWS
        return full and self.late > TOO_LATE * self.meant

    @property
    def late(self) -> int:
        """How many flows started late, or are due and have not started."""
        return self._late + self._owed

    @property
    def meant(self) -> int:
        """How many flows were meant to have started."""
        return self._punctual + self.late
