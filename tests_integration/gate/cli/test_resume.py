"""``gate resume``: what was left is brought to its end, or it is told what serves."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from gate.cli.resume import worst
from gate.errors import ExitCode
from gate.ledger.chronicle import begun
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
