"""Which processes are whose."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from gate.local_platform.processes import census
from gate.local_platform.processes.death_signal import with_parent

ESCAPES = {
    "none": "exec sleep 600",
    "session": "setsid sleep 600 & wait",
    "emptied environment": "env -i sleep 600 & wait",
    "orphan": "(env -i setsid sleep 600 &)",
}


@pytest.fixture(name="folder")
def folder_of_a_dyno(tmp_path: Path) -> Iterator[Path]:
    """A folder whose processes are killed in the end."""
    yield tmp_path / "dyno"
    census.kill_all(tmp_path / "dyno")


@pytest.mark.parametrize("escape", ESCAPES)
def test_nobody_escapes(folder: Path, escape: str) -> None:
    """A child is known whatever session, parent and environment it has."""
    started = subprocess.Popen(
        ["bash", "-c", f"echo; {ESCAPES[escape]}"],
        preexec_fn=with_parent(folder),  # noqa: PLW1509
        start_new_session=True,
        stdout=subprocess.PIPE,
    )
    with started:
        assert started.stdout is not None
        started.stdout.readline()
        while not (found := [p for p in census.members(folder) if is_sleep(p)]):
            continue
        assert len(found) == 1
        assert census.kill_all(folder) >= 1
        assert census.members(folder) == []


def test_neighbours_are_left_alone(tmp_path: Path) -> None:
    """Another folder's processes, and those of nobody, are not counted or killed."""
    with (
        sleeper(tmp_path / "a") as mine,
        sleeper(tmp_path / "ab") as other,
        subprocess.Popen(["sleep", "600"]) as stranger,
    ):
        assert census.members(tmp_path / "a") == [mine.pid]
        assert census.kill_all(tmp_path / "a") >= 1
        assert mine.wait() == -9
        assert other.poll() is None and stranger.poll() is None
        other.kill()
        stranger.kill()


def test_cpu_time_of_ended_children_still_counts(folder: Path) -> None:
    """A worker that ended, and was waited for, has used what it has used."""
    burn = "x = 0\nwhile time.process_time() < 0.1: x += 1"
    program = (
        "import subprocess, sys, time\n"
        f"subprocess.run([sys.executable, '-c', 'import time\\n' + {burn!r}])\n"
        "print(flush=True)\ntime.sleep(600)"
    )
    started = subprocess.Popen(
        [sys.executable, "-c", program],
        preexec_fn=with_parent(folder),  # noqa: PLW1509
        stdout=subprocess.PIPE,
    )
    with started:
        assert started.stdout is not None
        started.stdout.readline()
        ticks = census.usages([folder], {})[folder].ticks
        census.kill_all(folder)
    assert ticks / os.sysconf("SC_CLK_TCK") >= 0.1


def test_memory_is_summed_up_again_once_a_process_has_done_something(
    folder: Path,
) -> None:
    """One that idles uses what it used; what grows in between is seen."""
    program = "import sys\nprint(flush=True)\nsys.stdin.readline()\n"
    program += "grown = b'x' * 20_000_000\nprint(flush=True)\nsys.stdin.readline()"
    started = subprocess.Popen(
        [sys.executable, "-c", program],
        preexec_fn=with_parent(folder),  # noqa: PLW1509
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    with started:
        assert started.stdin is not None
        assert started.stdout is not None
        started.stdout.readline()
        last: census.Look = {}
        before = census.usages([folder], last)[folder]
        assert census.usages([folder], last)[folder].rss == before.rss
        started.stdin.write(b"\n")
        started.stdin.flush()
        started.stdout.readline()
        assert census.usages([folder], last)[folder].rss > before.rss + 15_000_000
        census.kill_all(folder)


def is_sleep(pid: int) -> bool:
    """Whether a process is the one that waits."""
    try:
        return Path(f"/proc/{pid}/comm").read_text() == "sleep\n"
    except OSError:
        return False


def sleeper(folder: Path) -> "subprocess.Popen[bytes]":
    """A process of that folder."""
    return subprocess.Popen(["sleep", "600"], preexec_fn=with_parent(folder))  # noqa: PLW1509
