"""``gate resume``: what was left is brought to its end, or it is told what serves."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from gate.cli.resume import worst
from gate.errors import ExitCode
from gate.ledger.chronicle import begun, now
from gate.ledger.records import HoldAcknowledged, Record, RunClosed
from gate.ledger.store import Ledger
from gate.model.ending import Ending
from gate.model.premises import Premises
from tests_integration.gate.cli.gate_command import gate
from tests_unit.gate.fakes.project import Project


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    """A repository with one commit; its platform is taken down."""
    project = Project.at(tmp_path / "shop")
    project.commit({"pyproject.toml": "[tool.gate]\npipeline = 'shop'\n"})
    yield project
    gate(project.root, "local", "down")


def test_a_run_that_promoted_nothing_is_settled_and_that_is_no_failure(
    project: Project,
) -> None:
    """As after SIGKILL; afterwards there is nothing to resume, and nothing is written.

    Neither to the ledger nor to the platform: where there are no apps none are made.
    """
    run = left_open(project)
    said = gate(project.root, "resume")
    assert said.code == 0, said
    assert f"run {run}:" in said.out
    assert "nothing was" in said.out
    assert "production: the old release serves" in said.out
    assert f"run {run} is settled" in said.err
    ledger = Ledger(project.root / ".gate" / "ledger.db")
    before = list(ledger.records())
    told = gate(project.root, "resume", "--json").document
    assert list(ledger.records()) == before
    ledger.close()
    assert (told["runs"], told["says"]) == ([], "nothing to resume")
    assert told["standing"] == "the old release serves"
    assert told["known"] == "there is no app shop-production yet"


def recorded(project: Project) -> list[Record]:
    """All that the ledger holds."""
    ledger = Ledger(project.root / ".gate" / "ledger.db")
    found = list(ledger.records())
    ledger.close()
    return found


def left_held(project: Project) -> str:
    """A promotion that ended held: a person is needed."""
    run, known = left_open(project), "v9 is live, which somebody else released"
    ledger = Ledger(project.root / ".gate" / "ledger.db")
    ledger.append(RunClosed(run, now(), 22, "v9 is nobody's", "held", known))
    ledger.close()
    return run


def test_a_hold_is_named_each_time_until_a_person_acknowledges_it(
    project: Project,
) -> None:
    """However well production looks, and beside what was settled; then it is told."""
    run = left_held(project)
    left = left_open(project)
    first = gate(project.root, "resume")
    assert first.code == ExitCode.HELD, first
    for words in (f"run {run}:", f"run {left}:", "held since 2", "v9 is nobody's"):
        assert words in first.out
    assert "production: held: v9 is live, which somebody else released" in first.out
    before = recorded(project)
    again = gate(project.root, "resume", "--json")
    assert (again.code, again.document["outcome"]) == (ExitCode.HELD, "held")
    assert [each["run"] for each in again.document["runs"]] == [run]
    assert '--acknowledge "NAME: REASON"' in again.document["advice"]
    for wrong in ("Ada", "Ada:", ": it was mine"):
        refused = gate(project.root, "resume", "--acknowledge", wrong)
        assert refused.code == ExitCode.USAGE, refused
        assert "next: say it as --acknowledge " in refused.err
    assert recorded(project) == before
    said = gate(project.root, "resume", "--acknowledge", "Ada: it was mine")
    assert said.code == ExitCode.PASSED, said
    assert f"run {run}: held, acknowledged by Ada: it was mine" in said.err
    assert "nothing to resume" in said.out
    (*_, last) = recorded(project)
    assert isinstance(last, HoldAcknowledged)
    assert (last.run, last.name, last.reason) == (run, "Ada", "it was mine")
    assert gate(project.root, "resume").code == ExitCode.PASSED


def test_where_nothing_is_held_there_is_nothing_to_acknowledge(
    project: Project,
) -> None:
    """It says so, and records nothing."""
    said = gate(project.root, "resume", "--acknowledge", "Ada: it was mine")
    assert said.code == ExitCode.USAGE
    assert "there is no hold" in said.err
    assert recorded(project) == []


def left_open(project: Project) -> str:
    """A promotion that was begun, and never ended."""
    ledger = Ledger(project.root / ".gate" / "ledger.db")
    premises = Premises("shop", "shop-staging", "shop-production")
    run = begun(ledger, "promote", premises, "c" * 40).run
    ledger.close()
    return run


@pytest.mark.parametrize(
    ("codes", "code"),
    [
        ((ExitCode.INTERRUPTED,), ExitCode.PASSED),
        ((ExitCode.ROLLED_BACK, ExitCode.PASSED), ExitCode.ROLLED_BACK),
        ((ExitCode.ROLLED_BACK, ExitCode.UNRESOLVED), ExitCode.UNRESOLVED),
        ((ExitCode.HELD, ExitCode.UNRESOLVED), ExitCode.HELD),
        ((ExitCode.DEFECT, ExitCode.HELD), ExitCode.DEFECT),
    ],
)
def test_the_worst_of_several_runs_decides(
    codes: tuple[ExitCode, ...], code: ExitCode
) -> None:
    """A run that was stopped before it promoted anything is none of them."""
    assert worst(tuple(Ending("run", each, "") for each in codes)) is code
