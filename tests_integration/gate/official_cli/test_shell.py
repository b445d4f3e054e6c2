"""A shell that evaluated `gate local env` has Heroku's command line here."""

import os
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests_integration.gate.cli.gate_command import gate
from tests_integration.gate.official_cli.heroku_command import recording
from tests_unit.gate.fakes.project import Project

pytestmark = pytest.mark.heroku_cli


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    """A repository; its platform is taken down."""
    project = Project.at(tmp_path / "shop")
    project.commit({"README.md": "hello\n"})
    yield project
    gate(project.root, "local", "down")


def test_one_line_leads_a_shell_here(
    program: Path, project: Project, tmp_path: Path
) -> None:
    """Whatever it was set up for before, and without a trace in one's own home."""
    api = gate(project.root, "local", "up", "--json").document["api"]
    home = tmp_path / "home"
    home.mkdir()
    netrc = "machine api.heroku.com\n  login me\n  password mine\n"
    (home / ".netrc").write_text(netrc)
    lines = f"""
        env=$({shlex.quote(sys.executable)} -m gate local env) && eval "$env" &&
        {shlex.quote(str(program))} apps
    """
    finished = subprocess.run(
        ["sh", "-c", lines],
        cwd=project.root,
        env={
            "PATH": os.environ["PATH"],
            "HOME": str(home),
            "HEROKU_API_KEY": "not-of-here",
            "HEROKU_HEADERS": '{"authorization": "Bearer not-of-here"}',
            "HEROKU_ORGANIZATION": "ours",
            **recording(tmp_path / "connections"),
        },
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        stdin=subprocess.DEVNULL,
    )
    assert finished.returncode == 0, finished
    assert finished.stdout == "You have no apps.\n"
    reached = set((tmp_path / "connections").read_text().splitlines())
    assert reached == {str(api).removeprefix("http://")}
    caches = project.root / ".gate" / "local" / "heroku-cli" / ".cache" / "heroku"
    assert [path.name for path in caches.iterdir()] == ["terms-of-service"]  # no update
    assert [path.name for path in home.iterdir()] == [".netrc"]
    assert (home / ".netrc").read_text() == netrc
