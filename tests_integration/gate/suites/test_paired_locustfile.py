"""The paired locustfile, run by a real Locust against two real servers."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from gate.stats.answer import Answer
from gate.stats.paired import compare
from gate.stats.samples import Sample, errors_of, pairs_of

LOCUSTFILE = Path(__file__).parents[3] / "gate" / "suites" / "paired_locustfile.py"
BUYER = """
import random
from locust import FastHttpUser, constant, task

class Buyer(FastHttpUser):
    wait_time = constant(0.002)

    def on_start(self):
        self.client.get("/login")

    @task(3)
    def browse(self):
        self.client.get(f"/items?page={random.randint(1, 10**9)}")

    @task
    def buy(self):
        amount = random.randint(1, 10**9)
        order = self.client.post("/orders", json={"amount": amount}).json()
        self.client.get(f"/orders/{order['id']}")
        self.client.get(f"/items?page={random.randint(1, 10**9)}")
"""


CROWD = """
from random import choice, randint
from locust import FastHttpUser, HttpUser, constant_pacing, task

def look(user):
    user.client.get(f"/look/{choice('abcdefgh')}{randint(1, 10**9)}x")

def never(user):
    raise AssertionError

class Reader(HttpUser):
    wait_time = constant_pacing(0.01)
    tasks = {look: 9, never: 0}

class Guest(FastHttpUser):
    @task
    def visit(self):
        self.wait()
        look(self)
        look(self)

class Shared(FastHttpUser):
    abstract = True
"""


@dataclass(frozen=True, slots=True)
class Report:
    """What a run of Locust left behind."""

    header: dict[str, Any]
    rows: list[dict[str, Any]]
    end: dict[str, Any]
    code: int
    output: str

    def samples(self) -> list[Sample]:
        kept = ("arm", "pair", "k", "phase", "name", "ms")
        return [
            Sample(**{key: row[key] for key in kept}, failed=row["error"] is not None)
            for row in self.rows
        ]

    def flows(self) -> dict[str, dict[str, list[str]]]:
        """Pair → arm → what was asked, in order."""
        flows: dict[str, dict[str, list[str]]] = {}
        for row in sorted(self.rows, key=lambda row: int(row["k"])):
            flow = flows.setdefault(row["pair"], {}).setdefault(row["arm"], [])
            flow.append(f"{row['method']} {row['name']}")
        return flows


class Shop(BaseHTTPRequestHandler):
    """A server with orders of its own, slow or broken if asked to be."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    delay = 0.0
    broken = False
    first_id = 1
    amounts: dict[int, int]

    def do_GET(self) -> None:
        if not self.path.startswith("/orders/"):
            return self.answer(200)
        known = int(self.path.removeprefix("/orders/")) in self.amounts
        self.answer(200 if known else 404)

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if self.broken:
            return self.answer(500)
        order = self.first_id + len(self.amounts)
        self.amounts[order] = body["amount"]
        self.answer(201, {"id": order})

    def answer(self, status: int, content: object = None) -> None:
        time.sleep(self.delay)
        body = json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        pass


