"""Dynos that outlived a killed platform, found and cleared at the next start."""

import contextlib
import json
import os
import shutil
import signal
from pathlib import Path

from gate.local_platform.processes import census
from gate.local_platform.processes.process_identity import ProcessIdentity

_ROUNDS = 50


def clear(dynos: Path) -> int:
    """Kill what still runs of earlier dynos and empty their folder.

    First by the identity each dyno left, which also proves that the process group
    is still the same; then by the folder that all its processes carry.
    """
    killed = 0
    for record in dynos.glob("*/*/process.json"):
        with contextlib.suppress(OSError, ValueError, TypeError):
            identity = ProcessIdentity(**json.loads(record.read_text()))
            if identity.is_alive():
                os.killpg(identity.pid, signal.SIGKILL)
                killed += 1
    for _ in range(_ROUNDS):
        found = census.kill(dynos)
        killed += found
        if not found:
            break
    for folder in dynos.iterdir():
        shutil.rmtree(folder, ignore_errors=True)
    return killed


def clear_unfinished(folder: Path) -> None:
    """Remove what was being made under a hidden name and will never be renamed."""
    for path in folder.glob(".*"):
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)
