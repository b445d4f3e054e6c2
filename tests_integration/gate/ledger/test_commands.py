"""The ledger as commands see it: exported as JSON lines, shared where that is set."""

import json
import os
import sys
import traceback
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from gate.cli import gate as command
from gate.errors import StateDamaged, UsageProblem
from gate.house import House
from gate.ledger.chronicle import now
from gate.ledger.records import RECORD, Record, RunClosed, RunOpened
from gate.suites.run_folder import RunFolder
from gate.wiring import gatekeeper
from tests_unit.gate.fakes.project import Project
from tests_unit.gate.fakes.stored_run import judged

RUN, OTHER = "20250102-030405-abcd", "20250102-040506-ffff"
VARIABLE = "GATE_LEDGER_URL"
SHOP = {
    "GATE_LEASE": "git:origin",
    "GATE_PLATFORM": "http://127.0.0.1:9",
    "GATE_PIPELINE": "shop",
    "GATE_STAGING": "shop-staging",
    "GATE_PRODUCTION": "shop",
    "HEROKU_API_KEY": "asked-by-nobody",
}


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    """A project, here."""
    monkeypatch.delenv(VARIABLE, raising=False)
    monkeypatch.setattr("gate.house._secrets", {})  # each test is a process of its own
    project = Project.at(tmp_path / "shop")
    project.commit({"README.md": "hello\n"})
    monkeypatch.chdir(project.root)
    return project


@pytest.fixture
def recorded(project: Project) -> list[Record]:
    """Two runs in its ledger, one of them judged."""
    own, _ = judged(RunFolder(project.root / ".gate" / "runs" / RUN))
    records: list[Record] = [
        *own,
        RunClosed(RUN, now(), 0, "promoted"),
        RunOpened(OTHER, now(), "promote", "a", "b", "d" * 40),
    ]
    keep(House.around(project.root), records)
    return records


def keep(house: House, records: list[Record]) -> None:
    """Append to a house's ledger."""
    with closing(house.ledger()) as ledger:
        for record in records:
            ledger.append(record)


def export(*arguments: str) -> Result:
    """The command, within this process."""
    return CliRunner().invoke(command, ["ledger", "export", *arguments])


def lines(text: str) -> list[Any]:
    """Each line is a document of its own."""
    return [json.loads(line) for line in text.splitlines()]


def test_each_record_is_a_line_the_oldest_first(recorded: list[Record]) -> None:
    """Whole, so that another program can read it without the gate."""
    said = export()
    assert said.exit_code == 0, said.output
    assert [RECORD.validate_python(line) for line in lines(said.output)] == recorded
    assert {line["run"] for line in lines(said.output)} == {RUN, OTHER}


@pytest.mark.parametrize("named", [RUN, RUN[:12], "latest"])
def test_one_run_can_be_had_alone(recorded: list[Record], named: str) -> None:
    """By the beginning of its name, or as the last that was judged."""
    said = export("--run", named)
    assert [r for r in recorded if r.run == RUN] == [
        RECORD.validate_python(line) for line in lines(said.output)
    ]


def test_what_a_file_holds_is_replaced(recorded: list[Record], tmp_path: Path) -> None:
    """And stdout stays silent; a link, or a device, stays what it is."""
    output, link = tmp_path / "ledger.jsonl", tmp_path / "link"
    output.write_text("an earlier one" * 1000)
    link.symlink_to(output)
    said = export("--output", str(link))
    assert (said.exit_code, said.output) == (0, "")
    assert output.read_text() == export().output
    assert link.is_symlink()


def test_an_empty_ledger_has_no_lines(project: Project, tmp_path: Path) -> None:
    """That is no error."""
    said = export()
    assert (said.exit_code, said.output) == (0, "")
    assert export("--output", str(tmp_path / "none.jsonl")).exit_code == 0
    assert (tmp_path / "none.jsonl").read_bytes() == b""


def test_what_cannot_be_exported_is_told(
    recorded: list[Record], tmp_path: Path
) -> None:
    """A run that is not there, and a file that cannot be written."""
    for arguments in (
        ("--run", "1999"),
        ("--output", str(tmp_path / "shop" / "README.md" / "file")),
    ):
        said = export(*arguments)
        assert isinstance(said.exception, UsageProblem), said.output
        assert said.exception.advice


def test_projects_that_name_the_same_server_share_a_ledger(
    recorded: list[Record],
    address: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What one records another reads, and none of it is in a file."""
    monkeypatch.setenv(VARIABLE, address)
    keep(House.around(tmp_path / "shop"), recorded[:3])
    assert VARIABLE not in os.environ
    other = Project.at(tmp_path / "other")
    other.commit({"README.md": "hello\n"})
    monkeypatch.chdir(other.root)
    for _ in range(2):  # also when it is asked for again
        assert len(lines(export().output)) == 3
    assert not (other.root / ".gate" / "ledger.db").exists()


def test_the_address_is_taken_out_and_never_shown(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No child inherits it, and neither a house nor an error tells it."""
    address = "postgresql://ada:hunter2@127.0.0.1:9/gate"
    monkeypatch.setenv(VARIABLE, address)
    house = House.around(project.root)
    assert VARIABLE not in os.environ
    assert "hunter2" not in repr(house)
    with pytest.raises(StateDamaged) as caught, gatekeeper(house, "promote"):
        pass
    assert "hunter2" not in "".join(traceback.format_exception(caught.value))
    assert "127.0.0.1" in caught.value.what


def test_without_its_package_a_shared_ledger_is_refused_with_what_to_install(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is recorded in a file instead."""
    for name in [each for each in sys.modules if each.startswith("gate.ledger.postg")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "psycopg", None)
    monkeypatch.setenv(VARIABLE, "postgresql://ada:hunter2@127.0.0.1:9/gate")
    said = CliRunner().invoke(command, ["status"])
    assert isinstance(said.exception, UsageProblem), said.output
    assert "[postgresql]" in said.exception.advice
    assert not (project.root / ".gate" / "ledger.db").exists()


def test_a_git_remote_gives_the_lease_where_that_is_set(
    project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is held as long as the gate acts, under the name of the production app."""
    remote = Project.at(tmp_path / "remote.git")
    project.git("remote", "add", "origin", str(remote.root))
    for name, value in SHOP.items():
        monkeypatch.setenv(name, value)
    with gatekeeper(House.around(project.root), "promote"):
        assert remote.git("for-each-ref", "--format=%(refname)") == "refs/gate/shop"
    assert remote.git("for-each-ref") == ""
