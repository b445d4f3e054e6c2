"""Being told to stop: the first signal lets the gate settle, the second ends it at once.

SIGINT and SIGTERM raise KeyboardInterrupt in the main thread. What must not be broken off
half-way holds that back (`held_back`): a request and the record of its answer, the end of
a child. Nothing does so for long: a CI runner that cancels a job sends SIGINT, after 7.5 s
SIGTERM, and 2.5 s later ends everything.
"""

import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType
from typing import Final

HELD: Final = 4.0
"""Seconds that an interrupt is held back at most; one that was lost comes again then."""
SETTLE: Final = 9.0
"""Seconds from the first signal to the end of this process, settled or not."""
LAST_WORDS: Final = b"gate: ended before it had settled; see: python -m gate status\n"


@dataclass
class _Heard:
    """What this process was told, and how many blocks hold it back."""

    told: bool = False
    raised: bool = False
    again: bool = False
    blocks: int = 0


_heard = _Heard()


def listen(at_last: Callable[[], None]) -> None:
    """Hear SIGINT and SIGTERM from now on; only the main thread can say so.

    *at_last* is called right before this process ends without having settled. A SIGINT
    that is ignored, as in a job in the background of a script, stays so.
    """
    global _heard  # noqa: PLW0603 - signals are the process's own
    _heard = _Heard()

    def leave() -> None:
        at_last()
        os.write(2, LAST_WORDS)
        os._exit(128 + signal.SIGINT)

    def hear(_number: int, _frame: FrameType | None) -> None:
        if _heard.told:
            leave()
        _heard.told = True
        signal.setitimer(signal.ITIMER_REAL, HELD)
        if not _heard.blocks:
            _interrupt()

    def lose_patience(_number: int, _frame: FrameType | None) -> None:
        if _heard.again:
            leave()
        _heard.again = True
        signal.setitimer(signal.ITIMER_REAL, SETTLE - HELD)
        _interrupt()

    signal.signal(signal.SIGALRM, lose_patience)
    for number in (signal.SIGINT, signal.SIGTERM):
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, hear)


def settled() -> bool:
    """Return whether this process was told to stop; it has settled, and is ending."""
    if _heard.told:
        signal.setitimer(signal.ITIMER_REAL, 0)
    return _heard.told


def out_of_patience() -> bool:
    """Return whether an interrupt has come again: nothing new is to be begun."""
    return _heard.again


@contextmanager
def held_back() -> Iterator[None]:
    """Let what is within come to its end; an interrupt that came meanwhile follows it.

    An error from within comes first. Other threads than the main one are never
    interrupted.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    _heard.blocks += 1
    try:
        yield
    finally:
        _heard.blocks -= 1
    if _heard.told and not _heard.raised and not _heard.blocks:
        _interrupt()


def _interrupt() -> None:
    _heard.raised = True
    raise KeyboardInterrupt
