"""``gate load``, its workers, ``gate calibrate``: on a real platform.

One small app for all; what is on staging does the same as what is in production.
"""

import contextlib
import json
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from click.testing import CliRunner

from gate.cli import gate as command
from gate.errors import ExitCode, GateError
from gate.ledger.calibration_file import FILE
from tests_integration.gate.cli.gate_command import Said, gate
from tests_unit.gate.fakes.project import Project

SERVER = """
import os
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        self.send_response(200)
        self.send_header("X-Release", os.environ["HEROKU_RELEASE_VERSION"])
        self.send_header("Content-Length", "6")
        self.end_headers()
        self.wfile.write(b"orders")

    def log_message(self, *_):
        pass


address = (os.environ["HOST"], int(os.environ["PORT"]))
ThreadingHTTPServer(address, Handler).serve_forever()
"""
SCENARIO = """
from locust import FastHttpUser, task


class Shopper(FastHttpUser):
    @task
    def look(self):
        self.client.get("/orders")
"""
SETTINGS = """
[tool.gate]
pytest_options = ["-p", "no:schemathesis", "-p", "no:hypothesispytest"]
[tool.gate.health]
path = "/"
[tool.gate.load]
errors = "exclude > 5%"
cpu = "not asked"
memory = "not asked"
crashes = "not asked"
users = 1
longest = 20
latency = { p50 = "exclude > +200%", p95 = "not asked" }
"""
FILES = {
    "pyproject.toml": SETTINGS,
    "Procfile": "web: python main.py\n",
    "main.py": SERVER,
    "requirements.txt": "",
    "load/locustfile.py": SCENARIO,
}


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    """One release in production, and a later one on staging."""
    project = Project.at(tmp_path_factory.mktemp("load") / "shop")
    project.commit(FILES)
    assert gate(project.root, "local", "seed", "HEAD").code == ExitCode.PASSED
    project.commit({"main.py": f"{SERVER}# later\n"})
    assert gate(project.root, "deploy").code == ExitCode.PASSED
    yield project
    gate(project.root, "local", "down")


@pytest.fixture
def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_work_is_done_elsewhere_and_judged_here(
    project: Project, free_port: int
) -> None:
    """The load alone is one row; the worker ends when the run does, and both end well."""
    project.write({"load/locustfile.py": f"{SCENARIO}# later\n"})
    here = f"127.0.0.1:{free_port}"
    words = ("load", "--workers", "1", "--await-workers", "--listen", here, "--json")
    ended: list[Said] = []
    run = threading.Thread(target=lambda: ended.append(gate(project.root, *words)))
    run.start()
    wait_for(free_port, run)
    project.write({"load/locustfile.py": SCENARIO})
    worker = gate(project.root, "load", "worker", "--master", here)
    run.join()
    (said,) = ended
    assert said.code == ExitCode.PASSED, said
    assert "load/locustfile.py is played as it is in commit " in said.err
    assert worker.code == ExitCode.PASSED, worker
    (row,) = said.document["verdict"]["rows"]
    assert (row["category"], row["result"]) == ("load", "passed")


def test_a_scenario_that_is_not_on_staging_is_refused(project: Project) -> None:
    """Before any load, with where it is looked for."""
    said = gate(project.root, "load", GATE_LOAD_FILE="load/nothing.py")
    assert said.code == ExitCode.USAGE
    assert "there is no load/nothing.py in commit " in said.err


def wait_for(port: int, run: threading.Thread) -> None:
    """Return when the run listens for workers."""
    pause = threading.Event()
    while run.is_alive():
        with contextlib.suppress(OSError):
            socket.create_connection(("127.0.0.1", port)).close()
            return
        pause.wait(0.1)


def test_a_release_is_judged_against_itself_until_interrupted(
    project: Project,
) -> None:
    """What was measured is kept, and the baseline app has its own slug again."""
    before = on_the_baseline_app(project)
    child = subprocess.Popen(
        [sys.executable, "-m", "gate", "calibrate", "--runs", "50", "--json"],
        cwd=project.root,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert child.stderr is not None
    for line in child.stderr:
        if "run 1 of 50" in line:
            child.terminate()
            break
    out, _ = child.communicate(timeout=60)
    assert child.returncode == ExitCode.INTERRUPTED
    told = json.loads(out)
    assert 1 <= told["runs"] < told["asked_runs"] == 50
    assert told["alarms"] == told["lowest"] == 0
    assert {each["metric"] for each in told["exclusions"]} == {"errors", "latency.p50"}
    assert json.loads((project.root / ".gate" / FILE).read_text())["runs"] >= 1
    assert on_the_baseline_app(project) == before


def on_the_baseline_app(project: Project) -> str:
    """The commit that it serves."""
    status = gate(project.root, "local", "status", "--json").document
    (app,) = [each for each in status["apps"] if each["name"] == "shop-baseline"]
    return str(app["commit"])


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        ("--longest -1", ExitCode.USAGE, "[tool.gate.load] longest"),
        ("--workers 9", ExitCode.USAGE, "workers: 9 cannot share 1 user"),
        ("--listen 127.0.0.1:7", ExitCode.USAGE, "none are awaited"),
        ("worker --master here", ExitCode.USAGE, "'here' is no address"),
        ("worker --master {nobody}", ExitCode.UNAVAILABLE, "nobody hands out work at"),
        ("worker --master {somebody} --file x.py", ExitCode.USAGE, "there is no"),
    ],
)
def test_what_cannot_be_done_is_told_before_anything_is_started(
    project: Project,
    free_port: int,
    monkeypatch: pytest.MonkeyPatch,
    words: str,
    code: ExitCode,
    told: str,
) -> None:
    """With what to do first."""
    monkeypatch.chdir(project.root)
    with socket.create_server(("127.0.0.1", 0)) as somebody:
        places = {
            "nobody": f"127.0.0.1:{free_port}",
            "somebody": f"127.0.0.1:{somebody.getsockname()[1]}",
        }
        given = words.format(**places).split()
        problem: Any = CliRunner().invoke(command, ["load", *given]).exception
    assert isinstance(problem, GateError)
    assert problem.exit_code is code
    assert told in str(problem)
    assert problem.advice
