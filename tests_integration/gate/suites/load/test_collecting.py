"""The load suite with real runs of Locust against small servers, well and unwell."""

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from gate.model.evidence import LoadEvidence
from gate.model.load_questions import asked_of
from gate.model.plan import LatencyQuestions, LoadPlan, Plans
from gate.stats.answer import Answer
from gate.stats.events import Flow
from gate.stats.monitor import monitored
from gate.suites.load import pulse
from gate.suites.load.collecting import collect_load
from gate.suites.run_folder import RunFolder
from tests_unit.gate.fakes.good_run import subject
from tests_unit.gate.fakes.web import Reply, Request, serving

SCENARIO = """
from locust import FastHttpUser, task


class Visitor(FastHttpUser):
    @task
    def look(self):
        self.client.get("/")
"""
# Only errors: small servers are too quick to compare anything else of them.
PLAN = LoadPlan(
    file="visitors.py",
    serial=1.0,
    longest=30.0,
    errors="exclude > 10%",
    latency=LatencyQuestions("not asked", "not asked"),
    crashes="not asked",
    memory="not asked",
    cpu="not asked",
)
Answering = Callable[[Request], Reply]


def well(_: Request) -> Reply:
    """Always good."""
    return Reply()


def failing_after(requests: int) -> Answering:
    """Good at first; from then on every answer is an error."""
    left = iter(range(requests))
    taking = threading.Lock()

    def answer(_: Request) -> Reply:
        with taking:
            good = next(left, None) is not None
        return Reply() if good else Reply(503, b"gone")

    return answer


@pytest.fixture(name="good", scope="module")
def good_server() -> Iterator[str]:
    """The URL of a server that is well."""
    with serving(well) as url:
        yield url


def run(
    tmp_path: Path,
    candidate: str,
    baseline: str,
    scenario: str = SCENARIO,
) -> LoadEvidence:
    """Load two servers, the baseline's may be nowhere."""
    (tmp_path / "visitors.py").write_text(scenario)
    about = subject(candidate, control_url=baseline)
    folder = RunFolder(tmp_path / "run")
    folder.prepare(about, Plans(load=PLAN))
    return collect_load(about, PLAN, tmp_path, folder)


def test_what_is_known_ends_the_run_and_is_judged_again_alike(
    tmp_path: Path, good: str
) -> None:
    """As soon as nothing is open; the flows under way are kept, none is missing."""
    seen = run(tmp_path, good, good)
    assert (seen.trouble, seen.stopped) == ("", "not worse")
    assert seen.ended - seen.began < PLAN.longest
    flows = [each for each in seen.events if isinstance(each, Flow)]
    assert sorted(each.number for each in flows) == list(range(len(flows)))
    result = monitored(seen.events, asked_of(PLAN, paired=True))
    assert result.answer is Answer.NOT_WORSE
    assert result.flows <= len(flows)


def test_a_candidate_that_dies_is_worse_at_once(tmp_path: Path, good: str) -> None:
    """The run does not go on against something that is gone."""
    with serving(failing_after(10)) as dying:
        seen = run(tmp_path, dying, good)
    assert seen.stopped == "worse"
    assert set(seen.errors) == {"GET /: HTTP 503"}
    assert seen.baseline_errors == {}
    assert seen.ended - seen.began < PLAN.longest


def test_where_both_die_the_run_ends_and_blames_nobody(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As when the platform is gone: long before the longest time."""
    monkeypatch.setattr(pulse, "DEAD", 1.0)
    with serving(failing_after(10)) as one, serving(failing_after(10)) as other:
        seen = run(tmp_path, one, other)
    assert seen.stopped == ""
    assert "answered nothing well any more" in seen.trouble
    assert seen.ended - seen.began < PLAN.longest


def test_a_scenario_that_cannot_run_says_why(tmp_path: Path, good: str) -> None:
    """In the words of whoever found out; nothing is answered."""
    seen = run(tmp_path, good, good, scenario="import no_such_module\n")
    assert "no_such_module" in seen.trouble
    assert (seen.stopped, seen.events) == ("", ())


def test_a_run_that_somebody_else_ends_is_not_whole(tmp_path: Path, good: str) -> None:
    """It ends in good order, and yet nobody knows what it would have come to."""
    ending = "        os.kill(os.getpid(), signal.SIGTERM)\n"
    seen = run(tmp_path, good, good, f"import os, signal\n{SCENARIO}{ending}")
    assert "stopped by somebody else" in seen.trouble
    assert seen.stopped == ""
