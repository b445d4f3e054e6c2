"""The paired locustfile, run by a real Locust against two real servers."""

import signal
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests_integration.gate.suites.load.paired_run import (
    Open,
    Report,
    process,
    report,
    run,
    settings_of,
    shop,
    wait_for,
)

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

LOOKER = """
from locust import FastHttpUser, task

class Looker(FastHttpUser):
    @task
    def look(self):
        self.client.get("/items")
"""


@dataclass(frozen=True, slots=True)
class Ran:
    """A run, and the shops after it."""

    report: Report
    candidate: Open
    baseline: Open


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ran]:
    """A run whose candidate takes 20 ms longer, until its time is over."""
    folder = tmp_path_factory.mktemp("slow")
    with shop(delay=0.02, first_id=1_000) as candidate, shop() as baseline:
        arms = {"candidate": candidate.url, "baseline": baseline.url}
        yield Ran(run(folder, BUYER, arrivals=0.0, **arms), candidate, baseline)


def test_both_arms_of_a_flow_do_the_same(ran: Ran) -> None:
    """The same requests with the same choices, one driver or several."""
    flows = ran.report.flows
    assert {flow["users"] for flow in flows} == {1, 3}
    for flow in flows:
        assert flow["candidate_requests"] == flow["baseline_requests"]
        assert len(flow["steps"]) == flow["candidate_requests"]
    amounts = [sorted(arm.amounts.values()) for arm in (ran.candidate, ran.baseline)]
    assert amounts[0] == amounts[1] != []


