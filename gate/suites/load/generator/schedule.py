"""When flows are meant to start under load: an open schedule that nobody slows down."""

import random
from collections.abc import Iterator

SHARE = 0.5
PROBE_SECONDS, PROBE_PATIENCE = 1.0, 3.0
PROBE_FLOWS = 10


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
