"""A child that does not outlive the gate, however that ends.

What the gate starts has a process group of its own, so that it can be ended as a whole;
but a gate that is killed ends nothing any more. So a child that may run for long looks
whether its parent is still there, and else ends its group with itself.
"""

import os
import signal
import threading
from types import FrameType
from typing import Final

from gate.suites.child_process import PARENT, end_children

LOOK: Final = 0.25


def end_with_parent() -> None:
    """Have this process end with whoever started it, and with it whatever it started.

    SIGTERM ends it likewise, until something else is made of that signal. To be called
    in the main thread of a child of `gate.suites.child_process`; in any other process
    nothing happens.
    """
    parent = os.environ.pop(PARENT, "")
    if not parent or os.getpgrp() != os.getpid():
        return
    signal.signal(signal.SIGTERM, _end)
    watch = threading.Thread(
        target=_look, args=(int(parent), os.getpid()), name="parent", daemon=True
    )
    watch.start()


def _look(parent: int, own: int) -> None:
    pause = threading.Event()
    while os.getppid() == parent:
        pause.wait(LOOK)
    if os.getpid() == own:  # and not a fork, which has another parent
        _end()


def _end(_number: int = 0, _frame: FrameType | None = None) -> None:
    end_children(signal.SIGKILL)
    os.killpg(os.getpgrp(), signal.SIGKILL)
