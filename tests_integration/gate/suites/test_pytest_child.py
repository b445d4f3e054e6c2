"""Suites as real pytest runs in small projects, and the evidence they leave."""

import textwrap
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from gate.model.evidence import (
    Case,
    CaseRun,
    Category,
    Completion,
    ContractEvidence,
    Evidence,
    HealthEvidence,
    IntegrationEvidence,
    LoadEvidence,
    Outcome,
    UnitEvidence,
)
from gate.model.plan import HealthPlan, Plans
from gate.model.subject import Subject
from gate.suites.control import with_control
from gate.suites.pytest_child import run_suite
from gate.suites.run_folder import RunFolder
from tests_unit.gate.fakes.good_run import FAILED, PASSED, release, subject
from tests_unit.gate.fakes.project import Project
from tests_unit.gate.fakes.web import Reply, Request, serving

UNIT, INTEGRATION = "tests_unit/app/test_app.py", "tests_integration/app/test_app.py"
PYPROJECT = """
[tool.pytest.ini_options]
pythonpath = ["."]
addopts = ["-n2", "--strict-markers", "-pno:schemathesis", "-pno:hypothesispytest"]
"""
APP = {
    "app/__init__.py": "",
    "app/prices.py": "def net(price):\n    return price\n",
    "pyproject.toml": PYPROJECT,
}
MIXED = """
import pytest
from app.prices import net
def test_good(): assert net(1) == 1
def test_bad(): assert net(1) == 2
def test_later(): pytest.skip("not today")
@pytest.fixture
def broken(): raise RuntimeError("no database")
def test_error(broken): pass
"""
GOOD = "from app.prices import net\ndef test_good(): assert net(1) == 1\n"
Run = Callable[..., Evidence | None]


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A small project with an app, and no test yet."""
    project = Project.at(tmp_path / "shop")
    project.commit(APP)
    return project


@pytest.fixture
def folder(tmp_path: Path) -> RunFolder:
    """A prepared run of the first release."""
    folder = RunFolder(tmp_path / "run")
    plans = Plans(pytest_options=("-p", "no:schemathesis", "-p", "no:hypothesispytest"))
    folder.prepare(subject(baseline=False), plans)
    return folder


@pytest.fixture
def run(project: Project, folder: RunFolder) -> Run:
    """Runs one suite of the project."""

    def run(
        category: Category, files: dict[str, str], deadline: float = 60.0
    ) -> Evidence | None:
        project.commit(files)
        paths = [f"tests_{category}/app"]
        return run_suite(
            category, paths, checkout=project.root, folder=folder, deadline=deadline
        )

    return run


def outcomes(cases: CaseRun) -> dict[str, Outcome]:
    """How each test ended, by its short name."""
    return {case.id.rpartition("::")[2]: case.outcome for case in cases.cases}


def test_pytest_gets_the_options_of_the_plans(run: Run) -> None:
    """Such as plugins to leave out."""
    asks = """
    def test_plugins(pytestconfig):
        has = pytestconfig.pluginmanager.hasplugin
        assert has("timeout") and not has("schemathesis")
    """
    evidence = run(Category.UNIT, {UNIT: textwrap.dedent(asks)})
    assert isinstance(evidence, UnitEvidence)
    assert outcomes(evidence.run) == {"test_plugins": Outcome.PASSED}


def test_each_test_is_told_as_it_ended(run: Run, folder: RunFolder) -> None:
    """Passed, failed, skipped with its reason; an error in a fixture is a failure."""
    evidence = run(Category.UNIT, {UNIT: MIXED})
    assert isinstance(evidence, UnitEvidence)
    assert evidence.run.completion is Completion.COMPLETE
    assert outcomes(evidence.run) == {
        "test_good": Outcome.PASSED,
        "test_bad": Outcome.FAILED,
        "test_later": Outcome.SKIPPED,
        "test_error": Outcome.FAILED,
    }
    messages = {
        case.id.rpartition("::")[2]: case.message for case in evidence.run.cases
    }
    assert "assert 1 == 2" in messages["test_bad"]
    assert "not today" in messages["test_later"]
    assert "no database" in messages["test_error"]
    assert folder.find("unit") == evidence


def test_a_suite_without_tests_is_complete_and_empty(run: Run) -> None:
    """It is the judge who says that this is not enough."""
    evidence = run(Category.UNIT, {"tests_unit/app/__init__.py": ""})
    assert evidence == UnitEvidence(CaseRun(Completion.COMPLETE), first=True)


def test_a_suite_whose_folder_is_missing_is_no_success(run: Run) -> None:
    """Nothing ran, or the suite broke: never a pass."""
    evidence = run(Category.UNIT, {"README": "no tests here"})
    assert isinstance(evidence, UnitEvidence)
    assert not evidence.run.having(Outcome.PASSED)


def test_tests_that_cannot_be_imported_break_the_suite(run: Run) -> None:
    """Though others ran: what is not known is not small."""
    other = UNIT.replace("test_app", "test_other")
    evidence = run(Category.UNIT, {UNIT: "import no_such_thing\n", other: GOOD})
    assert isinstance(evidence, UnitEvidence)
    assert evidence.run.completion is Completion.CRASHED
    assert "no_such_thing" in evidence.run.trouble


def test_a_suite_that_hangs_is_ended_at_its_deadline(run: Run) -> None:
    """And told as not done in time."""
    hangs = "import time\ndef test_hangs(): time.sleep(600)\n"
    evidence = run(Category.UNIT, {UNIT: hangs}, deadline=4.0)
    assert isinstance(evidence, UnitEvidence)
    assert evidence.run.completion is Completion.TIMED_OUT
    assert "4 s" in evidence.run.trouble


def test_a_suite_that_dies_is_broken_whatever_its_exit_code(run: Run) -> None:
    """Exit code 0 without an account of the tests is no success."""
    dies = "import os\ndef test_dies(): os._exit(0)\n"
    evidence = run(Category.UNIT, {UNIT: dies})
    assert isinstance(evidence, UnitEvidence)
    assert evidence.run.completion is Completion.CRASHED


def test_a_project_cannot_talk_its_red_tests_green(run: Run) -> None:
    """A conftest that sets the exit code to 0 contradicts the tests' own account."""
    conftest = (
        "import pytest\n"
        "@pytest.hookimpl(trylast=True)\n"
        "def pytest_sessionfinish(session): session.exitstatus = 0\n"
    )
    files = {UNIT: "def test_bad(): assert 0\n", "tests_unit/app/conftest.py": conftest}
    evidence = run(Category.UNIT, files)
    assert isinstance(evidence, UnitEvidence)
    assert evidence.run.completion is Completion.CRASHED
    assert evidence.run.having(Outcome.FAILED)


