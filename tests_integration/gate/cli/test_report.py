"""``gate report``: a run as one file, and what it says where it cannot write one."""

import json
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from gate.cli import gate as command
from gate.errors import EvidenceRefused, UsageProblem
from gate.ledger.chronicle import now
from gate.ledger.records import RunClosed, RunOpened
from gate.ledger.store import Ledger
from gate.suites.run_folder import RunFolder
from tests_unit.gate.fakes.good_run import subject
from tests_unit.gate.fakes.project import Project
from tests_unit.gate.fakes.stored_run import judged

RUN = subject().run
BROKEN_OFF = "20250102-030506-ffff"


@pytest.fixture
def runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> RunFolder:
    """A project, here, with a run that was judged and a later one that broke off."""
    project = Project.at(tmp_path / "shop")
    project.commit({"README.md": "hello\n"})
    home = project.root / ".gate"
    folder = RunFolder(home / "runs" / RUN)
    ledger = Ledger(home / "ledger.db")
    records, _ = judged(folder)
    for record in records:
        ledger.append(record)
    ledger.append(RunClosed(RUN, now(), 0, "the answer is: promote"))
    ledger.append(RunOpened(BROKEN_OFF, now(), "promote", "a", "b", "d" * 40))
    ledger.append(RunClosed(BROKEN_OFF, now(), 69, "the platform does not answer"))
    ledger.close()
    monkeypatch.chdir(project.root)
    return folder


@pytest.fixture
def report(runs: RunFolder) -> Any:
    """The command, within this process."""

    def run(*arguments: str) -> Result:
        return CliRunner().invoke(command, ["report", *arguments])

    return run


def refused(said: Result, kind: type[UsageProblem | EvidenceRefused]) -> str:
    """What an error says, with what to do next."""
    assert isinstance(said.exception, kind), said.output
    error = said.exception
    assert error.advice
    return f"{error.what}: {error.why}: {error.advice}"


def test_the_last_judged_run_is_written_beside_its_evidence(
    runs: RunFolder, report: Any
) -> None:
    """In the place of an earlier report; and the command says where."""
    written = runs.path / "report.html"
    written.write_text("an earlier one")
    said = report()
    assert said.exit_code == 0, said.output
    assert said.output == f"run {RUN}, written: {written}\n"
    page = written.read_bytes()
    assert b"shop-staging v12" in page
    assert page.count(b"<svg") > 2
    assert b"an earlier one" not in page


def test_a_run_is_named_by_its_beginning_and_written_where_asked(
    tmp_path: Path, report: Any
) -> None:
    """A machine is told both in one document."""
    wanted = tmp_path / "page.html"
    said = report(BROKEN_OFF[:14], "--output", str(wanted), "--json")
    assert json.loads(said.output) == {
        "schema": 1,
        "run": BROKEN_OFF,
        "written": str(wanted),
    }
    assert "the platform does not answer" in wanted.read_text()
    assert "no verdict" in wanted.read_text()


def test_a_run_that_is_not_there_is_refused(runs: RunFolder, report: Any) -> None:
    """Nothing is written."""
    assert "status" in refused(report("19990101"), UsageProblem)
    assert not (runs.path / "report.html").exists()


def test_an_ambiguous_name_is_refused(report: Any) -> None:
    """With the runs that it could be."""
    said = refused(report("20250102"), UsageProblem)
    assert "2 runs begin with 20250102" in said
    assert RUN in said


def test_where_nothing_was_judged_yet_it_says_how_to_begin(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A project without a run has no report."""
    project = Project.at(tmp_path / "new")
    monkeypatch.chdir(project.root)
    said = refused(CliRunner().invoke(command, ["report"]), UsageProblem)
    assert "python -m gate promote" in said


def test_evidence_that_was_changed_is_refused(runs: RunFolder, report: Any) -> None:
    """Exit 12, and the file is named."""
    path = runs.evidence / "load.json"
    path.write_bytes(path.read_bytes() + b" ")
    said = report()
    assert str(path) in refused(said, EvidenceRefused)
    assert not (runs.path / "report.html").exists()


def test_a_place_that_cannot_be_written_is_refused(tmp_path: Path, report: Any) -> None:
    """With why."""
    said = report("--output", str(tmp_path / "nowhere" / "page.html"))
    assert "No such file or directory" in refused(said, UsageProblem)


@pytest.mark.parametrize("missing", ["jinja2", "matplotlib"])
def test_without_its_extra_it_says_how_to_install_it(
    report: Any, monkeypatch: pytest.MonkeyPatch, missing: str
) -> None:
    """No other command needs these packages."""
    for name in [
        n for n in sys.modules if n.startswith(("gate.reports.page", missing))
    ]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, missing, None)
    said = refused(report(), UsageProblem)
    assert f"{missing} is missing" in said
    assert 'pip install "heroku-release-gate[report]"' in said
