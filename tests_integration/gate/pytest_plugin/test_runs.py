"""The plugin in small projects: what runs, what is left out, what is left behind."""

import os
import re
import subprocess
import sys
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from gate.model.evidence import Outcome, UnitEvidence
from gate.model.plan import Plans
from gate.suites.run_folder import RunFolder
from tests_unit.gate.fakes.good_run import release, subject
from tests_unit.gate.fakes.project import Project

USAGE_ERROR = 4
PYPROJECT = """
[tool.pytest.ini_options]
pythonpath = ["."]
addopts = ["--strict-markers", "-pno:schemathesis", "-pno:hypothesispytest", "-ra"]
"""
GREEN = "def test_{}(): pass\n"
FILES = {
    "pyproject.toml": PYPROJECT + "[tool.gate]\n",
    "app/__init__.py": "def one():\n    return 1\n\n\ndef two():\n    return 2\n",
    "tests_unit/app/test_unit.py": GREEN.format("unit"),
    "tests_unit/other/test_other.py": GREEN.format("other"),
    "tests_contract/app/test_contract.py": GREEN.format("contract"),
    "tests_integration/app/test_together.py": GREEN.format("together"),
    "tests_integration/app/test_health.py": GREEN.format("health"),
    "load/test_load.py": GREEN.format("load"),
}


@dataclass(frozen=True)
class Ran:
    """How a pytest run ended, and what it printed."""

    code: int
    out: str

    @property
    def passed(self) -> set[str]:
        """The tests that passed, by their short names."""
        found = re.findall(r"::test_(\w+) PASSED|PASSED \S*::test_(\w+)", self.out)
        return {alone or distributed for alone, distributed in found}


def run(folder: Path, *arguments: str, **variables: str) -> Ran:
    """Run pytest in *folder*; of our variables it is given PATH and HOME."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    ceiling = {"GIT_CEILING_DIRECTORIES": str(folder.parent)}
    finished = subprocess.run(
        [sys.executable, "-m", "pytest", "-v", "-pno:cacheprovider", *arguments],
        cwd=folder,
        env={**kept, **ceiling, "PYTHONDONTWRITEBYTECODE": "1", **variables},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=120,
        check=False,
    )
    return Ran(finished.returncode, finished.stdout)


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A project with a test in each suite, and one outside of all."""
    project = Project.at(tmp_path / "shop")
    project.commit(FILES)
    return project


def test_a_plain_run_leaves_out_what_needs_a_candidate(project: Project) -> None:
    """Unit tests run as ever; the others are deselected, and nothing is started."""
    ran = run(project.root)
    assert ran.code == 0
    assert ran.passed == {"unit", "other"}
    assert "4 deselected" in ran.out
    assert not (project.root / ".gate").exists()


def test_a_list_of_tests_needs_no_candidate(project: Project) -> None:
    """The gate's tests are told as ever, and nothing is started for that."""
    ran = run(project.root, "-m", "gate", "--collect-only")
    assert ran.code == 0
    assert set(re.findall(r"<Function test_(\w+)>", ran.out)) == {
        *("unit", "contract", "together", "health", "load")
    }
    assert not (project.root / ".gate").exists()


def test_suites_can_be_chosen_by_their_marks(project: Project) -> None:
    """The marks are there without the project having registered them."""
    ran = run(project.root, "-m", "unit")
    assert ran.code == 0
    assert ran.passed == {"unit"}
    marks = run(project.root, "--markers").out
    assert all(f"@pytest.mark.{name}:" in marks for name in ("gate", "unit", "load"))


def test_a_project_that_never_heard_of_the_gate_keeps_its_tests(
    tmp_path: Path,
) -> None:
    """Installing the gate does not take away tests that are marked integration."""
    stranger = Project.at(tmp_path / "stranger")
    marked = "import pytest\n@pytest.mark.integration\ndef test_mine(): pass\n"
    stranger.commit({"pyproject.toml": PYPROJECT, "tests/test_mine.py": marked})
    assert run(stranger.root).passed == {"mine"}


