"""Bad input: a clear message, a documented exit code, and nothing done."""

import json
import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from gate.errors import ExitCode
from gate.ledger.chronicle import opened
from gate.ledger.lease import lease
from gate.ledger.store import Ledger
from gate.local_platform.home import Home
from gate.model.premises import Premises
from tests_integration.gate.cli.gate_command import Said, gate
from tests_unit.gate.fakes.project import Project


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    """A repository with one commit and no Procfile; its platform is taken down."""
    project = Project.at(tmp_path / "shop")
    project.commit({"README.md": "hello\n"})
    yield project
    if (project.root / ".gate" / "local").exists():
        gate(project.root, "local", "down")


def refused(said: Said, code: ExitCode) -> str:
    """What was said to the person: what happened, why, and what next."""
    assert said.code == code, said
    assert said.out == ""
    assert "Traceback" not in said.err
    assert said.err.startswith("gate: ")
    assert "\n  why: " in said.err
    assert "\n  next: " in said.err
    return said.err


@pytest.mark.parametrize("command", ["promote", "status"])
def test_outside_of_a_repository_nothing_is_started(
    tmp_path: Path, command: str
) -> None:
    """The gate guards what git holds; it makes no folder of its own there."""
    told = refused(gate(tmp_path, command), ExitCode.USAGE)
    assert "is not in a git repository" in told
    assert list(tmp_path.iterdir()) == []


def test_a_repository_without_a_commit_is_refused(tmp_path: Path) -> None:
    """There is nothing to release."""
    empty = Project.at(tmp_path / "new")
    said = gate(empty.root, "promote")
    assert said.code == ExitCode.USAGE
    assert "no commit yet" in said.err
    assert "commit the app first" in said.err


def test_a_dirty_tree_is_refused_by_name(project: Project) -> None:
    """What would be released is the commit, and the tree is something else."""
    project.write({"new file.py": "x = 1\n"})
    told = refused(gate(project.root, "promote"), ExitCode.USAGE)
    assert "new file.py" in told
    assert "--dirty" in told


def test_an_error_is_one_document_where_json_was_asked_for(project: Project) -> None:
    """With the same words, the code, and nothing else on stdout."""
    project.write({"new.py": "x = 1\n"})
    said = gate(project.root, "promote", "--json")
    assert said.code == ExitCode.USAGE
    document = said.document
    assert document["exit_code"] == 2
    assert document["outcome"] == "usage"
    assert "new.py" in document["why"]
    assert document["what"]
    assert document["advice"]


def test_all_mistakes_in_the_settings_are_told_at_once(project: Project) -> None:
    """And nothing runs, whatever the command."""
    text = "[tool.gate]\nstagin = 'x'\n[tool.gate.health]\nprobes = 0\n"
    project.commit({"pyproject.toml": text})
    said = gate(project.root, "promote", "--json", GATE_LOAD_USERS="many")
    assert said.code == ExitCode.USAGE
    for name in ("stagin", "probes", "users"):
        assert name in said.document["why"]
    assert "3 mistakes" in said.document["what"]
    assert not (project.root / ".gate").exists()


@pytest.mark.parametrize(
    "arguments", [("demote",), ("promote", "--now"), ("status", "--last", "0"), ()]
)
def test_a_command_that_there_is_not_is_refused(
    project: Project, arguments: tuple[str, ...]
) -> None:
    """With how it is called, on stderr."""
    said = gate(project.root, *arguments)
    assert said.code == ExitCode.USAGE
    assert "Usage: gate" in said.err
    assert said.out == ""


def test_a_wrong_call_is_a_document_too_where_json_was_asked_for(
    project: Project,
) -> None:
    """A machine reads every answer."""
    said = gate(project.root, "promote", "--json", "--now")
    assert said.code == ExitCode.USAGE
    assert "--now" in said.document["what"]


def test_before_the_first_run_there_is_nothing_to_tell(project: Project) -> None:
    """Status says how to begin, explain that no verdict was reached."""
    said = gate(project.root, "status")
    assert said.code == 0
    assert "python -m gate promote" in said.out
    assert gate(project.root, "status", "--json").document["runs"] == []
    assert "no run has reached a verdict" in refused_shortly(project, "explain")
    assert "there is no run x" in refused_shortly(project, "explain", "x")


def refused_shortly(project: Project, *arguments: str) -> str:
    """What was said by a refusal that needs no reason."""
    said = gate(project.root, *arguments)
    assert said.code == ExitCode.USAGE
    assert "  next: " in said.err
    return said.err


def test_looking_leaves_the_tree_as_clean_as_it_was(project: Project) -> None:
    """The gate's own folder is nothing that git would want to commit."""
    gate(project.root, "status")
    assert (project.root / ".gate").exists()
    assert project.git("status", "--porcelain") == ""


