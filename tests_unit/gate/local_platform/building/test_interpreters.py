"""Which Python an app asks for."""

import asyncio
from pathlib import Path

import pytest

from gate.local_platform.building.commands import BuildError
from gate.local_platform.building.interpreters import (
    RUNNING,
    Installed,
    Interpreter,
    Request,
    choose,
    requested,
)


class Here(Installed):
    """A machine that has certain Pythons."""

    async def all(self) -> list[Interpreter]:
        """They, newest first."""
        return [Interpreter("/a", "9.8.7"), Interpreter("/b", "9.7.1")]


@pytest.mark.parametrize(
    ("files", "version", "file"),
    [
        ({".python-version": "3.12"}, "3.12", ".python-version"),
        (
            {".python-version": "# ours\r\n\r\n 3.12.4 \r\n"},
            "3.12.4",
            ".python-version",
        ),
        ({"runtime.txt": "python-3.11.9\n"}, "3.11.9", "runtime.txt"),
        ({"runtime.txt": "python-3.9", ".python-version": "x"}, "3.9", "runtime.txt"),
    ],
)
def test_a_version_is_read_as_herokus_buildpack_reads_it(
    tmp_path: Path, files: dict[str, str], version: str, file: str
) -> None:
    """Comments and empty lines aside; runtime.txt comes first."""
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    assert requested(tmp_path) == Request(version, file)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        (".python-version", ""),
        (".python-version", "python-3.12"),
        (".python-version", "3.12\n3.11"),
        (".python-version", "pypy3.10"),
        ("runtime.txt", "3.12"),
        ("runtime.txt", "# why\npython-3.12"),
    ],
)
def test_what_heroku_could_not_read_is_refused(
    tmp_path: Path, name: str, text: str
) -> None:
    """The file is named, and what it should say."""
    (tmp_path / name).write_text(text)
    with pytest.raises(BuildError, match=rf"{name} says .* must hold one version"):
        requested(tmp_path)


@pytest.mark.parametrize(
    ("wanted", "used", "warning"),
    [
        ("", RUNNING.version, ""),
        (RUNNING.minor, RUNNING.version, ""),
        ("9.7", "9.7.1", ""),
        ("9.7.1", "9.7.1", ""),
        ("9.7.4", "9.7.1", "another patch of it"),
        ("9.6", RUNNING.version, "ANOTHER Python (there is 9.8.7, 9.7.1)"),
    ],
)
def test_the_python_that_comes_nearest_is_used_and_any_difference_told(
    tmp_path: Path, wanted: str, used: str, warning: str
) -> None:
    """With the command that makes it go away."""
    if wanted:
        (tmp_path / ".python-version").write_text(wanted)
    said: list[str] = []
    warnings: list[str] = []
    here = Here("uv", {}, tmp_path)
    chosen = asyncio.run(choose(tmp_path, here, say=said.append, warn=warnings.append))
    assert chosen.version == used
    assert f"Using Python {used}" in said[0]
    assert bool(warning) == bool(warnings)
    for each in warnings:
        assert warning in each
        assert f"uv python install {wanted}" in each