def test_mistakes_in_the_settings_end_a_gates_run_before_it_begins(
    project: Project,
) -> None:
    """All of them told, by pytest's own code for wrong usage; a plain run goes on."""
    wrong = "[tool.gate]\nstagin = 'x'\n[tool.gate.health]\nprobes = 0\n"
    project.write({"pyproject.toml": PYPROJECT + wrong})
    ran = run(project.root, "-m", "gate")
    assert ran.code == USAGE_ERROR
    assert "stagin" in ran.out
    assert "probes" in ran.out
    assert "unit" in run(project.root).passed


def test_outside_of_a_repository_a_gates_run_is_wrong_usage(tmp_path: Path) -> None:
    """It says so, without a traceback and without a platform."""
    (tmp_path / "pyproject.toml").write_text(PYPROJECT)
    ran = run(tmp_path, "-m", "gate")
    assert ran.code == USAGE_ERROR
    assert "is not in a git repository" in ran.out
    assert "Traceback" not in ran.out
    assert not (tmp_path / ".gate").exists()


def test_a_test_that_needs_a_candidate_says_how_to_get_one(project: Project) -> None:
    """It fails, and does not hang or guess an address."""
    asks = "def test_asks(app_url): pass\ndef test_measures(gate_load): pass\n"
    project.write({"tests_unit/other/test_other.py": asks})
    ran = run(project.root, "tests_unit/other")
    assert ran.code == 1
    assert ran.out.count("there is no candidate: run") >= 2


@pytest.mark.parametrize("workers", ["-n0", "-n2"])
def test_a_prepared_run_leaves_evidence_however_many_workers_run_it(
    project: Project, tmp_path: Path, workers: str
) -> None:
    """Cases and executed lines of all workers together; the table is not its to print."""
    since = project.git("rev-parse", "HEAD")
    halves = {
        f"tests_unit/app/test_{name}.py": (
            f"import app\ndef test_{name}(): assert app.{name}()\n"
        )
        for name in ("one", "two")
    }
    changed = FILES["app/__init__.py"].replace("return", "return 0 +")
    project.commit({"app/__init__.py": changed, **halves})
    folder = RunFolder(tmp_path / "run")
    old = release("shop-production", 7, since)
    folder.prepare(replace(subject(), baseline=old), Plans())
    ran = run(project.root, "-m", "gate and unit", f"--gate-run={folder.path}", workers)
    assert ran.code == 0, ran.out
    assert ran.passed == {"unit", "one", "two"}
    evidence = folder.find("unit")
    assert isinstance(evidence, UnitEvidence)
    assert len(evidence.run.having(Outcome.PASSED)) == 3
    assert evidence.changed is not None
    assert (evidence.changed.changed, evidence.changed.missed) == (2, ())
    assert folder.find("integration") is None
    assert "release gate" not in ran.out


def test_a_prepared_run_that_is_none_is_wrong_usage(
    project: Project, tmp_path: Path
) -> None:
    """A folder without a run is told, not taken for an empty one."""
    ran = run(project.root, "-m", "gate and unit", f"--gate-run={tmp_path / 'none'}")
    assert ran.code == USAGE_ERROR
    assert "cannot be read" in ran.out
    assert "Traceback" not in ran.out


def test_tests_are_told_where_the_candidate_and_its_components_serve(
    project: Project, tmp_path: Path
) -> None:
    """By fixtures, out of the prepared run."""
    asks = (
        "def test_where(app_url, components):\n"
        "    assert app_url == 'http://127.0.0.1:9'\n"
        "    assert components == {'pricing': 'http://127.0.0.1:8'}\n"
    )
    project.write({"tests_integration/app/test_together.py": asks})
    folder = RunFolder(tmp_path / "run")
    about = replace(subject(), components={"pricing": "http://127.0.0.1:8"})
    folder.prepare(about, Plans())
    ran = run(project.root, "-m", "gate and integration", f"--gate-run={folder.path}")
    assert ran.passed == {"where"}, ran.out
    assert folder.find("integration") is not None


def test_a_project_that_takes_warnings_for_errors_can_use_the_fixtures(
    project: Project, tmp_path: Path
) -> None:
    """The gate brings no warning of its own into a run."""
    asks = "def test_where(app_url, components): assert app_url\n"
    project.write({"tests_integration/app/test_together.py": asks})
    folder = RunFolder(tmp_path / "run")
    folder.prepare(subject(), Plans())
    prepared = f"--gate-run={folder.path}"
    ran = run(project.root, "-Werror", "-m", "gate and integration", prepared)
    assert ran.passed == {"where"}, ran.out
