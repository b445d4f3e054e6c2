"""Dynos that outlived a killed platform, found and cleared at the next start."""

import contextlib
import json
import shutil
import signal
from pathlib import Path

from gate.local_platform.processes import census
from gate.local_platform.processes.process_identity import ProcessIdentity


def clear(dynos: Path) -> int:
    """Kill what still runs of earlier runs and empty the folder of dynos.

    First by the identity that each dyno left, then by the mark and the folder that
    all processes of a run carry.  Returns how many were still there.
    """
    killed = 0
    for record in dynos.glob("*/*/process.json"):
        with contextlib.suppress(OSError, ValueError, TypeError):
            identity = ProcessIdentity(**json.loads(record.read_text()))
            killed += identity.send(signal.SIGKILL)
    for run in (*dynos.iterdir(), dynos):
        killed += census.kill_all(run)
    for run in dynos.iterdir():
        shutil.rmtree(run, ignore_errors=True)
    return killed


def clear_unfinished(folder: Path, pattern: str = ".*") -> None:
    """Remove what was being made under a hidden name and will never be renamed."""
    for path in folder.glob(pattern):
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)
