"""``gate replay``: the same evidence and the same policy give the same answer."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import click.testing
import pytest

from gate.cli import gate
from gate.errors import EvidenceRefused, ExitCode, JudgedOtherwise, UsageProblem
from gate.judges import judge, judge_watch
from gate.ledger.chronicle import now
from gate.ledger.evidence_files import write_policy, write_watch
from gate.ledger.records import RunClosed, RunOpened, VerdictReached, WatchEnded
from gate.ledger.store import Ledger
from gate.model.evidence import AppLog, Evidence, EvidenceBundle
from gate.model.verdict import Judgement, Result
from gate.model.watch_evidence import WatchEvidence
from gate.suites.run_folder import RunFolder
from tests_unit.gate.fakes.good_run import (
    BARRIER,
    EVIDENCE,
    HEALTH,
    POLICY,
    probes,
    subject,
)
from tests_unit.gate.fakes.project import Project
from tests_unit.gate.fakes.stored_run import judged

BAD = tuple(
    replace(HEALTH, probes=probes(good=1, bad=20)) if item == HEALTH else item
    for item in EVIDENCE
)
STORED = ["policy.json", *(f"evidence/{item.kind}.json" for item in EVIDENCE)]
Replay = Callable[..., click.testing.Result]


@dataclass
class Past:
    """Runs that were judged in a project; each is recorded as the gatekeeper does."""

    home: Path
    ledger: Ledger

    def run(
        self,
        name: str,
        evidence: tuple[Evidence, ...] = EVIDENCE,
        *,
        closed: ExitCode | None = None,
        watch: tuple[WatchEvidence, Judgement] | None = None,
    ) -> RunFolder:
        """Record a run that collected this evidence and judged it."""
        folder = RunFolder(self.home / "runs" / name)
        records, reached = judged(folder, evidence)
        for record in records:
            self.ledger.append(record)
        if watch is not None:
            seen, watched = watch
            _, digest = write_watch(folder.evidence, seen)
            self.ledger.append(WatchEnded(name, now(), watched, seen.seconds, digest))
        code = reached.verdict.exit_code if closed is None else closed
        self.ledger.append(RunClosed(name, now(), int(code), "so"))
        return folder


@pytest.fixture
def past(tmp_path: Path) -> Iterator[Past]:
    """A project in which nothing was judged yet."""
    project = Project.at(tmp_path / "shop")
    ledger = Ledger(project.root / ".gate" / "ledger.db")
    yield Past(project.root / ".gate", ledger)
    ledger.close()


@pytest.fixture
def replay(past: Past, monkeypatch: pytest.MonkeyPatch) -> Replay:
    """The command, run in that project."""
    monkeypatch.chdir(past.home.parent)
    runner = click.testing.CliRunner()
    return lambda *words: runner.invoke(gate, ["replay", *words], prog_name="gate")


@pytest.mark.parametrize("left_out", [None, *EVIDENCE], ids=lambda e: e and e.kind)
def test_a_run_is_judged_again_as_it_was(
    past: Past, replay: Replay, left_out: Evidence | None
) -> None:
    """Whatever was collected: good, or wanting a piece; with the run's exit code."""
    seen = tuple(item for item in EVIDENCE if item != left_out)
    past.run("run-1", seen)
    said = replay("--json")
    told = json.loads(said.output)
    assert told["run"] == "run-1"
    assert told["pieces"] == len(seen) + 1
    assert said.exit_code == told["exit_code"]
    assert (said.exit_code == ExitCode.PASSED) == (left_out is None)


def test_a_regression_is_one_again(past: Past, replay: Replay) -> None:
    """With its findings, for a person."""
    past.run("run-1", BAD)
    said = replay("latest")
    assert said.exit_code == ExitCode.BLOCKED
    assert "health" in said.output
    assert "the same answer, byte for byte" in said.output


@pytest.mark.parametrize("name", STORED)
def test_no_file_can_be_another_than_was_recorded(
    past: Past, replay: Replay, name: str
) -> None:
    """One changed byte is refused, also one that changes nothing; so is a lost file."""
    path = past.run("run-1").path / name
    path.write_bytes(path.read_bytes() + b"\n")
    for _ in range(2):
        refused = replay().exception
        assert isinstance(refused, EvidenceRefused)
        assert refused.exit_code is ExitCode.EVIDENCE_REFUSED
        assert str(path) in refused.what
        path.unlink(missing_ok=True)


@pytest.mark.parametrize(
    ("bad", "code"), [(0, ExitCode.PASSED), (30, ExitCode.ROLLED_BACK)]
)
def test_the_watch_is_judged_again_as_well(
    past: Past, replay: Replay, bad: int, code: ExitCode
) -> None:
    """The exit code is the one that the run ended with; its evidence is bound, too."""
    seen = WatchEvidence(BARRIER, probes(good=30, bad=bad), AppLog("shop"), 8.0)
    watched = judge_watch(seen, POLICY.limits)
    assert (watched.result is Result.FAILED) == bool(bad)
    folder = past.run("run-1", closed=code, watch=(seen, watched))
    said = replay("--json")
    assert said.exit_code == code
    assert json.loads(said.output)["watched"]["seen"] == watched.seen
    (folder.evidence / "watch.json").write_text("{}")
    assert isinstance(replay().exception, EvidenceRefused)


def test_a_better_result_put_in_the_place_of_a_bad_one_is_refused(
    past: Past, replay: Replay
) -> None:
    """Evidence of its own gate, well formed, about the same release."""
    past.run("run-1", BAD).write(HEALTH)
    assert isinstance(replay().exception, EvidenceRefused)


def test_what_an_older_gate_said_otherwise_is_shown(past: Past, replay: Replay) -> None:
    """Evidence and policy are the recorded ones: then it is the gate that changed."""
    folder = past.run("run-1")
    verdict = judge(subject(), EvidenceBundle.of(folder.all()), POLICY)
    first = replace(verdict.rows[0], seen="all was well in those days")
    older = replace(verdict, rows=(first, *verdict.rows[1:]))
    policy = write_policy(folder.path, POLICY)
    past.ledger.append(VerdictReached("run-1", now(), older, policy))
    differs: Any = replay().exception
    assert isinstance(differs, JudgedOtherwise)
    assert differs.exit_code is ExitCode.DEFECT
    assert '-   "seen": "all was well in those days"' in differs.why
    assert verdict.rows[0].seen in differs.why


def test_a_run_is_named_by_its_beginning(past: Past, replay: Replay) -> None:
    """As long as no other run begins so."""
    past.run("20250101-a")
    past.run("20250102-b", BAD)
    past.ledger.append(RunOpened("20250103-c", now(), "deploy", "a", "b", ""))
    assert replay("20250101").exit_code == ExitCode.PASSED
    assert replay().exit_code == ExitCode.BLOCKED
    for name, told in (
        ("2025", "2 runs begin with 2025"),
        ("20250103", "reached no verdict"),
        ("1999", "there is no run 1999"),
    ):
        problem: Any = replay(name).exception
        assert isinstance(problem, UsageProblem)
        assert told in problem.what


def test_where_nothing_was_judged_there_is_nothing_to_replay(replay: Replay) -> None:
    """It says so, and where to look."""
    problem = replay().exception
    assert isinstance(problem, UsageProblem)
    assert "gate status" in problem.advice
