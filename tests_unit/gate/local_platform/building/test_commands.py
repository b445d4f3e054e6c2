"""The programs of a build."""

import asyncio
from pathlib import Path

import pytest

from gate.local_platform.building.commands import (
    LAST_LINES,
    MOST_OUTPUT,
    BuildError,
    run,
)
from gate.local_platform.processes import census

TALK = (
    f"import sys; print('begins'); print(('x' * 999 + chr(10)) * {MOST_OUTPUT // 500})"
)


def of(folder: Path, *command: str, limit: float = 30.0) -> tuple[int, list[str]]:
    """How a command ended and what it said; raises TimeoutError when it is late."""
    said: list[str] = []

    async def work() -> int:
        async with asyncio.timeout(limit):
            return await run(
                command,
                cwd=folder,
                environment={"PATH": "/usr/bin:/bin"},
                mark=folder,
                say=said.append,
            )

    return asyncio.run(work()), said


def test_a_command_says_its_lines_and_its_status(tmp_path: Path) -> None:
    """Standard error as well; the last line needs no end."""
    status, said = of(tmp_path, "sh", "-c", "echo one; printf two >&2; exit 4")
    assert (status, said) == (4, ["one", "two"])


def test_of_too_much_output_the_beginning_and_the_end_are_said(tmp_path: Path) -> None:
    """And how many lines are not."""
    script = f"{TALK}; print('ends')"
    status, said = of(tmp_path, "python3", "-c", script)
    assert status == 0
    assert (said[0], said[-1]) == ("begins", "ends")
    assert "lines are left out" in said[-LAST_LINES - 1]
    assert sum(map(len, said)) < MOST_OUTPUT * 1.1


def test_nothing_is_left_of_a_command_that_ended_or_was_late(tmp_path: Path) -> None:
    """Nor of what it started in a session of its own, which holds its output."""
    leave = "setsid sleep 600 & echo left"
    assert of(tmp_path, "sh", "-c", leave) == (0, ["left"])
    assert census.members(tmp_path) == []
    with pytest.raises(TimeoutError):
        of(tmp_path, "sh", "-c", f"{leave}; sleep 600", limit=0.5)
    assert census.members(tmp_path) == []


def test_a_program_that_is_not_there_is_named(tmp_path: Path) -> None:
    """As an error of the build."""
    with pytest.raises(BuildError, match="/no/such/program cannot be started"):
        of(tmp_path, "/no/such/program")