@contextmanager
def shop(**members: Any) -> Iterator[tuple[str, dict[int, int]]]:
    """A running shop: its base URL and the amounts ordered from it."""
    amounts: dict[int, int] = {}
    handler = type("Handler", (Shop,), {**members, "amounts": amounts})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", amounts
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@contextmanager
def locust(
    folder: Path, team: str, **settings: object
) -> Iterator[subprocess.Popen[str]]:
    """Locust running the team's file; ended by its id when the test is over."""
    (folder / "locustfile.py").write_text(team)
    defaults: dict[str, object] = {
        "FILE": folder / "locustfile.py",
        "SAMPLES": folder / "samples.jsonl",
        "BASELINE": "",
        "SERIAL_SECONDS": 2,
        "CONCURRENT_SECONDS": 1,
        "USERS": 3,
        "SEED": 7,
        "MAX_REQUESTS": 20_000,
    }
    wanted = {f"GATE_LOAD_{key}": str(v) for key, v in (defaults | settings).items()}
    command = [sys.executable, "-m", "locust", "-f", str(LOCUSTFILE), "--headless"]
    process = subprocess.Popen(
        [*command, "--only-summary", "--exit-code-on-error", "0"],
        env={"PATH": os.environ["PATH"], "HOME": str(folder), **wanted},
        cwd=folder,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def run(folder: Path, team: str, **settings: object) -> Report:
    """Let Locust run to its own end."""
    with locust(folder, team, **settings) as process:
        output, _ = process.communicate(timeout=40)
        return report(folder, process.returncode, output)


def report(folder: Path, code: int, output: str) -> Report:
    lines = (folder / "samples.jsonl").read_text().splitlines()
    assert lines, output
    first, *rows, last = map(json.loads, lines)
    return Report(header=first, rows=rows, end=last, code=code, output=output)


@pytest.fixture(scope="module")
def slow_candidate(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """A run whose candidate takes 20 ms longer, and what both shops were sold."""
    folder = tmp_path_factory.mktemp("slow")
    with (
        shop(delay=0.02, first_id=1_000) as (candidate, sold_by_candidate),
        shop() as (baseline, sold_by_baseline),
    ):
        ran = run(folder, BUYER, CANDIDATE=candidate, BASELINE=baseline)
        yield ran, list(sold_by_candidate.values()), list(sold_by_baseline.values())


def test_a_slow_candidate_is_worse_than_its_baseline(slow_candidate: Any) -> None:
    """20 ms of added delay are found in a run of a few seconds, serial or not."""
    samples = slow_candidate[0].samples()
    for phase in ("serial", "concurrent"):
        found = compare(pairs_of(samples, phase), tolerance=0.05, alpha=0.01)
        assert found.answer is Answer.WORSE, found


def test_both_arms_of_a_pair_do_the_same(slow_candidate: Any) -> None:
    """Every pair is complete and made of the same requests, several drivers or one."""
    ran, *sold = slow_candidate
    assert {row["phase"] for row in ran.rows} == {"serial", "concurrent"}
    flows = ran.flows()
    assert len(flows) > 30
    for pair, arms in flows.items():
        assert arms["candidate"] == arms["baseline"], pair
    bodies = [sorted(amounts) for amounts in sold]
    assert bodies[0] == bodies[1] != []


def test_flows_read_back_what_they_wrote_on_their_own_arm(slow_candidate: Any) -> None:
    """Each arm's order has its own id, is found again, and shares one name."""
    ran = slow_candidate[0]
    assert [row for row in ran.rows if row["error"]] == []
    assert {row["name"] for row in ran.rows if row["name"].startswith("/orders/")} == {
        "/orders/{id}"
    }


def test_the_first_arm_of_a_pair_is_drawn(slow_candidate: Any) -> None:
    """Neither arm always goes first, which would favour it."""
    first: dict[str, str] = {}
    for row in sorted(slow_candidate[0].rows, key=lambda row: float(row["t"])):
        first.setdefault(row["pair"], row["arm"])
    assert set(first.values()) == {"candidate", "baseline"}


def test_the_file_says_how_it_began_and_ended(slow_candidate: Any) -> None:
    """A reader can tell a whole run from one cut short."""
    ran = slow_candidate[0]
    assert ran.code == 0
    assert ran.header["arms"] == ["candidate", "baseline"]
    assert (ran.header["users"], ran.header["seed"]) == (3, 7)
    assert ran.header["locust"][0].isdigit()
    assert ran.end == {
        "end": True,
        "reason": "time",
        "requests": len(ran.rows),
        "tasks_failed": 0,
        "unattributed": 0,
    }


def test_the_same_release_twice_is_not_worse(tmp_path: Path) -> None:
    """Two equal servers do not raise an alarm."""
    with shop() as (candidate, _), shop() as (baseline, _):
        ran = run(tmp_path, BUYER, CANDIDATE=candidate, BASELINE=baseline)
    serial = compare(pairs_of(ran.samples(), "serial"), tolerance=0.5, alpha=0.01)
    assert serial.pairs >= 50
    assert serial.answer is Answer.NOT_WORSE, serial


def test_a_task_that_raises_is_a_failed_line(tmp_path: Path) -> None:
    """A broken endpoint and the task that stumbles over it both show, on one arm."""
    with shop(broken=True) as (candidate, _), shop() as (baseline, _):
        ran = run(
            tmp_path,
            BUYER,
            CANDIDATE=candidate,
            BASELINE=baseline,
            CONCURRENT_SECONDS=0,
        )
    raised = [row for row in ran.rows if row["method"] == "TASK"]
    assert {row["error"] for row in raised} == {
        "TypeError 'NoneType' object is not subscriptable"
    }
    assert {(row["name"], row["arm"], row["k"]) for row in raised} == {
        ("buy", "candidate", 1)
    }
    assert "HTTP 500" in {row["error"] for row in ran.rows}
    assert ran.end["tasks_failed"] == len(raised)
    assert errors_of(ran.samples(), "candidate")[0] == len(raised)
    assert errors_of(ran.samples(), "baseline")[0] == 0


def test_without_a_baseline_only_the_candidate_is_loaded(tmp_path: Path) -> None:
    """One arm, and never more requests than permitted."""
    with shop() as (candidate, _):
        ran = run(tmp_path, BUYER, CANDIDATE=candidate, MAX_REQUESTS=60)
    assert ran.header["arms"] == ["candidate"]
    assert {row["arm"] for row in ran.rows} == {"candidate"}
    assert ran.end["reason"] == "max_requests"
    assert 60 <= len(ran.rows) <= 63


def test_a_server_that_hangs_leaves_a_line(tmp_path: Path) -> None:
    """A request that never comes back is not lost with the run that waited for it."""
    with shop(delay=30) as (candidate, _):
        ran = run(
            tmp_path, BUYER, CANDIDATE=candidate, SERIAL_SECONDS=1, CONCURRENT_SECONDS=0
        )
    (row,) = ran.rows
    assert (row["method"], row["name"]) == ("TASK", "on_start")
    assert row["error"] == "not done when the run ended"
    assert row["ms"] >= 1000


def test_a_run_that_is_stopped_says_so(tmp_path: Path) -> None:
    """SIGTERM finishes the pairs under way and the file."""
    with (
        shop() as (candidate, _),
        shop() as (baseline, _),
        locust(
            tmp_path, BUYER, CANDIDATE=candidate, BASELINE=baseline, SERIAL_SECONDS=60
        ) as process,
    ):
        samples = tmp_path / "samples.jsonl"
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline and not (
            samples.exists() and samples.read_text().count("\n") > 50
        ):
            time.sleep(0.05)
        process.send_signal(signal.SIGTERM)
        output, _ = process.communicate(timeout=20)
    ran = report(tmp_path, process.returncode, output)
    assert (ran.code, ran.end["reason"]) == (0, "stopped"), output
    assert ran.end["requests"] == len(ran.rows) > 50
    for arms in ran.flows().values():
        assert arms["candidate"] == arms["baseline"]


def test_weights_task_lists_and_several_users_are_kept(tmp_path: Path) -> None:
    """What Locust itself accepts in a plain file works in pairs as well."""
    with shop() as (candidate, _), shop() as (baseline, _):
        ran = run(tmp_path, CROWD, CANDIDATE=candidate, BASELINE=baseline)
    assert ran.end["tasks_failed"] == 0, ran.output
    flows = ran.flows().values()
    assert {len(flow["candidate"]) for flow in flows} == {1, 2}
    assert all(flow["candidate"] == flow["baseline"] for flow in flows)
    asked = [flow["candidate"][0] for flow in flows]
    assert len(asked) > 20
    assert len(set(asked)) == len(asked)


NESTED = """
from locust import FastHttpUser, SequentialTaskSet

class Walker(FastHttpUser):
    tasks = [type("Steps", (SequentialTaskSet,), {"tasks": [print]})]
"""


@pytest.mark.parametrize(
    ("team", "why"),
    [
        ("answer = 42\n", "has no HttpUser or FastHttpUser class to run"),
        (NESTED, "Walker has the SequentialTaskSet Steps among its tasks"),
        ("import nowhere_at_all\n", "cannot be imported: ModuleNotFoundError"),
    ],
)
def test_a_file_that_cannot_be_paired_is_refused(
    tmp_path: Path, team: str, why: str
) -> None:
    """The reason stands on the terminal and in the last line; nothing was sent."""
    ran = run(tmp_path, team, CANDIDATE="http://127.0.0.1:9")
    assert ran.code == 1
    assert ran.end["reason"] == "refused"
    assert why in ran.end["error"]
    assert why in ran.output
    assert ran.rows == []


def test_the_same_seed_draws_the_same_flows(tmp_path: Path) -> None:
    """A run can be repeated: the k-th pair of a driver is the same task again."""
    drawn = []
    for attempt in range(2):
        folder = tmp_path / str(attempt)
        folder.mkdir()
        with shop() as (candidate, _):
            settings = {
                "CANDIDATE": candidate,
                "SERIAL_SECONDS": 1,
                "CONCURRENT_SECONDS": 0,
            }
            drawn.append(run(folder, BUYER, **settings).flows())
    common = drawn[0].keys() & drawn[1].keys()
    assert len(common) > 20
    pairs = sorted(common, key=lambda pair: int(pair.split("-")[1]))[:-1]
    assert [drawn[0][pair] for pair in pairs] == [drawn[1][pair] for pair in pairs]
