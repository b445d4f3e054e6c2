"""The faults asked for, and which of them strikes now."""

import asyncio
import contextlib
import logging
import random
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from re import Pattern
from typing import Any, Final

from gate.local_platform import clock
from gate.local_platform.faults.kinds import Place
from gate.local_platform.faults.orders import Order, OrderRefused

MOST: Final = 200
_log = logging.getLogger(__name__)


@dataclass(eq=False, slots=True)
class Fault:
    """One order, and how often it struck; its dice are its own."""

    id: str
    order: Order
    pattern: Pattern[str]
    dice: random.Random
    created_at: str = field(default_factory=clock.now)
    struck: int = 0
    last: str | None = None
    cleared: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def kind(self) -> str:
        """What goes wrong."""
        return self.order.kind

    @property
    def seconds(self) -> float:
        """How long it takes, where time plays a part in it."""
        return self.order.seconds or 0.0

    @property
    def spent(self) -> bool:
        """Whether it struck as often as it should."""
        return 0 < self.order.times <= self.struck

    async def wait(self) -> bool:
        """Let its seconds pass; False, and at once, if it is cleared meanwhile."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self.seconds):
                await self.cleared.wait()
        return not self.cleared.is_set()

    def facts(self) -> dict[str, Any]:
        """Itself as JSON."""
        return self.order.facts() | {
            "id": self.id,
            "created_at": self.created_at,
            "struck": self.struck,
            "spent": self.spent,
            "last": self.last,
        }


class Faults:
    """All faults of one platform, in memory: a restart clears them.

    What strikes is decided by the orders, their seeds and the events, nothing else.
    """

    def __init__(self, say: Callable[[str], None] = _log.warning) -> None:
        self._say = say
        self._all: dict[str, Fault] = {}
        self._live: tuple[Fault, ...] = ()
        self._count = 0

    def add(self, order: Order) -> Fault:
        """One more fault; raises OrderRefused when there are too many.

        The oldest of those that are spent gives way.
        """
        if len(self._all) >= MOST:
            spent = next((fault for fault in self._all.values() if fault.spent), None)
            if spent is None:
                raise OrderRefused(f"{MOST} faults are enough: clear some first.")
            del self._all[spent.id]
        self._count += 1
        seed = random.getrandbits(32) if order.seed is None else order.seed
        order = replace(order, seed=seed)
        dice = random.Random(seed)
        fault = Fault(str(self._count), order, order.pattern(), dice)
        self._all[fault.id] = fault
        self._live = (*self._live, fault)
        self._say(f"fault {fault.id} asked for: {order}")
        return fault

    def all(self) -> list[Fault]:
        """All of them, oldest first, until they are cleared or spent ones gave way."""
        return list(self._all.values())

    def take(self, place: Place, *, app: str = "", on: str = "") -> Fault | None:
        """The fault that strikes this event, counted and told; mostly there is none.

        The oldest that fits strikes. One whose dice spare the event leaves it to the
        next.
        """
        for fault in self._live:
            if fault.order.place is place and self._strikes(fault, app, on):
                return fault
        return None

    def clear(self, id: str | None = None) -> list[Fault]:
        """Take back one fault, or all; returns those that were there."""
        cleared = [fault for fault in self.all() if id in (None, fault.id)]
        for fault in cleared:
            del self._all[fault.id]
            fault.cleared.set()
            self._say(f"fault {fault.id} ({fault.kind}) cleared")
        self._live = tuple(fault for fault in self._live if fault not in cleared)
        return cleared

    def _strikes(self, fault: Fault, app: str, on: str) -> bool:
        if not fault.pattern.fullmatch(f"{app}\n{on}"):
            return False
        if fault.dice.random() >= fault.order.probability:
            return False
        fault.struck += 1
        shown = f"{app} {on}".strip().encode("unicode_escape").decode()
        fault.last = f"{clock.now()} {shown}"
        of = f" of {fault.order.times}" if fault.order.times else ""
        self._say(
            f"fault {fault.id} ({fault.kind}) strikes {shown}, {fault.struck}{of}"
        )
        if fault.spent:
            self._live = tuple(other for other in self._live if other is not fault)
        return True
