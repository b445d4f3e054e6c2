"""The end of a process itself, whoever else still holds its output."""

import asyncio
import contextlib
import os

_BREATH = 0.001  # seconds until the event loop, too, has learnt of the end


async def exit_status(process: asyncio.subprocess.Process) -> int:
    """Wait for the process; negative is the number of the signal that ended it.

    Process.wait() returns only when its pipes are closed as well, which a child that
    it left behind may keep open for ever.
    """
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    with contextlib.suppress(ProcessLookupError):
        handle = os.pidfd_open(process.pid)
        loop.add_reader(handle, ended.set)
        try:
            await ended.wait()
        finally:
            loop.remove_reader(handle)
            os.close(handle)
    while process.returncode is None:
        await asyncio.sleep(_BREATH)
    return process.returncode
