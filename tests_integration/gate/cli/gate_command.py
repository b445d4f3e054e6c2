"""A `gate` command as people start it: a process of its own in a folder of theirs.

It is forked from a process that has imported the gate, and nothing else: hundreds of
commands need not import it anew. `test_resume.py` and the acceptance table start Python.
"""

import json
import multiprocessing
import os
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gate.local_platform.control import EXCHANGES_VARIABLE

DEADLINE = 120
FORKS = multiprocessing.get_context("forkserver")
FORKS.set_forkserver_preload(["tests_integration.gate.cli.imported_gate"])


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
        said = [Path(place, name) for name in ("out", "err")]
        environment = {**kept, **ceiling, **variables}
        process = FORKS.Process(target=_run, args=(folder, arguments, environment, *said))
        process.start()
        process.join(DEADLINE)
        if process.exitcode is None:
            process.kill()
            process.join()
        out, err = (path.read_text() for path in said)
        assert process.exitcode is not None
        return Said(process.exitcode, out, err)


def _run(
    folder: Path,
    arguments: tuple[str, ...],
    environment: dict[str, str],
    out: Path,
    err: Path,
) -> None:
    """Be the command."""
    from gate.__main__ import main  # noqa: PLC0415 - it is there in this process

    for number, path in ((1, out), (2, err)):
        os.dup2(os.open(path, os.O_CREAT | os.O_WRONLY), number)
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(folder)
    sys.argv[1:] = arguments
    main()