def test_an_internal_error_of_pytest_breaks_the_suite(run: Run) -> None:
    """It is not the release that is bad."""
    conftest = "def pytest_runtest_call(item): raise KeyboardInterrupt\n"
    files = {UNIT: GOOD, "tests_unit/app/conftest.py": conftest}
    evidence = run(Category.UNIT, files)
    assert isinstance(evidence, UnitEvidence)
    assert evidence.run.completion is Completion.CRASHED


def test_a_project_without_settings_of_its_own_is_understood(
    project: Project, run: Run
) -> None:
    """No pyproject.toml: tests are found where they are by default."""
    project.git("rm", "--quiet", "pyproject.toml")
    evidence = run(Category.UNIT, {UNIT: "def test_good(): pass\n"})
    assert isinstance(evidence, UnitEvidence)
    assert outcomes(evidence.run) == {"test_good": Outcome.PASSED}


def test_unit_tests_tell_which_changed_lines_they_executed(
    project: Project, folder: RunFolder, run: Run
) -> None:
    """Since production's commit, in the sources that the plan names."""
    since = project.git("rev-parse", "HEAD")
    old = release("shop-production", 7, since)
    folder.prepare(replace(subject(), baseline=old), Plans())
    changed = "def net(price):\n    return price + 0\n\n\ndef rest():\n    return 1\n"
    evidence = run(Category.UNIT, {UNIT: GOOD, "app/prices.py": changed})
    assert isinstance(evidence, UnitEvidence)
    assert evidence.trouble == ""
    assert evidence.changed is not None
    assert [(m.path, m.lines) for m in evidence.changed.missed] == [
        ("app/prices.py", (6,))
    ]


def test_a_commit_that_is_not_in_this_clone_is_told(
    folder: RunFolder, run: Run
) -> None:
    """As in a shallow clone: with what to do."""
    folder.prepare(subject(), Plans())
    evidence = run(Category.UNIT, {UNIT: GOOD})
    assert isinstance(evidence, UnitEvidence)
    assert evidence.changed is None
    assert "fetch the whole history" in evidence.trouble


ASKS = """
import urllib.request
def asked(url): return urllib.request.urlopen(url).read()
def test_stock(app_url): assert asked(app_url + "/stock") == b"plenty"
def test_price(app_url): assert asked(app_url + "/price") == b"5"
def test_alone(): pass
"""


