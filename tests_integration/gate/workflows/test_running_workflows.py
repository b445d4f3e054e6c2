"""The shipped workflows are run, step by step, by act on this machine.

A shop of one page stands in for the app, and three things for the network: checkout
(by act itself), the Python that is set up, and the folder that keeps artifacts.
"""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from gate.local_platform import control

HERE = Path(__file__).parent
WORKFLOWS = Path(__file__).parents[3] / ".github" / "workflows"
USED = re.compile(r"uses: (actions/(?:setup-python|upload-artifact)@[0-9a-f]{40})")
PATIENCE = 240
COMES_UP = "ThreadingHTTPServer(address, Shop).serve_forever()"

RUNS_THE_GATE = """#!/bin/sh
case "$*" in "-m pip install "*) exit 0;; esac
exec '{python}' "$@"
"""
ONLY_NOTES = """#!/bin/sh
echo "$*; key: ${{HEROKU_API_KEY:-none}}; app: $GATE_PRODUCTION" >> '{notes}'
mkdir -p .gate/runs && touch .gate/ledger.db
"""

pytestmark = pytest.mark.timeout(PATIENCE + 40)


@dataclass(frozen=True, slots=True)
class Ran:
    """How a workflow ended, and all that it printed."""

    green: bool
    told: str


@dataclass(frozen=True, slots=True)
class Forge:
    """A repository with the shipped workflows, and a runner for them, in *folder*."""

    folder: Path

    @property
    def repository(self) -> Path:
        return self.folder / "repository"

    @property
    def artifacts(self) -> Path:
        return self.folder / "artifacts" / "gate-evidence"

    def commit(self, old: str = "", new: str = "") -> str:
        """Commit the shop, with *old* replaced by *new*; return the commit's id."""
        page = self.repository / "shop" / "server.py"
        assert old in page.read_text()
        page.write_text(page.read_text().replace(old, new))
        self._git("add", "--all")
        self._git("commit", "--quiet", "--allow-empty", "--message", f"{old} → {new}")
        return self._git("rev-parse", "HEAD")

    def run(
        self, workflow: str, event: str, about: object, *more: str, python: str
    ) -> Ran:
        """Run a workflow on an event, on loopback and without Docker or network."""
        program = self.folder / "bin" / "python"
        program.parent.mkdir(exist_ok=True)
        program.write_text(python)
        program.chmod(0o755)
        payload = self.folder / "event.json"
        payload.write_text(json.dumps(about))
        code, told = self._act(
            event,
            f"--workflows=.github/workflows/{workflow}.yml",
            f"--eventpath={payload}",
            f"--action-cache-path={self.folder / 'cache'}",
            "--platform=ubuntu-24.04=-self-hosted",
            "--action-offline-mode",
            "--no-cache-server",
            "--artifact-server-addr=127.0.0.1",
            f"--env=STAND_IN_BIN={program.parent}",
            f"--env=STAND_IN_UPLOADS={self.artifacts.parent}",
            *self._stand_ins(workflow),
            *more,
        )
        return Ran(code == 0, told)

    def _act(self, *arguments: str) -> tuple[int, str]:
        home = self.folder / "home"
        home.mkdir(exist_ok=True)
        process = subprocess.Popen(
            [str(Path(sys.executable).with_name("act")), *arguments],
            cwd=self.repository,
            env={"PATH": os.environ["PATH"], "HOME": str(home), "LANG": "C.UTF-8"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            text=True,
        )
        try:
            told, _ = process.communicate(timeout=PATIENCE)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            told, _ = process.communicate()
            pytest.fail(f"not done after {PATIENCE} s:\n{told}")
        return process.returncode, told

    def _stand_ins(self, workflow: str) -> Iterator[str]:
        path = self.repository / ".github" / "workflows" / f"{workflow}.yml"
        for used in USED.findall(path.read_text()):
            name = used.partition("@")[0].removeprefix("actions/")
            yield f"--local-repository={used}={HERE / 'actions' / name}"

    def _git(self, *arguments: str) -> str:
        who = ("-c", "user.name=shop", "-c", "user.email=shop@example.com")
        return subprocess.run(
            ["git", *who, *arguments],
            cwd=self.repository,
            capture_output=True,
            text=True,
            timeout=60,
            check=True,
        ).stdout.strip()


@pytest.fixture
def forge(tmp_path: Path) -> Iterator[Forge]:
    """A forge with the shop in it, nothing committed; no platform outlives it."""
    made = Forge(tmp_path)
    shutil.copytree(HERE / "project", made.repository)
    (made.repository / ".ci").mkdir()
    (made.repository / ".ci" / "requirements.txt").touch()
    (made.repository / ".gitignore").write_text(".gate/\n__pycache__/\n")
    (made.repository / ".python-version").write_text(
        f"{sys.version_info.major}.{sys.version_info.minor}\n"
    )
    shipped = made.repository / ".github" / "workflows"
    shipped.mkdir(parents=True)
    for path in WORKFLOWS.iterdir():
        # act does not know `queue` yet.
        lines = path.read_text().splitlines(keepends=True)
        kept = [line for line in lines if line.strip() != "queue: max"]
        (shipped / path.name).write_text("".join(kept))
    made._git("init", "--quiet", "--initial-branch=main")
    yield made
    for home in tmp_path.glob("cache/*/hostexecutor/.gate/local"):
        control.down(home)


@pytest.fixture
def gating() -> str:
    """A Python that has everything installed already."""
    return RUNS_THE_GATE.format(python=sys.executable)


def test_a_good_change_is_green(forge: Forge, gating: str) -> None:
    """It is compared with the newest commit of the base that serves."""
    serving = forge.commit()
    crashing = forge.commit(COMES_UP, 'raise SystemExit("cannot start")')
    forge.commit('raise SystemExit("cannot start")', COMES_UP)
    ran = forge.run(
        "gate",
        "merge_group",
        {"merge_group": {"base_sha": crashing}},
        python=gating,
    )
    assert ran.green, ran.told
    assert f"({serving[:8]}) serves" in ran.told
    assert "promoted shop-staging" in ran.told
    assert "the local platform is down" in ran.told


def test_a_broken_promise_is_red(forge: Forge, gating: str) -> None:
    """The summary names it, and the evidence is kept all the same."""
    forge.commit()
    forge.commit(', "cents": 450', "")
    ran = forge.run(
        "gate", "pull_request", {"pull_request": {"number": 7}}, python=gating
    )
    assert not ran.green, ran.told
    summary = ran.told.partition("Summary - ")[2]
    assert "contract/response-field-became-optional" in summary
    assert "production is untouched" in summary
    assert "the local platform is down" in ran.told
    assert (forge.artifacts / "ledger.db").stat().st_size
    assert list(forge.artifacts.glob("runs/*/evidence/contract.json"))


def test_nothing_to_compare_with_is_red(forge: Forge, gating: str) -> None:
    """A base that cannot be found is no reason to let a change pass."""
    forge.commit()
    ran = forge.run(
        "gate", "pull_request", {"pull_request": {"number": 7}}, python=gating
    )
    assert not ran.green, ran.told
    assert "there is nothing to compare with" in ran.told
    assert "Run Main Gate" not in ran.told


def test_what_acts_in_a_release_is_given_the_key(forge: Forge) -> None:
    """Neither the installation nor the telling sees it."""
    forge.commit()
    notes = forge.folder / "notes"
    ran = forge.run(
        "release",
        "push",
        {"ref": "refs/heads/main"},
        "--var=GATE_PRODUCTION=shop-production",
        "--secret=HEROKU_API_KEY=canary",
        python=ONLY_NOTES.format(notes=notes),
    )
    assert ran.green, ran.told
    noted = [tuple(line.split("; ")) for line in notes.read_text().splitlines()]
    assert all(app == "app: shop-production" for *_, app in noted)
    keyed = [command for command, key, _ in noted if key != "key: none"]
    assert keyed == ["-m gate promote", "-m gate resume"]
    assert len(noted) > len(keyed)


def test_a_clone_without_apps_releases_nothing(forge: Forge) -> None:
    """The job is skipped where no production app is named."""
    forge.commit()
    notes = forge.folder / "notes"
    python = ONLY_NOTES.format(notes=notes)
    ran = forge.run("release", "push", {"ref": "refs/heads/main"}, python=python)
    assert ran.green, ran.told
    assert not notes.exists()


@pytest.mark.parametrize(
    ("event", "shared", "resumes"),
    [
        ("schedule", "yes", True),
        ("schedule", "", False),
        ("workflow_dispatch", "", True),
    ],
    ids=["by the clock", "by the clock, ledger not shared", "by hand"],
)
def test_a_lost_release_is_resumed_by_whom_it_can_be(
    forge: Forge, event: str, shared: str, *, resumes: bool
) -> None:
    """By the clock only with a shared ledger: without, each promotion looks unwatched."""
    forge.commit()
    notes = forge.folder / "notes"
    ran = forge.run(
        "resume",
        event,
        {},
        "--var=GATE_PRODUCTION=shop-production",
        f"--var=GATE_LEDGER_IS_SHARED={shared}",
        "--secret=HEROKU_API_KEY=canary",
        python=ONLY_NOTES.format(notes=notes),
    )
    assert ran.green, ran.told
    told = notes.read_text() if notes.exists() else ""
    assert ("-m gate resume; key: canary" in told) == resumes
