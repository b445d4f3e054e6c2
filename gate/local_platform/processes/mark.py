"""A mark that everything started by a platform carries and cannot lose by accident.

The limit on file locks limits nothing since Linux 2.4.25 (setrlimit(2)), but a child
inherits it through fork and exec, into a new session and with an emptied environment,
and anybody of the same user can read it.  Its hard value names the platform's run,
its soft value the dyno.  Both are folders; a dyno's folder is never used twice.
"""

import contextlib
import hashlib
import os
import resource
from pathlib import Path

_LIMIT_ON_LOCKS = 10  # RLIMIT_LOCKS of <asm-generic/resource.h>
_IN_PROC = "Max file locks"
_BITS = 60
_RUN = 1 << _BITS  # so that every dyno's mark is below, as a soft limit must be


def carry_run(folder: Path) -> None:
    """Mark this process and all its descendants to come as those of a run.

    Inside another platform's dyno a limit may not be raised: then there is no mark.
    """
    mark = _RUN | of(folder)
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(_LIMIT_ON_LOCKS, (mark, mark))


def carry(mark: int) -> None:
    """Mark this process, between fork and exec, as one of a folder."""
    _, hard = resource.getrlimit(_LIMIT_ON_LOCKS)
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(_LIMIT_ON_LOCKS, (mark, hard))


def of(folder: Path) -> int:
    """The mark of a run's or a dyno's folder."""
    digest = hashlib.sha256(os.fsencode(folder)).digest()
    return int.from_bytes(digest[:8]) >> (64 - _BITS)


def carried_by(pid: int) -> int:
    """The mark of its dyno that a process of ours carries; 0 if it can carry none."""
    return _limits(pid)[0]


def is_carried(pid: int, mark: int) -> bool:
    """Whether a process of ours carries that mark; a zombie may as well."""
    soft, hard = _limits(pid)
    return mark == soft or (_RUN | mark) == hard


def _limits(pid: int) -> tuple[int, int]:
    """Soft and hard value, 0 if there are none; another user's are only in /proc."""
    try:
        return resource.prlimit(pid, _LIMIT_ON_LOCKS)
    except PermissionError:
        return _limits_of_another_user(pid)
    except (OSError, ValueError):
        return 0, 0


def _limits_of_another_user(pid: int) -> tuple[int, int]:
    """The same from proc(5), where everybody may read it."""
    try:
        lines = Path(f"/proc/{pid}/limits").read_text().splitlines()
    except OSError:
        return 0, 0
    values = next((li.split()[3:5] for li in lines if li.startswith(_IN_PROC)), [])
    soft, hard = (int(value) if value.isdigit() else 0 for value in values or ("", ""))
    return soft, hard
