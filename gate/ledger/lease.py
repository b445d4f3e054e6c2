"""One run at a time on this machine: politeness; production's version is the fence."""

import fcntl
import os
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from gate.errors import LeaseHeld, StateDamaged

MOMENT = 0.5
"""Seconds for a new holder to say who it is."""
LONGEST_NAME = 200  # bytes


@contextmanager
def lease(path: Path, *, holder: str) -> Iterator[None]:
    """Hold the lease at *path*; the kernel frees it whatever becomes of us.

    Raises LeaseHeld, naming the holder, when another run has it; StateDamaged where
    there can be no such file.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        descriptor = _locked(path)
    except OSError as error:
        raise StateDamaged(
            f"the lease {path} cannot be taken",
            why=error.strerror or str(error),
            advice="make room for it, make its folder writable, or move it away",
        ) from error
    try:
        _name(descriptor, f"{holder} (process {os.getpid()})\n")
        yield
    finally:
        _name(descriptor, "")
        os.close(descriptor)


def holder_of(path: Path) -> str:
    """Return who holds the lease at *path* now; empty: nobody, or it cannot be known.

    A killed holder leaves its name in the file, so the lock is tried; where there is no
    name it is not, for whoever takes it at this moment would be refused.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
    except OSError:
        return ""
    name = ""
    try:
        name = _name_in(descriptor)
        if name:
            fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return name
    except OSError:
        return ""
    finally:
        os.close(descriptor)
    return ""


def _locked(path: Path) -> int:
    """Return a descriptor that holds the lock of the very file that is at *path*."""
    flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
    while True:
        descriptor = os.open(path, flags, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if _is_at(descriptor, path):
                return descriptor
        except BlockingIOError:
            other = _named(descriptor)
            os.close(descriptor)
            raise held("here", other) from None
        except BaseException:
            os.close(descriptor)
            raise
        # Removed or replaced between opening and locking: others would lock another.
        os.close(descriptor)


def _is_at(descriptor: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(descriptor), path.stat(follow_symlinks=False))
    except FileNotFoundError:
        return False


def _name(descriptor: int, holder: str) -> None:
    with suppress(OSError):  # a full disk: it is held all the same, without a name
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, holder.encode(), 0)


def _named(descriptor: int) -> str:
    """Return who holds it; whoever has just taken it says so within a moment."""
    end = time.monotonic() + MOMENT
    while True:
        name = _name_in(descriptor)
        if name or time.monotonic() > end:
            return name
        time.sleep(MOMENT / 50)


def _name_in(descriptor: int) -> str:
    return os.pread(descriptor, LONGEST_NAME, 0).decode(errors="replace").strip()


def on_this_machine(holder: str, when: str) -> str:
    """Return the name of a holder where others see it from other machines."""
    return f"{holder} on {socket.gethostname()} (process {os.getpid()}, {when})"


def held(where: str, other: str) -> LeaseHeld:
    """Return that *other* has the lease that is kept *where*."""
    return LeaseHeld(
        f"another run of the gate is under way {where}",
        why=other or "its holder did not say who it is",
        advice="wait for it to end, then try again",
    )
