"""``gate local env``: a shell is led to the platform here, and away from Heroku."""

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from gate.cli import gate as command
from tests_integration.gate.cli.gate_command import Said, gate
from tests_unit.gate.fakes.project import Project

ENV = f'env=$({shlex.quote(sys.executable)} -m gate local env) && eval "$env"'
PROJECT = Path(__file__).parents[3]
LINE = re.compile(r"\(.*python -m gate local env.*\)")


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    """A repository; its platform is taken down."""
    project = Project.at(tmp_path / "shop")
    project.commit({"README.md": "hello\n"})
    yield project
    gate(project.root, "local", "down")


def shell(folder: Path, lines: str, **variables: str) -> Said:
    """What a POSIX shell says to these lines."""
    finished = subprocess.run(
        ["sh", "-c", lines],
        cwd=folder,
        env={"PATH": os.environ["PATH"], **variables},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        stdin=subprocess.DEVNULL,
    )
    return Said(finished.returncode, finished.stdout, finished.stderr)


def mode(path: Path) -> int:
    """Who may do what with a file."""
    return path.stat().st_mode & 0o777


def test_a_shell_is_led_here(project: Project, tmp_path: Path) -> None:
    """With a home of its own that holds the token; what pointed elsewhere is gone."""
    api = gate(project.root, "local", "up", "--json").document["api"]
    own = tmp_path / "own home"
    own.mkdir()
    misleading = {
        "HEROKU_API_KEY": "not-of-here",
        "HEROKU_DATA_CONTROL_PLANE": "elsewhere",
        "HTTPS_PROXY": "http://proxy.example:3128",
        "XDG_CONFIG_HOME": str(own),
    }
    said = shell(project.root, f"{ENV} && env", HOME=str(own), **misleading)
    assert said.code == 0, said
    variables = dict(line.split("=", 1) for line in said.out.splitlines())
    assert variables["HEROKU_HOST"] == api
    assert variables["HTTPS_PROXY"] == variables["HEROKU_LOGIN_HOST"]
    assert variables["HTTPS_PROXY"].startswith("http://127.0.0.1:")
    assert not misleading.keys() - {"HTTPS_PROXY"} & variables.keys()

    home = Path(variables["HOME"])
    token = (project.root / ".gate" / "local" / "token").read_text().strip()
    netrc = (home / ".netrc").read_text().split()
    assert netrc[1] == api.removeprefix("http://")
    assert netrc[-1] == token
    assert token not in said.out
    assert (mode(home), mode(home / ".netrc")) == (0o700, 0o600)
    assert list(own.iterdir()) == []

    document = gate(project.root, "local", "env", "--json").document
    assert document["set"].items() <= variables.items()
    assert "HEROKU_API_KEY" in document["unset"]


def test_a_shell_does_not_go_on_without_a_platform(project: Project) -> None:
    """It would reach the real service: what is evaluated fails."""
    said = shell(project.root, f"{ENV} && echo went on")
    assert said.code == 2
    assert said.out == ""
    assert "next: run: python -m gate local up" in said.err
    refused = gate(project.root, "local", "env", "--json")
    assert refused.code == 2
    assert refused.document["what"] == "the local platform is not running"


def test_what_is_documented_runs_nothing_when_nothing_was_printed() -> None:
    """Neither here nor, with one's own token, at the real service."""
    help = CliRunner().invoke(command, ["local", "env", "--help"]).output
    for text in (help, (PROJECT / "README.md").read_text()):
        (line,) = LINE.findall(text)
        for python in ("/nowhere/python", "false", sys.executable + " -c pass;false"):
            typed = line.replace("python", python).replace("heroku ", "echo went on ")
            said = shell(PROJECT, typed)
            assert said.code != 0
            assert "went on" not in said.out
