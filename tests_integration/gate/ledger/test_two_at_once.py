"""Two promotes at once, twenty times, with the ledger in a file and on a server."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest

from gate.errors import ExitCode
from gate.ledger.postgresql_table import PostgresqlTable
from gate.ledger.records import ActionConfirmed, ActionIntended, RunClosed
from gate.ledger.store import Ledger
from gate.local_platform import control
from tests_integration.gate.local_platform.conftest import Client
from tests_integration.gate.local_platform.kill_trial import PLAIN
from tests_unit.gate.fakes.project import Project

REPOSITORY = Path(__file__).parents[3]
ROUNDS = 20


class Shop:
    """A pipeline on a real platform: two commits, built, of which one is promoted."""

    def __init__(self, client: Client, folder: Path) -> None:
        self.client = client
        project = Project.at(folder)
        settings = f"""
[tool.gate]
platform = "{client.platform.api_url}"
pipeline = "shop"
staging = "shop-staging"
production = "shop"
[tool.gate.policy]
health = "block"
unit = "block"
contract = "block"
integration = "block"
load = "block"
"""
        self.commits: list[str] = []
        self.slugs: dict[str, str] = {}
        do = client.do
        apps = ("shop-staging", "shop")
        for name in apps:
            do("POST", "/apps", {"name": name})
        pipeline = do("POST", "/pipelines", {"name": "shop"})["id"]
        for name, stage in zip(apps, ("staging", "production"), strict=True):
            place = {"app": name, "pipeline": pipeline, "stage": stage}
            do("POST", "/pipeline-couplings", place)
        for note in ("one", "two"):
            files = {**PLAIN, "note": note}
            commit = project.commit({**files, "pyproject.toml": settings})
            self.commits.append(commit)
            build = client.build("shop-staging", client.pack(files), version=commit)
            self.slugs[commit] = build["slug"]["id"]
        self.put("shop", self.commits[1])
        self.project = project

    def put(self, app: str, commit: str) -> None:
        """Release the slug of a commit."""
        body = {"slug": self.slugs[commit], "description": "by hand"}
        made = self.client.do("POST", f"/apps/{app}/releases", body)
        self.client.settled(app, made["id"])

    def releases(self) -> list[dict[str, Any]]:
        """Production's releases, the oldest first."""
        found = self.client.do("GET", "/apps/shop/releases")
        assert isinstance(found, list)
        return found

    def clone(self, folder: Path) -> Path:
        """The project on another machine."""
        self.project.git("clone", "--quiet", str(self.project.root), str(folder))
        return folder


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """A platform of its own, fifty times as fast as Heroku."""
    folder = tmp_path_factory.mktemp("two-at-once")
    timers = {"metrics": 600.0, "refill": 0.01}
    try:
        platform = control.up(folder / "home", time_scale=0.02, timers=timers)
        yield Shop(Client(platform), folder / "project")
    finally:
        control.down(folder / "home")


@contextmanager
def gate(shop: Shop, folder: Path, address: str) -> Iterator["subprocess.Popen[str]"]:
    """A gate that waits to be told what to promote."""
    shared = {"GATE_LEDGER_URL": address} if address else {}
    process = subprocess.Popen(
        [
            sys.executable,
            "-m",
            "tests_integration.gate.ledger.gate_process",
            str(folder),
        ],
        cwd=REPOSITORY,
        env={
            "PATH": os.environ["PATH"],
            "HEROKU_API_KEY": shop.client.platform.token,
            **shared,
        },
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert heard(process) == "ready"
        yield process
    finally:
        process.kill()
        process.communicate(timeout=20)


def tell(process: "subprocess.Popen[str]", words: str) -> None:
    """Write a line to a gate."""
    assert process.stdin is not None
    process.stdin.write(f"{words}\n")
    process.stdin.flush()


def heard(process: "subprocess.Popen[str]") -> str:
    """The next line that a gate says."""
    assert process.stdout is not None
    return process.stdout.readline().strip()


@pytest.mark.timeout(200)
@pytest.mark.parametrize("shared", [False, True], ids=["SQLite", "PostgreSQL"])
def test_of_two_promotes_at_once_exactly_one_acts(
    shop: Shop, tmp_path: Path, request: pytest.FixtureRequest, *, shared: bool
) -> None:
    """The other says who holds the lease; one promotion is sent, and one is recorded."""
    address = request.getfixturevalue("address") if shared else ""
    folders = [shop.clone(tmp_path / "one")]
    folders.append(shop.clone(tmp_path / "other") if shared else folders[0])
    before, winners = len(shop.releases()), []
    with ExitStack() as stack:
        gates = [stack.enter_context(gate(shop, each, address)) for each in folders]
        for number in range(ROUNDS):
            commit = shop.commits[number % 2]
            shop.put("shop-staging", commit)
            for each in gates:
                tell(each, commit)
            said = [heard(each) for each in gates]
            assert said.count("examining") == 1, said
            winner = said.index("examining")
            refused = said[1 - winner]
            assert refused.startswith(f"ended {int(ExitCode.TRY_AGAIN)} "), said
            assert "gate promote" in refused
            assert f"process {gates[winner].pid}" in refused
            tell(gates[winner], "go on")
            ended = heard(gates[winner])
            assert ended.startswith(f"ended {int(ExitCode.PASSED)} promoted"), ended
            winners.append(winner)
            assert len(shop.releases()) == before + number + 1
            assert shop.releases()[-1]["slug"]["id"] == shop.slugs[commit]
    table = PostgresqlTable(address) if shared else folders[0] / ".gate" / "ledger.db"
    ledger = Ledger(table)
    records = list(ledger.records())
    for kind in (ActionIntended, ActionConfirmed):
        done = [r for r in records if isinstance(r, kind) and r.deed == "promote"]
        assert len({record.run for record in done}) == len(done) == ROUNDS
    assert sum(isinstance(record, RunClosed) for record in records) == ROUNDS
    assert ledger.open_runs() == ()
    ledger.close()
