"""Die when the parent dies: Linux's PR_SET_PDEATHSIG, set between fork and exec."""

import ctypes
import os
import signal
from collections.abc import Callable
from pathlib import Path

from gate.local_platform.processes import mark

_PR_SET_PDEATHSIG = 1
_PR_SET_DUMPABLE = 4
_libc = ctypes.CDLL(None, use_errno=True)


def with_parent(folder: Path | None = None) -> Callable[[], None]:
    """For a child to call before exec: SIGKILL it when this process ends.

    It and its descendants carry the mark of a folder, if one is given.
    """
    parent = os.getpid()
    marked = mark.of(folder) if folder else None

    def ask_for_death_signal() -> None:
        _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:  # it died before we asked
            os.kill(os.getpid(), signal.SIGKILL)
        if marked is not None:
            mark.carry(marked)

    return ask_for_death_signal


def hide_memory() -> None:
    """Keep other processes of the same user out of our /proc/self/mem and environ."""
    _libc.prctl(_PR_SET_DUMPABLE, 0)