def shop(stock: bytes, price: bytes) -> Callable[[Request], Reply]:
    """A shop that tells its stock and its price."""
    return lambda request: Reply(200, stock if request.path == "/stock" else price)


def test_what_is_red_on_the_candidate_is_asked_of_the_baseline(
    run: Run, project: Project, folder: RunFolder
) -> None:
    """Only the red tests, from the same checkout, with another address."""
    with (
        serving(shop(b"none", b"6")) as here,
        serving(shop(b"none", b"5")) as there,
    ):
        about = subject(here, control_url=there)
        folder.prepare(about, Plans())
        evidence = run(Category.INTEGRATION, {INTEGRATION: ASKS})
        assert isinstance(evidence, IntegrationEvidence)
        told = with_control(
            evidence, about, Plans(), folder=folder, checkout=project.root
        )
    assert told.run == evidence.run
    assert outcomes(told.run) == {
        "test_stock": Outcome.FAILED,
        "test_price": Outcome.FAILED,
        "test_alone": Outcome.PASSED,
    }
    assert told.control is not None
    assert outcomes(told.control) == {
        "test_stock": Outcome.FAILED,
        "test_price": Outcome.PASSED,
    }


@pytest.mark.parametrize(
    ("case", "about"), [(FAILED, subject(baseline=False)), (PASSED, subject())]
)
def test_green_tests_and_first_releases_need_no_control(
    tmp_path: Path, folder: RunFolder, case: Case, about: Subject
) -> None:
    """Nothing is red, or there is nobody else to ask: the evidence stays as it is."""
    evidence = IntegrationEvidence(CaseRun(Completion.COMPLETE, (case,)))
    told = with_control(evidence, about, Plans(), folder=folder, checkout=tmp_path)
    assert told is evidence
    assert not folder.control.path.exists()


def test_health_is_measured_also_where_no_test_asks(
    project: Project, folder: RunFolder
) -> None:
    """A project without health tests has its health probed all the same."""
    plans = Plans(health=HealthPlan(probes=5, hold=0.2))
    with serving(lambda _: Reply(200, b"ready")) as url:
        folder.prepare(subject(url, baseline=False), plans)
        evidence = run_suite(
            Category.HEALTH,
            plans.health.paths,
            checkout=project.root,
            folder=folder,
            deadline=60,
        )
    assert isinstance(evidence, HealthEvidence)
    assert len(evidence.probes) == 5
    assert all(probe.good for probe in evidence.probes)
    (case,) = evidence.run.cases
    assert (case.measured, case.outcome) == (True, Outcome.PASSED)


def test_a_red_measurement_and_a_red_test_are_told_apart(
    project: Project, folder: RunFolder
) -> None:
    """The measuring test is red because of the numbers; the other has its own say."""
    tests = (
        "def test_measured(gate_health): gate_health.check()\n"
        "def test_own(app_url): assert app_url == 'elsewhere'\n"
    )
    project.commit({"tests_integration/app/test_health.py": tests})
    plans = Plans(health=HealthPlan(probes=5, hold=0.2))
    with serving(lambda _: Reply(503, b"no")) as url:
        folder.prepare(subject(url, baseline=False), plans)
        evidence = run_suite(
            Category.HEALTH,
            plans.health.paths,
            checkout=project.root,
            folder=folder,
            deadline=60,
        )
    assert isinstance(evidence, HealthEvidence)
    told = {c.id.rpartition("::")[2]: c for c in evidence.run.cases}
    assert set(told) == {"test_measured", "test_own"}
    assert told["test_measured"].measured
    assert "health/bad-answers" in told["test_measured"].message
    assert not told["test_own"].measured
    assert not any(probe.good for probe in evidence.probes)


@pytest.mark.parametrize(
    ("category", "broken"),
    [
        (Category.HEALTH, HealthEvidence),
        (Category.CONTRACT, ContractEvidence),
        (Category.INTEGRATION, IntegrationEvidence),
        (Category.LOAD, LoadEvidence),
    ],
)
def test_whatever_suite_breaks_leaves_evidence_of_its_kind(
    project: Project, folder: RunFolder, category: Category, broken: type[Evidence]
) -> None:
    """Not done in time, with nothing measured."""
    evidence = run_suite(
        category, ["app"], checkout=project.root, folder=folder, deadline=0.05
    )
    assert isinstance(evidence, broken)
    assert evidence.run.completion is Completion.TIMED_OUT  # type: ignore[union-attr]
    if isinstance(evidence, LoadEvidence):
        assert not evidence.events
