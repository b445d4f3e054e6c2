"""Scenarios and servers that are no good: each run ends, and says honestly why."""

import subprocess
import sys
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests_integration.gate.suites.load.paired_run import Open, Report, run, shop

NESTED = """
from locust import FastHttpUser, SequentialTaskSet

class Walker(FastHttpUser):
    tasks = [type("Steps", (SequentialTaskSet,), {"tasks": [print]})]
"""

SCENARIO = """
import random, requests, gevent.monkey
from locust import {base}, task

REAL_SLEEP = gevent.monkey.get_original("time", "sleep")
class Visitor({base}):
    @task
    def visit(self):
        {body}
"""
FAST, SLOW = "FastHttpUser", "HttpUser"


def visit(body: str, base: str = FAST) -> str:
    return SCENARIO.format(body=body, base=base)


@dataclass(frozen=True, slots=True)
class Bad:
    """A scenario or server, and what is to be said of it; OTHER is another server."""

    team: str
    reason: str
    said: str
    candidate: Mapping[str, Any] = field(default_factory=dict)
    baseline: Mapping[str, Any] = field(default_factory=dict)
    longest: float = 15.0


LOOK = "self.client.get('/look')"
AWAY = visit("self.client.get('/away')")
DOWN = {"lasts": 30}
BAD = {
    "blocks": Bad(visit("REAL_SLEEP(60)"), "hung", "locustfile.py:9 in visit blocks"),
    "no import": Bad(
        "import nowhere_at_all\n", "refused", "cannot be imported: ModuleNotFoundError"
    ),
    "no requests": Bad(visit("pass"), "no requests", "100 flows made no request"),
    "raises": Bad(
        visit("raise RuntimeError('tired')"),
        "only failures",
        "every flow failed on",
    ),
    "other host": Bad(
        visit("self.client.get('OTHER/?token=secret')"), "elsewhere", "asks OTHER, "
    ),
    "another library": Bad(
        visit("requests.get('OTHER/?token=secret')"), "elsewhere", "asks OTHER, "
    ),
    "redirects": Bad(
        AWAY, "elsewhere", "OTHER", {"away": "OTHER/?secret"}, {"away": "OTHER/?secret"}
    ),
    "both die": Bad(visit(LOOK), "only failures", "GET /look", DOWN, DOWN),
}
IMPATIENT = """
from gate.suites.load.generator import target
from locust import FastHttpUser, HttpUser, task

target.ANSWER_SECONDS = 0.2
def look(user):
    user.client.get("/look")
    user.client.get("/more")

class Fast(FastHttpUser):
    tasks = [look]
class Slow(HttpUser):
    tasks = [look]
"""
CANDIDATES = {"away": "OTHER/?secret", "endless": True}
BOTH = "self.client.get(random.choice(['/away', '/much']))"
EXTRA = {
    "hangs": Bad(visit(LOOK), "time", "", {"delay": 30}, {}, 0.5),
    "candidate": Bad(visit(BOTH), "time", "", CANDIDATES, {}, 1.5),
    "candidate, requests": Bad(visit(BOTH, SLOW), "time", "", CANDIDATES, {}, 1.5),
    "silent": Bad(IMPATIENT, "time", "", {"delay": 30}, {}, 2.5),
    "one route": Bad(
        visit("self.client.get(random.choice(['/orders/7'] + ['/look'] * 9))"),
        "requests",
        "",
        {"amounts": {}},
    ),
}


@dataclass(frozen=True, slots=True)
class Seen:
    """A run, the address that was none of its business, and what was asked there."""

    report: Report
    other: Open


def play(folder: Path, bad: Bad) -> Seen:
    """Run one of them; OTHER becomes the address of a third server."""
    folder.mkdir()
    with ExitStack() as stack:
        other = stack.enter_context(shop())

        def members(given: Mapping[str, Any]) -> dict[str, Any]:
            away = str(given.get("away", "")).replace("OTHER", other.url)
            return {**given, "away": away}

        arms = {
            "candidate": stack.enter_context(shop(**members(bad.candidate))).url,
            "baseline": stack.enter_context(shop(**members(bad.baseline))).url,
        }
        team = bad.team.replace("OTHER", other.url)
        limits = {"serial": 30.0, "longest": bad.longest, "most_requests": 400}
        return Seen(run(folder, team, **limits, **arms), other)


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Seen]:
    """All of them, several at once: most of their time they wait."""
    folder = tmp_path_factory.mktemp("bad")
    every = {**EXTRA, **BAD}
    with ThreadPoolExecutor(8) as pool:
        played = {
            name: pool.submit(play, folder / str(n), bad)
            for n, (name, bad) in enumerate(every.items())
        }
        return {name: run.result() for name, run in played.items()}


@pytest.mark.parametrize("name", BAD)
def test_the_run_ends_with_a_reason_and_a_sentence(
    seen: Mapping[str, Seen], name: str
) -> None:
    """Nothing goes on for ever, and nobody has to guess."""
    ran, bad = seen[name].report, BAD[name]
    place = seen[name].other.url.removeprefix("http://")
    assert ran.end["reason"] == bad.reason, ran.output
    assert bad.said.replace("OTHER", place) in ran.end["said"]
    assert "secret" not in ran.end["said"]
    assert (ran.code == 1) == (bad.reason in {"refused", "hung"}), ran.output


