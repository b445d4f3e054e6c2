"""The warden is replaced, even where that does not succeed at once."""

import asyncio
import logging
import os
import signal
import sys
from pathlib import Path

import pytest

from gate.local_platform.processes.guard import Guard


def test_a_warden_that_cannot_start_is_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A moment without memory or descriptors must not leave dynos unguarded."""
    caplog.set_level(logging.WARNING)
    asyncio.run(one_cannot_start(tmp_path, monkeypatch, caplog))


async def one_cannot_start(
    folder: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Kill the warden while no other can be started, then let one start."""
    guard = Guard(folder)
    await guard.post()
    first = await warden(folder)
    keeping = asyncio.create_task(guard.keep())
    with monkeypatch.context() as without_python:
        without_python.setattr(sys, "executable", str(folder / "python"))
        os.kill(first, signal.SIGKILL)
        async with asyncio.timeout(10):
            while "no warden could be started" not in caplog.text:
                assert not keeping.done()
                await asyncio.sleep(0)
    async with asyncio.timeout(10):
        while "another warden took its place" not in caplog.text:
            assert not keeping.done()
            await asyncio.sleep(0)
    assert await warden(folder) != first
    keeping.cancel()
    await guard.dismiss()
    assert not wardens(folder)


async def warden(folder: Path) -> int:
    """Return the id of the one; it has no name yet while it is being executed."""
    async with asyncio.timeout(10):
        while True:
            if found := wardens(folder):
                return found[0]
            await asyncio.sleep(0)


def wardens(folder: Path) -> list[int]:
    """Ids of the children that watch over a folder."""
    children = Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()
    named = os.fsencode(folder)
    return [
        int(pid)
        for pid in children
        if named in Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    ]
