"""Who runs PostgreSQL here, and where its data lie.

PostgreSQL refuses to run as root, and another user cannot reach the platform's folder,
which is closed to all but its owner, as are many folders above it.  So root's data lie
outside: in a folder of TMPDIR or /var/tmp that the state records, and that goes with
the last add-on.
"""

import contextlib
import os
import pwd
import stat
import tempfile
from dataclasses import dataclass
from pathlib import Path

from gate.local_platform.addons.installation import AddOnError

_UNPRIVILEGED = ("postgres", "nobody")
_PREFIX = "gate-postgresql-"


@dataclass(frozen=True, slots=True)
class Residence:
    """A folder of ours, with a folder `data` in it that belongs to `user`."""

    folder: Path
    user: int
    group: int


def found(home: Path) -> Residence:
    """Make an empty residence; raises AddOnError when there can be none."""
    user, group = os.geteuid(), os.getegid()
    if user != 0:
        folder = Path(tempfile.mkdtemp(prefix="postgresql-", dir=home))
    else:
        user, group = _unprivileged()
        folder = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=_within_reach()))
        folder.chmod(0o711)  # others pass through, to `data` alone
    data = folder / "data"
    data.mkdir(mode=0o700)
    if user != os.geteuid():
        os.chown(data, user, group)
    return Residence(folder, user, group)


def _unprivileged() -> tuple[int, int]:
    for name in _UNPRIVILEGED:
        with contextlib.suppress(KeyError):
            entry = pwd.getpwnam(name)
            return entry.pw_uid, entry.pw_gid
    raise AddOnError(
        "PostgreSQL refuses to run as root, and this machine has neither a user "
        "postgres nor nobody. Create one, or run the platform as another user"
    )


def _within_reach() -> Path:
    """A folder for temporary files that every user may pass through."""
    asked = os.environ.get("TMPDIR")
    for folder in (*([Path(asked)] if asked else []), Path("/var/tmp"), Path("/tmp")):  # noqa: S108
        place = folder.resolve()
        if place.is_dir() and all(map(_is_open, (place, *place.parents))):
            return place
    raise AddOnError(
        "PostgreSQL refuses to run as root, and no folder for temporary files is open "
        "to another user. Name one with TMPDIR, or run the platform as another user"
    )


def _is_open(folder: Path) -> bool:
    return bool(folder.stat().st_mode & stat.S_IXOTH)
