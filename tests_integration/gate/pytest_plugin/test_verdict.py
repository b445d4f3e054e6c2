"""``pytest -m gate`` on a real platform: what was asked is judged, and nothing else."""

from collections.abc import Iterator

import pytest

from gate.errors import ExitCode
from tests_integration.gate.cli.gate_command import gate
from tests_integration.gate.pytest_plugin.test_runs import Ran, run
from tests_unit.gate.fakes.project import Project

PYPROJECT = """
[tool.pytest.ini_options]
addopts = ["-pno:schemathesis", "-pno:hypothesispytest"]
[tool.gate.health]
path = "/"
hold = 0.2
probes = 2
"""
SERVER = """
import os
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.send_header("X-Release", os.environ["HEROKU_RELEASE_VERSION"])
        self.end_headers()

    def log_message(self, *_):
        pass


address = (os.environ["HOST"], int(os.environ["PORT"]))
ThreadingHTTPServer(address, Handler).serve_forever()
"""
FILES = {
    "pyproject.toml": PYPROJECT,
    "Procfile": "web: python main.py\n",
    "main.py": SERVER,
    "requirements.txt": "",
    "tests_unit/app/test_unit.py": "def test_unit(): pass\n",
    "tests_integration/app/test_together.py": "def test_together(app_url): pass\n",
}


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    """An app that serves, never released to production."""
    project = Project.at(tmp_path_factory.mktemp("verdict") / "shop")
    project.commit(FILES)
    yield project
    gate(project.root, "local", "down")


def judged(ran: Ran) -> dict[str, str]:
    """The categories in the verdict's table, and how they came out."""
    table = ran.out.partition("release gate")[2]
    rows = [line.split() for line in table.splitlines() if line.startswith("  ")]
    return {row[0]: row[2] for row in rows if len(row) > 2 and row[1] in "✓✗?-"}


@pytest.mark.parametrize("workers", ["-n0", "-n2"])
def test_what_was_deselected_is_not_asked(project: Project, workers: str) -> None:
    """A part that is good passes, and nothing is told to follow from a part."""
    ran = run(project.root, "-m", "gate and (health or unit)", workers)
    assert ran.code == ExitCode.PASSED, ran.out
    assert judged(ran) == {"health": "passed", "unit": "passed"}
    assert "is: health passed, unit passed" in ran.out


def test_what_was_not_deselected_and_did_not_run_is_missing(project: Project) -> None:
    """However else it was left out: all suites are asked, and one test alone ran."""
    ran = run(project.root, "-m", "gate", "-k", "test_unit", "-n0")
    assert ran.code == pytest.ExitCode.TESTS_FAILED, ran.out
    assert ran.passed == {"unit"}
    came = judged(ran)
    assert came.pop("unit") == "passed"
    assert set(came) == {"health", "contract", "integration", "load"}
    assert "passed" not in came.values()
    assert "is: block" in ran.out
    assert ran.out.count("evidence/missing") >= 3
