"""A clone of this repository whose staging app runs on real PostgreSQL."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from gate.errors import ExitCode
from gate.local_platform.addons.installation import NotInstalled, programs
from gate.settings import load
from tests_integration.gate.cli.gate_command import gate

PROJECT = Path(__file__).parents[3]
PATIENCE = 240


@dataclass(frozen=True, slots=True)
class Clone:
    """A folder with a clone of this repository, and commands run in it."""

    folder: Path

    def pytest(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        """Pytest in the clone, as the gate starts it."""
        options = load(self.folder).pytest_options
        return subprocess.run(
            [sys.executable, "-m", "pytest", *options, *arguments],
            cwd=self.folder,
            capture_output=True,
            text=True,
            check=False,
            timeout=PATIENCE,
        )

    def refused(self, *arguments: str) -> str:
        """A command of the gate that is wrong usage; returns its complaint."""
        said = gate(self.folder, *arguments)
        assert said.code == ExitCode.USAGE, said
        return said.err

    def gate(self, *arguments: str) -> str:
        """A command of the gate that must succeed; returns what it printed."""
        # What an installer needs to know of the network here, it reads from there.
        said = gate(self.folder, *arguments, **os.environ)
        assert said.code == ExitCode.PASSED, said
        return said.out

    @property
    def home(self) -> Path:
        """The folder of its local platform."""
        return self.folder / load(self.folder).local.home


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Clone]:
    """A clone with its commit on staging, on SQLite as every app at first."""
    try:
        programs()
    except NotInstalled as error:
        pytest.skip(str(error))
    made = Clone(tmp_path_factory.mktemp("postgresql") / "orders")
    command = ["git", "clone", "--quiet", str(PROJECT), str(made.folder)]
    subprocess.run(command, check=True, timeout=PATIENCE)
    try:
        made.gate("deploy", "--quiet")
        yield made
    finally:
        made.gate("local", "down")
        # Where the platform runs as root, the data lie outside of the clone.
        state = json.loads((made.home / "state.json").read_text())
        if state["database_server"] is not None:
            shutil.rmtree(state["database_server"]["folder"])