@pytest.mark.parametrize("name", [*BAD, *EXTRA])
def test_nobody_but_the_target_is_asked(seen: Mapping[str, Seen], name: str) -> None:
    """Whatever the scenario or the answers want."""
    assert seen[name].other.asked == []


def test_what_is_refused_is_said_on_the_terminal_too(
    seen: Mapping[str, Seen],
) -> None:
    """For those who start it by hand."""
    ran = seen["no import"].report
    assert "load not started: " in ran.output
    assert ran.flows == []


def test_a_scenario_that_raises_shows_where_once(seen: Mapping[str, Seen]) -> None:
    """The log has the first traceback, the stream has every failed flow."""
    ran = seen["raises"].report
    assert ran.output.count("RuntimeError: tired") == 1
    assert ran.errors() == {
        (arm, "visit raised RuntimeError: tired") for arm in ("candidate", "baseline")
    }
    assert len(ran.flows) >= 20


@pytest.mark.parametrize("name", ["candidate", "candidate, requests"])
def test_an_arm_that_alone_redirects_away_or_never_ends_has_failed(
    seen: Mapping[str, Seen], name: str
) -> None:
    """That is a fault of the release, not of the scenario; the run goes on. Nobody
    waits for the end of an endless body, nor keeps it in memory.
    """
    ran = seen[name].report
    place = seen[name].other.url.removeprefix("http://")
    assert ran.end["reason"] == "time", ran.end
    assert all(flow["candidate_failed"] for flow in ran.flows)
    assert not any(flow["baseline_failed"] for flow in ran.flows)
    errors = dict(sorted((said.partition(":")[0], said) for _, said in ran.errors()))
    assert errors["GET /away"].endswith(f"{place} is not the target: not asked")
    assert errors["GET /much"].endswith("the answer is longer than 10 MB")


def test_one_route_that_fails_is_told_by_its_name(seen: Mapping[str, Seen]) -> None:
    """Both arms fail there alike: such flows have no step, the others go well."""
    ran = seen["one route"].report
    failed = [flow for flow in ran.flows if flow["candidate_failed"]]
    assert 0 < len(failed) < len(ran.flows) / 2
    assert {flow["route"] for flow in failed} == {"GET /orders/{id}"}
    assert all(flow["baseline_failed"] for flow in failed)
    assert ran.errors() == {
        (arm, "GET /orders/{id}: HTTP 404") for arm in ("candidate", "baseline")
    }


def test_a_flow_that_hangs_is_told_while_it_does_and_has_failed_in_the_end(
    seen: Mapping[str, Seen],
) -> None:
    """Five seconds after the end nobody waits any more."""
    ran = seen["hangs"].report
    arms = ("candidate", "baseline")
    waiting = [tuple(line[arm] for arm in arms) for line in ran.of("under way")]
    assert waiting == [(1, 0), (0, 0)]
    assert ran.flows[-1]["candidate_failed"]
    assert not any(flow["baseline_failed"] for flow in ran.flows)
    ((arm, said),) = ran.errors()
    assert arm == "candidate"
    assert said.startswith("GET /look: not answered within ")


def test_an_arm_that_does_not_answer_is_asked_once_in_a_flow(
    seen: Mapping[str, Seen],
) -> None:
    """It has failed; to wait for the other answers too would only hide it for longer."""
    ran = seen["silent"].report
    assert len(ran.flows) >= 3
    assert all(flow["candidate_failed"] for flow in ran.flows)
    counts = {(f["candidate_requests"], f["baseline_requests"]) for f in ran.flows}
    assert counts == {(1, 2)}


ASK = """
import sys
from pathlib import Path
from gate.suites.load.generator.team import Refused, users_of
for file in sys.argv[1:]:
    try:
        print([user.__name__ for user in users_of(Path(file))])
    except Refused as refused:
        print(refused)
"""
FILES = {
    "answer = 42\n": "has no HttpUser or FastHttpUser class to run",
    "raise SystemExit(3)\n": "cannot be imported: SystemExit: 3",
    "from locust import User\nclass Idle(User): ...\n": "Idle is not an HttpUser",
    "from locust import HttpUser\nclass Idle(HttpUser): ...\n": "Idle has no task",
    NESTED: "Walker has the SequentialTaskSet Steps among its tasks",
    visit("pass", SLOW): "['Visitor']",
}


def test_a_file_that_cannot_be_paired_is_refused(tmp_path: Path) -> None:
    """The reason names the class and what to change."""
    files = [tmp_path / f"{n}.py" for n in range(len(FILES))]
    for file, text in zip(files, FILES, strict=True):
        file.write_text(text)
    ran = subprocess.run(
        [sys.executable, "-c", ASK, *files, tmp_path / "none.py"],
        check=True,
        capture_output=True,
        text=True,
    )
    told = ran.stdout.splitlines()
    for said, expected in zip(told[:-1], FILES.values(), strict=True):
        assert expected in said
    assert told[-1].endswith("none.py is not a Python file")
