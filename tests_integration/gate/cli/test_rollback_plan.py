"""``gate rollback --plan`` and ``gate promote --accept-rollback``, as people type them."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from gate.cli import gate as command
from gate.errors import ExitCode, UsageProblem
from gate.judges.rollback import judge_rollback
from gate.ledger.records import (
    RollbackAccepted,
    RollbackPlanned,
    RunOpened,
    VerdictReached,
)
from gate.model.rollback import Against, RollbackEvidence, RollbackPlan, WayBack
from gate.model.verdict import Action, Verdict
from gate.wiring import House, local_client
from tests_integration.gate.cli.gate_command import gate
from tests_integration.gate.cli.test_deploy import SERVER
from tests_unit.gate.fakes.project import Project

SECRET = "canary-9d2e-not-to-be-told"
APP = {"Procfile": "web: python main.py\n", "main.py": SERVER, "requirements.txt": ""}


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    """Production serves a second commit, and has got a config var between the two."""
    project = Project.at(tmp_path_factory.mktemp("repository") / "shop")
    project.commit(APP)
    assert gate(project.root, "local", "seed", "HEAD").code == ExitCode.PASSED
    here = House.around(project.root)
    client = local_client(here)
    client.set_config_vars(here.settings.production, {"PRICE": SECRET})
    project.commit({"main.py": SERVER.replace("orders", "prices")})
    assert gate(project.root, "local", "seed", "HEAD").code == ExitCode.PASSED
    yield project
    gate(project.root, "local", "down")


def releases(project: Project) -> list[str]:
    """All that was ever released in production."""
    here = House.around(project.root)
    production = here.settings.production
    return [each.id for each in local_client(here).releases(production)]


def test_the_plan_for_a_named_release_says_what_would_differ_and_changes_nothing(
    project: Project,
) -> None:
    """Config vars by name; their values are in no output."""
    before = releases(project)
    first = f"v{len(before) - 2}"
    said = gate(project.root, "rollback", "--plan", "--to", first, "--json")
    assert said.code == ExitCode.PASSED, said
    assert said.document["outcome"] == "safe with today's config"
    plan = said.document["plan"]
    assert plan["target"].endswith(f" {first}")
    assert plan["differs"] == ["config var PRICE was added since"]
    assert SECRET not in said.out + said.err
    assert releases(project) == before


def test_a_plan_to_a_release_of_which_nothing_is_known_is_not_called_safe(
    project: Project,
) -> None:
    """It was seeded, and never judged; the person is told how to name it."""
    said = gate(project.root, "rollback", "--plan")
    assert said.code == ExitCode.BLOCKED, said
    assert ": unsafe\n" in said.out
    assert "rollback/not-known-to-serve" in said.out
    assert "--to" in said.out


@pytest.mark.parametrize(
    "arguments",
    [
        ("rollback", "--plan", "--to", "v999"),
        ("rollback", "--plan", "--to", "latest"),
        ("rollback", "--plan", "--replacing", "v2"),
        ("promote", "--accept-rollback", "Ada"),
        ("promote", "--accept-rollback", ": because"),
    ],
)
def test_what_makes_no_sense_is_refused(
    project: Project, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...]
) -> None:
    """With an advice; nothing is deployed for it."""
    before = releases(project)
    assert refused(project, monkeypatch, *arguments).advice
    assert releases(project) == before


def refused(
    project: Project, monkeypatch: pytest.MonkeyPatch, *arguments: str
) -> UsageProblem:
    """Why a command is refused, asked in this process."""
    monkeypatch.chdir(project.root)
    with pytest.raises(UsageProblem) as caught:
        CliRunner().invoke(command, arguments, catch_exceptions=False)
    return caught.value


def test_a_plan_starts_no_platform(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It only reads, and here is nothing to read."""
    other = Project.at(tmp_path / "other")
    other.commit(APP)
    told = refused(other, monkeypatch, "rollback", "--plan")
    assert "not running" in told.what


def test_a_run_and_its_finding_are_explained(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The plan, who accepted it, and why the way back was called unsafe."""
    project = Project.at(tmp_path / "told")
    project.commit(APP)
    why = Against("rollback/slug-gone", "the slug of v7 is gone", "build it anew")
    plan = RollbackPlan("shop", "v12", "shop v7", "", WayBack.UNSAFE, (why,))
    judged = judge_rollback(RollbackEvidence(plan))
    verdict = Verdict("v12", Action.BLOCK, (), judged.findings)
    ledger = House.around(project.root).ledger()
    ledger.append(RunOpened("r1", "", "promote", "staging", "shop", "c"))
    ledger.append(RollbackPlanned("r1", "", plan))
    ledger.append(RollbackAccepted("r1", "", "Ada", "it is time"))
    ledger.append(VerdictReached("r1", "", verdict))
    ledger.close()
    monkeypatch.chdir(project.root)
    run = CliRunner().invoke(command, ["explain", "r1"], catch_exceptions=False)
    way = "way back: from the promotion of v12 back to shop v7: unsafe\n"
    assert f"planned, before any rehearsal:\n{way}" in run.output
    assert "accepted, if it is unsafe, by Ada: it is time\n" in run.output
    (finding,) = judged.findings
    one = CliRunner().invoke(command, ["explain", finding.id], catch_exceptions=False)
    assert why.says in one.output
    assert f"next: {why.advice}" in one.output
