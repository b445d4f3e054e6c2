"""Which PostgreSQL is installed here."""

import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

_PROGRAMS = ("initdb", "postgres", "psql")
_PACKAGED = Path("/usr/lib/postgresql")  # Debian keeps one folder for each version


class AddOnError(Exception):
    """An add-on cannot be had; says why, for a person."""


class NotInstalled(AddOnError):
    """There is no PostgreSQL on this machine."""


def programs(path: str | None = None, packaged: Path = _PACKAGED) -> Path:
    """The folder of a whole PostgreSQL: the one on PATH, else the newest packaged.

    Raises NotInstalled when there is none.
    """
    for folder in _candidates(path or os.environ.get("PATH", ""), packaged):
        if all(os.access(folder / name, os.X_OK) for name in _PROGRAMS):
            return folder
    raise NotInstalled(
        "PostgreSQL is not installed on this machine: there is no initdb, postgres "
        f"and psql on the PATH or in {packaged}/*/bin. "
        "Install it (Debian, Ubuntu: apt-get install postgresql), then try again"
    )


def _candidates(path: str, packaged: Path) -> Iterator[Path]:
    found = shutil.which("initdb", path=path)
    if found is not None:
        yield Path(found).resolve().parent  # beside the others, wherever a link is
    yield from sorted(packaged.glob("*/bin"), key=_version, reverse=True)


def _version(folder: Path) -> list[int]:
    return [int(number) for number in re.findall(r"\d+", folder.parent.name)]
