"""A command of the gate as people give it: a process in a folder of theirs."""

import json
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gate.__main__ import main
from gate.local_platform.control import EXCHANGES_VARIABLE
from tests_integration.gate.forks import forked

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
    ceiling = {"GIT_CEILING_DIRECTORIES": str(folder.parent)}
    with tempfile.TemporaryDirectory() as place:
        out, err = Path(place, "out"), Path(place, "err")
        code = forked(
            main,
            arguments,
            folder=folder,
            environment={**kept, **ceiling, **variables},
            streams=(out, err),
            deadline=DEADLINE,
        )
        assert code is not None, f"gate {arguments} was not done after {DEADLINE} s"
        return Said(code, out.read_text(), err.read_text())
