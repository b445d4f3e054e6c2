"""What the load generator's lines tell, whole or damaged."""

import json
from typing import Any

import pytest

from gate.model.evidence import Generator, SlowRequest
from gate.stats.events import BASELINE, CANDIDATE, Event, Flow, Step, UnderWay
from gate.suites.load.stream import LoadStream

BEGIN = {"kind": "begin", "at": 1_000.0}
END = {
    "kind": "end",
    "reason": "time",
    "said": "",
    "workers": 1,
    "rate": 9.0,
    "lowered_from": 20.0,
    "busy": 0.5,
    "late": 0.0,
    "slowest": [],
}


def flow(number: int = 0, **changes: Any) -> dict[str, Any]:
    """One flow of one request, as the driver tells it."""
    return {
        "kind": "flow",
        "at": 1_000.5 + number,
        "number": number,
        "users": 1,
        "steps": [["GET /orders", 30.1234567, 20.0]],
        "candidate_failed": False,
        "baseline_failed": False,
        "candidate_requests": 1,
        "baseline_requests": 1,
        "late": 0.0,
        "worker": "",
        "route": "",
        **changes,
    }


def waiting(candidate: int, baseline: int, worker: str = "") -> dict[str, Any]:
    """How many flows of a worker wait, as the driver tells it."""
    arms = {CANDIDATE: candidate, BASELINE: baseline}
    return {"kind": "under way", "at": 1_002.0, "worker": worker, **arms}


def told(*rows: dict[str, Any] | str) -> tuple[LoadStream, list[Event]]:
    """All of a stream; a row of text stands for itself."""
    stream = LoadStream()
    flows = [
        stream.take(row if isinstance(row, str) else json.dumps(row)) for row in rows
    ]
    return stream, [each for each in flows if each is not None]


def test_a_flow_is_told_in_seconds_since_the_load_began() -> None:
    """Rounded when it is read, so that stored evidence is judged as it was seen."""
    _, flows = told(BEGIN, flow(3))
    assert flows == [Flow(3.5, 3, 1, (Step("GET /orders", 30.123, 20.0),))]


def test_without_a_baseline_there_is_nothing_beside() -> None:
    """Half a step is a step of the candidate alone."""
    _, (only,) = told(BEGIN, flow(steps=[["GET /", 5.0, None]]))
    assert isinstance(only, Flow)
    assert only.steps == (Step("GET /", 5.0, None),)


def test_flows_that_wait_are_added_up_over_the_workers() -> None:
    """Each tells its own, when that changes."""
    rows = waiting(2, 0, "0"), waiting(1, 1, "1"), waiting(0, 0, "0")
    _, events = told(BEGIN, *rows)
    assert events == [UnderWay(2.0, 2, 0), UnderWay(2.0, 3, 1), UnderWay(2.0, 1, 1)]


@pytest.mark.parametrize(
    "damaged",
    [
        '{"kind": "fl',
        "[]",
        "null",
        '"flow"',
        "",
        '{"kind": "flow", "at": 1000}',
        '{"kind": "news"}',
        json.dumps(flow(steps=[["GET /", None, 1.0]])),
        json.dumps(flow(steps=[["GET /", float("nan"), 1.0]])),
        json.dumps(flow(at=float("inf"))),
        json.dumps(flow(steps=[["GET /", 10**400, 1.0]])),
        json.dumps(flow(steps=[[]])),
        json.dumps({**waiting(0, 0), "worker": "9", CANDIDATE: None}),
    ],
)
def test_a_damaged_line_tells_nothing_and_stops_nothing(damaged: str) -> None:
    """The flow is missed by its number; those around it are there."""
    stream, flows = told(BEGIN, flow(0), damaged, flow(2), END)
    assert [each.number for each in flows if isinstance(each, Flow)] == [0, 2]
    assert stream.trouble == ""


@pytest.mark.parametrize(
    ("rows", "trouble"),
    [
        ([], "cut short"),
        ([BEGIN, flow()], "cut short"),
        (
            [BEGIN, {**END, "reason": "hung", "said": "browse() hangs"}],
            "browse() hangs",
        ),
        ([{"kind": "end", "reason": "refused", "said": "no task"}], "no task"),
    ],
)
def test_a_run_without_its_proper_end_cannot_be_trusted(
    rows: list[dict[str, Any]], trouble: str
) -> None:
    """The last line is the proof that nothing is missing; its reason is passed on."""
    assert trouble in told(*rows)[0].trouble


@pytest.mark.parametrize("reason", ["time", "requests", "stopped"])
def test_a_run_may_end_as_it_was_told_to(reason: str) -> None:
    """By its longest time, by its most requests, or by the gate."""
    assert told(BEGIN, flow(), {**END, "reason": reason})[0].trouble == ""


def test_errors_are_counted_by_kind() -> None:
    """Of each arm, the most frequent first."""
    stream, _ = told(
        BEGIN,
        flow(0, errors=[[CANDIDATE, "GET /: HTTP 500", "id-1"]]),
        flow(1, errors=[[CANDIDATE, "GET /: HTTP 503", ""], [BASELINE, "late", ""]]),
        flow(2, errors=[[CANDIDATE, "GET /: HTTP 503", "id-3"]]),
    )
    assert list(stream.errors(CANDIDATE).items()) == [
        ("GET /: HTTP 503", 2),
        ("GET /: HTTP 500", 1),
    ]
    assert stream.errors(BASELINE) == {"late": 1}


def test_the_slowest_answers_are_told_in_the_end() -> None:
    """By route, with when it was and the id by which the router's log names it."""
    slow = {"arm": CANDIDATE, "route": "GET /", "at": 1_002.5, "ms": 812.0004}
    end = {**END, "slowest": [{**slow, "request_id": "8c1f"}]}
    stream, _ = told(BEGIN, flow(), end)
    assert stream.slowest == (SlowRequest(CANDIDATE, "GET /", 2.5, 812.0, "8c1f"),)


def test_how_busy_the_generator_was_is_known_when_it_is_cut_short() -> None:
    """By the line it tells once a second; the last line has the whole."""
    second = {"kind": "generator", "at": 1_001.0, "worker": "", "flows": 9, "late": 0}
    rows = BEGIN, {**second, "busy": 0.97}, {**second, "busy": 0.4}
    stream, _ = told(*rows)
    assert stream.generator.busy == 0.97
    stream, _ = told(*rows, {**END, "busy": 0.98, "late": 0.1, "workers": 2})
    assert stream.generator == Generator(
        workers=2, busy=0.98, late=0.1, rate=9.0, lowered_from=20.0
    )
