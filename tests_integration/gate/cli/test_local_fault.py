"""``gate local fault``: a failure asked for in words, listed, and taken back."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from gate.cli import gate as command
from gate.errors import ExitCode, UsageProblem
from gate.local_platform import control
from gate.local_platform.faults.kinds import KINDS
from tests_integration.gate.cli.gate_command import gate
from tests_unit.gate.fakes.project import Project


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    """A project whose platform runs, twice as fast as Heroku."""
    project = Project.at(tmp_path_factory.mktemp("projects") / "shop")
    project.commit({"README.md": "hello\n"})
    home = project.root / ".gate" / "local"
    control.up(home, time_scale=0.5)
    yield project
    control.down(home)


def test_a_fault_is_asked_for_listed_and_taken_back(project: Project) -> None:
    """By the command alone, as text and as JSON."""
    said = gate(
        project.root,
        *("local", "fault", "503", "--on", "GET /apps/*", "--times", "2"),
        *("--probability", "0.5", "--seed", "7"),
    )
    assert (said.code, said.err) == (0, "")
    assert "503" in said.out
    assert "GET /apps/*, probability 0.5 (seed 7): struck 0 of 2" in said.out
    added = gate(project.root, "local", "fault", "dyno-trickle", "--json")
    (second,) = added.document["faults"]
    assert (second["seconds"], second["app"]) == (1, "*")

    listed = gate(project.root, "local", "fault", "--list").out
    assert [line.split()[:3] for line in listed.splitlines()] == [
        ["fault", "1", "503"],
        ["fault", "2", "dyno-trickle"],
    ]
    cleared = gate(project.root, "local", "fault", "--clear", "2", "--json").document
    assert [fault["id"] for fault in cleared["faults"]] == ["2"]
    assert gate(project.root, "local", "fault", "--clear").out.startswith("cleared: ")
    assert "no fault" in gate(project.root, "local", "fault").out


def test_the_status_tells_faults_and_times(project: Project) -> None:
    """As text and as JSON; before there is any app as well."""
    gate(project.root, "local", "fault", "log-lose", "--times", "0")
    told = gate(project.root, "local", "status")
    assert told.code == 0
    assert "boot 30 s" in told.out
    assert "log-lose        anywhere: struck 0 until cleared" in told.out
    document = gate(project.root, "local", "status", "--json").document
    assert (document["schema"], document["apps"]) == (1, [])
    assert [fault["kind"] for fault in document["faults"]] == ["log-lose"]
    assert document["timers"]["boot"] == 30


def test_the_help_names_every_kind() -> None:
    """With what it does."""
    told = CliRunner().invoke(command, ["local", "fault", "--help"]).output
    for kind in KINDS.values():
        assert f"  {kind.name:<16} {kind.says}" in told


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("418",), "kind must be one of 429"),
        (("build-fail", "--app", "nobody"), "no app 'nobody'"),
        (("503", "--seconds", "3"), "seconds play no part in 503"),
        (("--clear", "99"), "find that fault"),
        (("503", "--clear"), "either a kind of fault"),
        (("--times", "3"), "either a kind of fault"),
    ],
)
def test_what_makes_no_sense_is_refused(
    project: Project,
    arguments: tuple[str, ...],
    told: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """In words, as a wrong call."""
    monkeypatch.chdir(project.root)
    refused = CliRunner().invoke(command, ["local", "fault", *arguments]).exception
    assert isinstance(refused, UsageProblem)
    assert told in str(refused)
    assert refused.advice


def test_only_a_running_local_platform_fails_on_request(tmp_path: Path) -> None:
    """Never another platform, whatever is running here."""
    project = Project.at(tmp_path / "shop")
    project.commit({"README.md": "hello\n"})
    said = gate(project.root, "local", "fault", "503", "--json")
    assert said.code == ExitCode.USAGE
    assert "not running" in said.document["what"]
    parts = ("PIPELINE", "STAGING", "PRODUCTION")
    names = {f"GATE_{name}": f"shop-{name.lower()}" for name in parts}
    said = gate(
        project.root, "local", "fault", "503", "--json", GATE_PLATFORM="heroku", **names
    )
    assert said.code == ExitCode.USAGE
    assert "the settings name heroku" in said.document["why"]
