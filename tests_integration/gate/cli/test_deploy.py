"""``gate deploy``: other people's apps, and what is told when they do not work."""

from collections.abc import Iterator

import pytest

from gate.errors import ExitCode
from tests_integration.gate.cli.gate_command import gate
from tests_unit.gate.fakes.project import Project

SERVER = """
import os
from http.server import BaseHTTPRequestHandler, HTTPServer


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.send_header("X-Release", os.environ["HEROKU_RELEASE_VERSION"])
        self.end_headers()
        self.wfile.write(b"orders")


address = (os.environ["HOST"], int(os.environ["PORT"]))
HTTPServer(address, Handler).serve_forever()
"""
BROKEN = """
def connect():
    raise LookupError("no such host: db.internal")


connect()
"""
SETTINGS = '[tool.gate]\napp_root = "services/orders"\n'
ORDERS = {
    "pyproject.toml": SETTINGS,
    "services/orders/Procfile": "web: python main.py\n",
    "services/orders/main.py": SERVER,
    "services/orders/requirements.txt": "",
}


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    """A repository whose app is in a folder of it; its platform is taken down."""
    project = Project.at(tmp_path_factory.mktemp("repository") / "shop")
    project.commit(ORDERS | {"services/prices/Procfile": "", "README.md": "hello\n"})
    yield project
    gate(project.root, "local", "down")


def test_a_procfile_elsewhere_in_the_repository_is_pointed_at(project: Project) -> None:
    """The setting that is missing is named, ready to be copied."""
    said = gate(project.root, "deploy", "--json", GATE_APP_ROOT=".")
    assert said.code == ExitCode.USAGE
    assert "has no Procfile" in said.document["what"]
    assert 'app_root = "services/orders"' in said.document["advice"]


def test_a_folder_without_a_procfile_is_named(project: Project) -> None:
    """With the path that was looked at."""
    said = gate(project.root, "deploy", "--json", GATE_APP_ROOT="services")
    assert said.code == ExitCode.USAGE
    assert "has no services/Procfile" in said.document["what"]
    said = gate(project.root, "deploy", "--json", GATE_APP_ROOT="services/prices")
    assert "services/prices/Procfile" in said.document["what"]
    assert "has no web process" in said.document["what"]


def test_the_app_of_a_folder_is_deployed_and_what_its_build_warns_of_is_told(
    project: Project,
) -> None:
    """Only that folder: the app runs at its top."""
    commit = project.commit(
        ORDERS
        | {
            "services/orders/.python-version": "3.99\n",
            "services/orders/Procfile": "release: ls main.*\nweb: python main.py\n",
        }
    )
    said = gate(project.root, "deploy")
    assert said.code == ExitCode.PASSED, said
    assert f"({commit[:8]}) serves" in said.out
    assert "Warning: .python-version asks for Python 3.99" in said.err
    log = gate(project.root, "local", "logs").out
    assert "app[release." in log
    assert "]: main.py\n" in log


@pytest.mark.parametrize(
    ("files", "told"),
    [
        ({"requirements.txt": "./not-here\n"}, "uv pip install ended with status"),
        (
            {"Procfile": "release: python broken.py\nweb: python main.py\n"},
            "app[release.",
        ),
        ({"Procfile": "web: python broken.py\n"}, "app[web.1]"),
    ],
)
def test_what_does_not_work_shows_the_end_of_what_it_said(
    project: Project, files: dict[str, str], told: str
) -> None:
    """A build its output, a release command and a web process their traceback."""
    working = ORDERS | {"services/orders/broken.py": BROKEN}
    project.commit(
        working | {f"services/orders/{name}": text for name, text in files.items()}
    )
    said = gate(project.root, "deploy")
    assert said.code == ExitCode.BLOCKED, said
    everything = said.out + said.err
    assert told in everything
    if "app[" in told:
        assert "LookupError: no such host: db.internal" in said.out
        assert "Process exited with status 1" in said.out


def test_a_release_that_never_listens_is_told_with_its_own_words_only(
    project: Project,
) -> None:
    """What an earlier release said is not its fault."""
    broken = {"services/orders/main.py": BROKEN}
    project.commit(ORDERS | broken, "one that raises")
    assert "LookupError" in gate(project.root, "deploy").out
    waits = "import time\nprint('waiting for nobody')\ntime.sleep(60)\n"
    project.commit(ORDERS | {"services/orders/main.py": waits}, "one that waits")
    said = gate(project.root, "deploy", GATE_HEALTH_BOOT="1.5")
    assert said.code == ExitCode.BLOCKED, said
    assert "app[web.1]: waiting for nobody" in said.out
    assert "LookupError" not in said.out
