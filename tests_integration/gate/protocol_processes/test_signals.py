"""`gate promote` on the real local platform, told to stop at well chosen moments."""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from gate.heroku import HerokuClient
from gate.ledger.lease import lease
from gate.ledger.records import ActionSent, Record, RunClosed, RunSuspended
from gate.ledger.store import Ledger
from gate.local_platform import control
from tests_integration.gate.acceptance.plant import AUTHOR, git, processes_in, until
from tests_integration.gate.cli.gate_command import gate

PROJECT = Path(__file__).parents[1] / "workflows" / "project"
PRODUCTION = "shop-production"
PROMISED = 10.0  # seconds from the first signal to the end of the gate
STUCK = '''

def test_stuck():
    """It waits for what never comes, and hears no request to end."""
    import signal, time
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    time.sleep(600)
'''

pytestmark = pytest.mark.timeout(400)


@dataclass(frozen=True)
class Stopped:
    """How a gate ended that was told to stop, and the records of its run."""

    code: int
    told: str
    records: tuple[Record, ...]


@dataclass(frozen=True)
class Shop:
    """A shop of one page in a repository of its own, with its platform."""

    folder: Path

    @property
    def home(self) -> Path:
        return self.folder / ".gate"

    def commit(self, more: str = "") -> str:
        """Make a commit, with *more* unit tests; return its id."""
        tests = (PROJECT / "checks" / "unit.py").read_text()
        (self.folder / "checks" / "unit.py").write_text(tests + more)
        git(self.folder, "add", "--all")
        git(self.folder, *AUTHOR, "commit", "-q", "--allow-empty", "-m", "another")
        return git(self.folder, "rev-parse", "HEAD")

    def gate(self, *arguments: str) -> "subprocess.Popen[str]":
        """Start a command."""
        return subprocess.Popen(
            [sys.executable, "-m", "gate", *arguments],
            cwd=self.folder,
            env={n: os.environ[n] for n in ("PATH", "HOME") if n in os.environ},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def done(self, *arguments: str) -> tuple[int, str]:
        """Run a command to its end; return its exit code, and all that it told."""
        said = gate(self.folder, *arguments)
        return said.code, f"{said.out}\n{said.err}"

    def stopped(
        self,
        moment: Callable[["subprocess.Popen[str]"], None],
        *signals: signal.Signals,
    ) -> Stopped:
        """Promote, and send the signals at that moment, the second at once."""
        process = self.gate("promote")
        try:
            moment(process)
            for each in signals:
                process.send_signal(each)
            told = "\n".join(process.communicate(timeout=PROMISED))
        finally:
            process.kill()  # nothing happens to one that has ended
            process.wait()
        until(lambda: not self.children(), lambda: f"left: {self.children()}")
        records = self.records()
        run = records[-1].run
        return Stopped(
            process.returncode, told, tuple(r for r in records if r.run == run)
        )

    def records(self) -> list[Record]:
        """All that the ledger holds, once nobody holds the lease any more."""
        with lease(self.home / "lease", holder="a test"):
            ledger = Ledger(self.home / "ledger.db")
            try:
                return list(ledger.records())
            finally:
                ledger.close()

    def open(self) -> tuple[str, ...]:
        """The runs that were not closed."""
        ledger = Ledger(self.home / "ledger.db")
        try:
            return ledger.open_runs()
        finally:
            ledger.close()

    def children(self) -> list[str]:
        """What a gate has started and still runs: suites, consumers, load."""
        places = (self.home / "checkouts", self.home / "runs")
        return [found for place in places for found in processes_in(place)]

    def serving(self) -> str | None:
        """The commit that is live in production."""
        local = control.status(self.home / "local")
        assert local is not None
        live = HerokuClient(local.api_url, local.token).current_release(PRODUCTION)
        return live.commit if live else None

    # Moments

    def says(self, *words: str) -> Callable[["subprocess.Popen[str]"], None]:
        """When it tells of its progress in these words."""

        def told(process: "subprocess.Popen[str]") -> None:
            assert process.stderr is not None
            assert any(
                all(word in line for word in words) for line in process.stderr
            ), words

        return told

    def suites(self, _process: "subprocess.Popen[str]") -> None:
        """When suites run."""
        until(lambda: len(self.children()) > 1, lambda: "no suite runs")

    def load(self, process: "subprocess.Popen[str]") -> None:
        """When requests are sent by the load generator."""
        self.says("evidence: contract")(process)
        until(self._is_loading, lambda: "no load")

    def _is_loading(self) -> bool:
        streams = self.home.glob("runs/*/scratch/load-stream.jsonl")
        newest = max(streams, key=lambda path: path.stat().st_mtime, default=None)
        return newest is not None and "flow" in newest.read_text()


@pytest.fixture(name="shop", scope="module")
def shop_with_something_in_production(
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Shop]:
    """A shop whose production has a release; nothing of it outlives the tests."""
    folder = tmp_path_factory.mktemp("signals") / "shop"
    shutil.copytree(
        PROJECT, folder, ignore=shutil.ignore_patterns("__pycache__", ".gate")
    )
    (folder / ".gitignore").write_text(".gate/\n__pycache__/\n")
    git(folder.parent, "init", "--quiet", "--initial-branch=main", str(folder))
    shop = Shop(folder)
    shop.commit()
    code, told = shop.done("local", "seed", "HEAD")
    try:
        assert code == 0, told
        yield shop
    finally:
        shop.done("local", "down")
        left = processes_in(folder)
        until(lambda: not processes_in(folder), lambda: f"left: {left}")


def test_a_signal_before_the_promotion_ends_the_run(
    shop: Shop, subtests: pytest.Subtests
) -> None:
    """While it builds, tests or loads: 130, closed, no child lives, nothing promoted."""
    before = shop.serving()
    moments = {
        "build": ("", shop.says("deploy on shop-staging", "replaces"), signal.SIGTERM),
        "suites": (STUCK, shop.suites, signal.SIGINT),
        "load": ("", shop.load, signal.SIGTERM),
    }
    for name, (more, moment, number) in moments.items():
        with subtests.test(name):
            shop.commit(more)
            seen = shop.stopped(moment, number)
            assert seen.code == 130, seen.told
            assert "gate: interrupted" in seen.told
            assert isinstance(seen.records[-1], RunClosed)
            assert seen.records[-1].exit_code == 130
            assert "nothing was promoted" in seen.records[-1].says
            assert seen.records[-1].standing == "the old release serves"
            assert f"production: the old release serves: {PRODUCTION} v" in seen.told
            assert shop.open() == ()
            assert list((shop.home / "checkouts").glob("*")) == []
            assert shop.serving() == before


def test_a_second_signal_ends_it_at_once(shop: Shop) -> None:
    """Whatever goes on: no child lives, and the next `gate resume` settles the run."""
    shop.commit(STUCK)
    seen = shop.stopped(shop.suites, signal.SIGINT, signal.SIGTERM)
    assert seen.code == 130, seen.told
    assert "ended before it had settled" in seen.told
    code, told = shop.done("resume")
    assert code == 0, told
    assert shop.open() == ()


def test_a_gate_that_is_killed_leaves_no_child(shop: Shop) -> None:
    """It ends nothing any more; its children notice."""
    shop.commit(STUCK)
    shop.stopped(shop.suites, signal.SIGKILL)
    assert len(shop.open()) == 1
    code, told = shop.done("resume")
    assert code == 0, told
    assert shop.open() == ()


def test_a_signal_after_the_promotion_suspends_the_run(
    shop: Shop, subtests: pytest.Subtests
) -> None:
    """21: its answer is recorded, and `gate resume` brings it to its end."""
    moments = {
        "promotion": (
            shop.says("promote on shop-production", "replaces"),
            signal.SIGINT,
        ),
        "watch": (shop.says("promote on shop-production", "is there"), signal.SIGTERM),
    }
    for name, (moment, number) in moments.items():
        with subtests.test(name):
            commit = shop.commit()
            seen = shop.stopped(moment, number)
            assert seen.code == 21, seen.told
            assert "python -m gate resume" in seen.told
            assert f"production: held: {PRODUCTION} v" in seen.told
            assert name != "watch" or "is live; it was not watched" in seen.told
            assert isinstance(seen.records[-1], RunSuspended)
            assert [r.deed for r in seen.records if isinstance(r, ActionSent)] == [
                "promote"
            ]
            assert shop.open() == (seen.records[-1].run,)
            code, told = shop.done("resume")
            assert code == 0, told
            assert shop.open() == ()
            assert shop.serving() == commit