def test_a_run_that_never_ended_is_told_as_open(project: Project) -> None:
    """As after SIGKILL: its record is there, its end is not."""
    ledger = Ledger(project.root / ".gate" / "ledger.db")
    premises = Premises("shop", "shop-staging", "shop-production")
    story = opened(ledger, "promote", premises, "c" * 40)
    run = story.__enter__().run
    ledger.close()
    told = gate(project.root, "status", "--json").document["runs"]
    assert [(each["run"], each["exit_code"]) for each in told] == [(run, None)]
    assert "never ended" in gate(project.root, "status").out


def test_a_damaged_ledger_is_told_and_left_alone(project: Project) -> None:
    """With its path and what to do about it."""
    path = project.root / ".gate" / "ledger.db"
    path.parent.mkdir()
    path.write_bytes(b"a letter to a friend " * 99)
    for command in ("status", "explain"):
        told = refused(gate(project.root, command), ExitCode.UNAVAILABLE)
        assert "ledger.db" in told.replace("\n", "")
    assert path.read_bytes() == b"a letter to a friend " * 99


def test_a_gate_folder_that_is_none_is_told(project: Project) -> None:
    """It is no defect of the gate that somebody has a file of that name."""
    (project.root / ".gate").write_text("a file")
    said = gate(project.root, "status")
    assert said.code in {ExitCode.USAGE, ExitCode.UNAVAILABLE}
    assert "Traceback" not in said.err


def test_another_run_under_way_is_named(project: Project) -> None:
    """The second one waits for nobody: it says who, and to try again."""
    with lease(project.root / ".gate" / "lease", holder="gate promote"):
        said = gate(project.root, "check", "--json")
    assert said.code == ExitCode.TRY_AGAIN
    assert said.document["why"] == f"gate promote (process {os.getpid()})"


def test_a_real_platform_needs_a_token(project: Project) -> None:
    """Which variable it is read from is said; nothing is asked of the platform."""
    text = (
        "[tool.gate]\nplatform = 'heroku'\npipeline = 'shop'\n"
        "staging = 'shop-staging'\nproduction = 'shop-production'\n"
    )
    project.commit({"pyproject.toml": text})
    told = refused(gate(project.root, "check"), ExitCode.USAGE)
    assert "HEROKU_API_KEY" in told


def test_the_local_platform_that_does_not_run_is_told(project: Project) -> None:
    """How to start it; stopping it twice is no mistake."""
    said = gate(project.root, "local", "status", "--json")
    assert said.code == ExitCode.USAGE
    assert "gate local up" in said.document["advice"]
    said = gate(project.root, "local", "down", "--json")
    assert (said.code, said.document["stopped"]) == (0, False)


def test_a_port_already_taken_is_told(project: Project) -> None:
    """The platform does not start, and says why."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        said = gate(project.root, "local", "up", "--port", port, "--json")
    assert said.code == ExitCode.UNAVAILABLE
    assert said.document["what"]
    assert "in use" in json.dumps(said.document)
    assert gate(project.root, "local", "down", "--json").document["stopped"] is False


def test_damaged_state_of_the_local_platform_is_told(project: Project) -> None:
    """What happened, why, and the way on, which keeps the damaged file."""
    state = project.root / ".gate" / "local" / "state.json"
    Home(state.parent).prepare()
    state.write_text('{"apps": {')
    said = gate(project.root, "local", "up", "--json")
    assert said.code == ExitCode.UNAVAILABLE
    assert "--set-aside" in said.document["advice"]
    assert state.read_text() == '{"apps": {'
    said = gate(project.root, "local", "up", "--set-aside", "--json")
    assert said.code == ExitCode.PASSED
    aside = said.document["set_aside"]
    assert Path(aside).read_text() == '{"apps": {'
    assert f"until you move {aside} away" in gate(project.root, "local", "status").out
    status = gate(project.root, "local", "status", "--json").document
    assert status["set_aside"] == [aside]
    assert gate(project.root, "local", "down", "--json").document["how"] == "ORDERLY"


def test_a_commit_without_a_procfile_is_refused(project: Project) -> None:
    """The platform would not know what to run; the run is recorded with its end."""
    said = gate(project.root, "promote", "--json", "--quiet")
    assert said.code == ExitCode.USAGE
    assert "has no Procfile" in said.document["what"]
    assert "web process" in said.document["advice"]
    (run,) = gate(project.root, "status", "--json").document["runs"]
    assert run["exit_code"] == ExitCode.USAGE
    assert "Procfile" in run["says"]
    assert gate(project.root, "local", "down", "--json").document["stopped"]
    assert not gate(project.root, "local", "down", "--json").document["stopped"]
