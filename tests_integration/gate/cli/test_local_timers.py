"""The time of the local platform, as the settings state it."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from gate.errors import ExitCode
from tests_integration.gate.cli.gate_command import gate
from tests_unit.gate.fakes.project import Project


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    """A repository whose platform is taken down."""
    project = Project.at(tmp_path / "shop")
    yield project
    gate(project.root, "local", "down")


def test_the_settings_reach_the_platform(project: Project) -> None:
    """All timers scaled by one factor, and single ones set by name."""
    project.commit(
        {
            "pyproject.toml": "[tool.gate.local]\ntime_scale = 0.5\n"
            "[tool.gate.local.timers]\nmetrics = 2\n"
        }
    )
    said = gate(project.root, "local", "up", "--json")
    assert said.code == 0, said
    assert json.loads(said.out)["api"]
    log = (project.root / ".gate" / "local" / "platform.log").read_text()
    assert " boot 30 s," in log
    assert " metrics 2 s," in log


def test_a_timer_that_there_is_not_is_refused(project: Project) -> None:
    """With the list of those there are, and nothing is started."""
    project.commit({"pyproject.toml": "[tool.gate.local.timers]\nmetric = 2\n"})
    said = gate(project.root, "local", "up")
    assert said.code == ExitCode.USAGE
    assert "there is no timer called metric" in said.err
    assert "metrics, " in said.err
    assert not (project.root / ".gate" / "local").exists()
