"""``gate rehearse``, and the rehearsal within ``gate promote``, on a real platform.

A small app whose release command migrates a database of its own: one change that the
code before can live with, and one that it cannot.
"""

import sqlite3
from collections.abc import Iterator

import pytest

from gate.errors import ExitCode
from tests_integration.gate.cli.gate_command import gate
from tests_unit.gate.fakes.project import Project

RELEASE = """
import os, sqlite3

database = sqlite3.connect(os.environ["DATABASE"])
with database:
    found = {column[1] for column in database.execute("PRAGMA table_info(items)")}
    if not found:
        database.execute("CREATE TABLE items (name TEXT)")
        database.execute("INSERT INTO items VALUES ('tea')")
    MIGRATION
"""
SERVER = """
import json, os, sqlite3
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

ITEMS = {"type": "array", "items": {"type": "string"}}
ANSWER = {"description": "all", "content": {"application/json": {"schema": ITEMS}}}
DOCUMENT = {
    "openapi": "3.1.0",
    "info": {"title": "items", "version": "1"},
    "paths": {"/items": {"get": {"responses": {"200": ANSWER}}}},
}


def items():
    database = sqlite3.connect(os.environ["DATABASE"])
    return [name for (name,) in database.execute("SELECT COLUMN FROM items")]


PAGES = {"/readyz": lambda: "ok", "/openapi.json": lambda: DOCUMENT, "/items": items}


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        try:
            status, said = 200, PAGES[self.path]()
        except KeyError:
            status, said = 404, "no such page"
        except sqlite3.Error as error:
            status, said = 500, str(error)
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("X-Release", os.environ["HEROKU_RELEASE_VERSION"])
        self.end_headers()
        self.wfile.write(json.dumps(said).encode())

    def log_message(self, *words):
        pass


address = (os.environ["HOST"], int(os.environ["PORT"]))
ThreadingHTTPServer(address, Handler).serve_forever()
"""
SETTINGS = """
[tool.gate]
pipeline = "items"
staging = "items-staging"
production = "items-production"
baseline = "items-baseline"
pytest_options = ["-p", "no:schemathesis", "-p", "no:hypothesispytest"]

[tool.gate.health]
hold = 0.2
probes = 2

[tool.gate.contract]
examples = 2

[tool.gate.promotion]
rehearse = ["release.py"]

[tool.gate.local.config]
items-staging = { DATABASE = "FOLDER/staging.db" }
items-baseline = { DATABASE = "FOLDER/baseline.db" }
items-production = { DATABASE = "FOLDER/production.db" }
"""
TESTS = {
    "tests_integration/app/test_health.py": "import pytest\n"
    "@pytest.mark.health\n"
    "def test_ready(gate_health): gate_health.check()\n",
    "tests_integration/app/test_items.py": "from urllib.request import urlopen\n"
    "def test_there_is_tea(app_url):\n"
    "    assert b'tea' in urlopen(app_url + '/items', timeout=5).read()\n",
    "tests_contract/app/test_old.py": "def test_old(gate_contract):\n"
    "    gate_contract.check()\n",
}


def release(migration: str = "pass") -> dict[str, str]:
    """The release command with one migration more."""
    return {"release.py": RELEASE.replace("MIGRATION", migration)}


def server(column: str = "name") -> dict[str, str]:
    """The app that reads that column."""
    return {"server.py": SERVER.replace("COLUMN", column)}


ADDS = "'price' in found or database.execute('ALTER TABLE items ADD COLUMN price INT')"
RENAMES = (
    "'title' in found or "
    "database.execute('ALTER TABLE items RENAME COLUMN name TO title')"
)


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    """Production runs the first commit; the platform is taken down at the end."""
    folder = tmp_path_factory.mktemp("rehearsing")
    project = Project.at(folder / "items")
    project.commit(
        {
            "pyproject.toml": SETTINGS.replace("FOLDER", str(folder)),
            "Procfile": "release: python release.py\nweb: python server.py\n",
            "requirements.txt": "",
            **release(),
            **server(),
            **TESTS,
        }
    )
    said = gate(project.root, "local", "seed", "HEAD", "--json")
    assert said.code == ExitCode.PASSED, said
    yield project
    gate(project.root, "local", "down")


def columns(project: Project, app: str) -> list[str]:
    """What the database of an app looks like."""
    database = sqlite3.connect(f"{project.root.parent / app}.db")
    found = [column[1] for column in database.execute("PRAGMA table_info(items)")]
    database.close()
    return found


def test_a_migration_that_the_old_code_can_live_with_passes(project: Project) -> None:
    """Staging went back and forth; each way was timed, and production not touched."""
    project.commit(release(ADDS))
    assert gate(project.root, "deploy", "-q").code == ExitCode.PASSED
    said = gate(project.root, "rehearse", "--json")
    assert said.code == ExitCode.PASSED, said
    told = said.document["rehearsal"]
    assert (told["broken"], told["back"]["troubles"]) == ("", [])
    assert [told[way]["serves"] for way in ("back", "forth")] == [True, True]
    assert min(told[way]["seconds"] for way in ("back", "forth")) > 0
    assert said.document["staging"] == told["forth"]["release"]
    assert columns(project, "staging") == ["name", "price"]
    assert columns(project, "production") == ["name"]


def test_a_migration_that_breaks_the_old_code_blocks_the_promotion(
    project: Project,
) -> None:
    """Its own tests fail on the new schema: that is said, before any suite has run."""
    project.commit(release(RENAMES) | server("title"))
    said = gate(project.root, "promote", "--fail-fast", "--json", "-q")
    assert said.code == ExitCode.BLOCKED, said
    rule = "rollback/old-code-fails-on-new-schema"
    findings = {each["rule"]: each for each in said.document["verdict"]["because"]}
    assert "integration/test-failed" in findings[rule]["example"], said
    assert "contract/" in findings[rule]["example"]
    assert columns(project, "staging") == ["title", "price"]
    assert columns(project, "production") == ["name"]
    assert all(part not in said.document["says"] for part in ("rolled", "promoted"))