def test_steps_tell_the_route_and_the_time_on_each_arm(ran: Ran) -> None:
    """Query and identifiers are no part of a route, and 20 ms are seen."""
    steps = [step for flow in ran.report.flows for step in flow["steps"]]
    assert {route for route, *_ in steps} == {
        "GET /login",
        "GET /items",
        "POST /orders",
        "GET /orders/{id}",
    }
    assert all(candidate >= 20 for _, candidate, _ in steps)
    assert sorted(baseline for *_, baseline in steps)[len(steps) // 2] < 20
    assert ran.report.errors() == set()


def test_flows_are_numbered_without_gaps_and_ordered_in_time(ran: Ran) -> None:
    """A reader sees what was lost, and has no need to sort."""
    flows = ran.report.flows
    assert [flow["number"] for flow in flows] == list(range(len(flows)))
    assert [flow["at"] for flow in flows] == sorted(flow["at"] for flow in flows)


def test_the_first_arm_of_a_flow_is_drawn(ran: Ran) -> None:
    """Neither arm always goes first, which would favour it."""
    both = zip(ran.candidate.asked[:12], ran.baseline.asked[:12], strict=True)
    assert {ours.at < theirs.at for ours, theirs in both} == {True, False}


def test_slow_answers_can_be_found_in_the_log(ran: Ran) -> None:
    """Each request has an id of its own, which Heroku's router takes over."""
    asked = [*ran.candidate.asked, *ran.baseline.asked]
    sent = {one.request_id for one in asked}
    assert len(sent) == len(asked)
    slowest = ran.report.end["slowest"]
    assert {one["arm"] for one in slowest} == {"candidate", "baseline"}
    found = {one["request_id"] for one in slowest if "GET" in one["route"]}
    assert found <= sent
    assert found


def test_the_stream_says_how_it_began_and_ended(ran: Ran) -> None:
    """A reader can tell a whole run from one cut short."""
    assert ran.report.code == 0, ran.report.output
    assert ran.report.lines[0]["kind"] == "begin"
    end = ran.report.end
    assert (end["reason"], end["said"]) == ("time", "")
    for arm in ("candidate", "baseline"):
        told = sum(flow[f"{arm}_requests"] for flow in ran.report.flows)
        met = getattr(ran, arm)
        assert told == len(met.asked) + len(met.amounts)


def test_the_generator_watches_itself(ran: Ran) -> None:
    """Each second it tells how busy it is; half of what could be borne is asked for."""
    seconds = ran.report.of("generator")
    assert seconds
    assert all(0 < second["busy"] <= 1.2 for second in seconds)
    assert ran.report.end["busy"] == max(second["busy"] for second in seconds)
    alone = [flow for flow in ran.report.flows if flow["users"] == 1]
    assert ran.report.end["rate"] > len(alone) / 10


def test_slow_answers_do_not_thin_the_load(tmp_path: Path) -> None:
    """One driver that cannot keep the schedule starts late, at once, and says by how
    much: as many flows as it can, not one per schedule and wait.
    """
    with shop(delay=0.05) as candidate, shop(delay=0.05) as baseline:
        arms = {"candidate": candidate.url, "baseline": baseline.url}
        ran = run(tmp_path, CROWD, users=1, arrivals=100.0, longest=1.7, **arms)
    loaded = [flow["late"] for flow in ran.flows if flow["late"] > 0]
    assert len(loaded) >= 3
    assert loaded == sorted(loaded)
    assert ran.end["late"] > 0.5
    assert ran.end["rate"] == 100


def test_a_rate_that_was_found_is_lowered_when_it_is_borne_no_more(
    tmp_path: Path,
) -> None:
    """Both become slow after the probe: the load goes on, thinner, and on schedule."""
    tired = {"delay": 0.1, "quick": 3.0}
    with shop(**tired) as candidate, shop(**tired) as baseline:
        arms = {"candidate": candidate.url, "baseline": baseline.url}
        ran = run(tmp_path, LOOKER, arrivals=0.0, longest=8.0, **arms)
    punctual = [flow for flow in ran.flows if flow["late"] <= 0.1]
    slow = [flow for flow in punctual if min(flow["steps"][0][1:]) > 90]
    assert slow, "nothing was on schedule after they became slow"
    assert ran.end["late"] < 0.2
    assert ran.end["lowered_from"] > 10 * ran.end["rate"]
    assert ran.end["rate"] < 3 / 0.2, "three drivers cannot bear that"


def test_without_a_baseline_only_the_candidate_is_loaded(tmp_path: Path) -> None:
    """One arm, and hardly more requests than permitted; a failure names its request."""
    with shop(broken=True) as candidate:
        ran = run(tmp_path, BUYER, candidate=candidate.url, most_requests=60)
    assert ran.end["reason"] == "requests"
    requests = sum(flow["candidate_requests"] for flow in ran.flows)
    assert 60 <= requests <= 60 + 3 * 3
    assert {flow["baseline_requests"] for flow in ran.flows} == {0}
    steps = [step for flow in ran.flows for step in flow["steps"]]
    assert {baseline for *_, baseline in steps} == {None}
    assert ran.errors() == {
        ("candidate", "POST /orders: HTTP 500"),
        (
            "candidate",
            "buy raised TypeError: 'NoneType' object is not subscriptable",
        ),
    }
    failed = [flow for flow in ran.flows if flow["candidate_failed"]]
    assert {flow["route"] for flow in failed} == {"POST /orders"}
    assert {len(flow["errors"][0][2]) for flow in failed} == {32}
    assert {tuple(flow["steps"]) for flow in failed} == {()}


def test_a_run_that_is_stopped_says_so(tmp_path: Path) -> None:
    """SIGUSR1 ends the serial part, SIGTERM the run, flows under way are finished."""
    with shop() as candidate, shop() as baseline:
        arms = {"candidate": candidate.url, "baseline": baseline.url}
        settings = settings_of(tmp_path, BUYER, serial=60.0, longest=90.0, **arms)
        with process(settings.command(), settings.environ(), tmp_path) as child:
            wait_for(settings.stream, '"kind":"flow"', child)
            child.send_signal(signal.SIGUSR1)
            wait_for(settings.stream, '"users":3', child)
            child.send_signal(signal.SIGTERM)
            output, _ = child.communicate(timeout=20)
    ran = report(settings.stream, child.returncode, output)
    assert (ran.code, ran.end["reason"]) == (0, "stopped"), output
    assert len(candidate.asked) == len(baseline.asked)


def test_a_generator_that_nobody_reads_any_more_ends(tmp_path: Path) -> None:
    """As when the gate was killed: nothing goes on loading the apps."""
    with shop() as candidate:
        settings = settings_of(
            tmp_path, BUYER, serial=60.0, longest=90.0, candidate=candidate.url
        )
        command = ["sh", "-c", '"$@" & wait', "sh", *settings.command()]
        with process(command, settings.environ(), tmp_path) as parent:
            wait_for(settings.stream, '"kind":"flow"', parent)
            parent.kill()
            # Its output ends only when the generator, which has it too, has ended.
            output, _ = parent.communicate(timeout=20)
    assert report(settings.stream, 0, output).end["reason"] == "stopped"


def test_weights_task_lists_and_several_users_are_kept(tmp_path: Path) -> None:
    """What Locust itself accepts in a plain file works in pairs as well; the same seed
    makes the same choices. No proxy of the environment is used, and no locust.conf.
    """
    proxies = dict.fromkeys(("HTTP_PROXY", "http_proxy"), "http://127.0.0.1:9")
    drawn = []
    for attempt in range(2):
        folder = tmp_path / str(attempt)
        folder.mkdir()
        (folder / "locust.conf").write_text("run-time = 1s\nhtml = report.html\n")
        with shop() as candidate, shop() as baseline:
            arms = {"candidate": candidate.url, "baseline": baseline.url}
            ran = run(folder, CROWD, proxies, longest=1.2, **arms)
        assert ran.errors() == set(), ran.output
        assert ran.end["reason"] == "time"
        assert not (folder / "report.html").exists()
        assert {len(flow["steps"]) for flow in ran.flows} == {1, 2}
        assert sorted(one.path for one in candidate.asked) == sorted(
            one.path for one in baseline.asked
        )
        alone = sum(
            flow["candidate_requests"] for flow in ran.flows if flow["users"] == 1
        )
        drawn.append([one.path for one in candidate.asked][:alone])
    common = min(map(len, drawn))
    assert common > 10
    assert drawn[0][:common] == drawn[1][:common]
