"""``python -m gate`` as people start it: a process in a folder of theirs."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gate.local_platform.control import EXCHANGES_VARIABLE

DEADLINE = 120


@dataclass(frozen=True)
class Said:
    """How a command ended, and what it printed."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        """The one JSON document on stdout."""
        return json.loads(self.out)


def gate(folder: Path, *arguments: str, **variables: str) -> Said:
    """Run one command in *folder*; of our variables it is given these few."""
    wanted = ("PATH", "HOME", EXCHANGES_VARIABLE)
    kept = {name: os.environ[name] for name in wanted if name in os.environ}
    finished = subprocess.run(
        [sys.executable, "-m", "gate", *arguments],
        cwd=folder,
        env={**kept, "GIT_CEILING_DIRECTORIES": str(folder.parent), **variables},
        capture_output=True,
        text=True,
        timeout=DEADLINE,
        check=False,
        stdin=subprocess.DEVNULL,
    )
    return Said(finished.returncode, finished.stdout, finished.stderr)
