"""Old consumers, really played by Schemathesis, against two small shops."""

import json
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from gate.judges.contract import judge_contract
from gate.model.evidence import ContractEvidence
from gate.model.plan import ContractPlan
from gate.model.verdict import Result
from gate.suites.contract import collect_contract
from gate.suites.old_consumers import EVENTS, read
from tests_unit.gate.fakes.good_run import subject
from tests_unit.gate.fakes.web import Reply, Request, serving

PLAN = ContractPlan(examples=3, deadline=120.0)
ORDER = {
    "type": "object",
    "properties": {"id": {"type": "integer"}, "total": {"type": "integer"}},
    "required": ["id", "total"],
}
WANTED = {
    "type": "object",
    "properties": {"quantity": {"type": "integer", "minimum": 1, "maximum": 1000}},
    "required": ["quantity"],
    "additionalProperties": False,
}
Answer = Callable[[Request], Reply]


def _json(schema: Any) -> dict[str, Any]:
    return {"application/json": {"schema": schema}}


DOCUMENT = {
    "openapi": "3.1.0",
    "info": {"title": "shop", "version": "1"},
    "paths": {
        "/orders": {
            "get": {
                "responses": {
                    "200": {
                        "description": "all",
                        "content": _json({"type": "array", "items": ORDER}),
                    }
                }
            },
            "post": {
                "requestBody": {"required": True, "content": _json(WANTED)},
                "responses": {
                    "201": {"description": "made", "content": _json(ORDER)},
                    "422": {"description": "refused"},
                },
            },
        }
    },
}


def reply(status: int, told: object) -> Reply:
    """An answer in JSON."""
    body = json.dumps(told).encode()
    return Reply(status, body, {"Content-Type": "application/json"})


def shop(request: Request) -> Reply:
    """A shop that keeps its contract."""
    match request.method, request.path.partition("?")[0]:
        case "GET", "/openapi.json":
            return reply(200, DOCUMENT)
        case "GET", "/orders":
            return reply(200, [{"id": 1, "total": 5}])
        case "POST", "/orders":
            return reply(*_ordered(request.body, most=1000))
    return reply(404, {})


def _ordered(body: bytes, most: int) -> tuple[int, object]:
    try:
        quantity = json.loads(body)["quantity"]
    except (ValueError, KeyError, TypeError):
        return 422, {}
    fine = isinstance(quantity, int | float) and 1 <= quantity <= most
    return (201, {"id": 2, "total": 7}) if fine else (422, {})


def drops_a_field(request: Request) -> Reply:
    """A shop that no longer tells the total of an order, and does not say so."""
    if request.method == "GET" and request.path.startswith("/orders"):
        return reply(200, [{"id": 1}])
    return shop(request)


def refuses_what_was_accepted(request: Request) -> Reply:
    """A shop that sells no more than three at a time, and does not say so."""
    if request.method == "POST":
        return reply(*_ordered(request.body, most=3))
    return shop(request)


def is_out_of_order(request: Request) -> Reply:
    """A shop whose dependency is down."""
    if request.path == "/openapi.json":
        return shop(request)
    return reply(503, {"title": "no prices"})


def collected(
    tmp_path: Path, candidate: Answer, baseline: Answer | None = shop
) -> ContractEvidence:
    """The evidence about a candidate, beside a baseline where there is one."""
    with ExitStack() as stack:
        here = stack.enter_context(serving(candidate))
        there = stack.enter_context(serving(baseline)) if baseline else ""
        about = subject(here, control_url=there, baseline=baseline is not None)
        return collect_contract(about, PLAN, tmp_path)


def result(evidence: ContractEvidence) -> Result:
    """What the judge makes of it."""
    return judge_contract(evidence, serves=True).result


def test_old_consumers_of_a_shop_that_keeps_its_contract_meet_nothing(
    tmp_path: Path,
) -> None:
    """Every operation was asked and accepted, and nothing went wrong."""
    evidence = collected(tmp_path, shop)
    assert evidence.trouble == ""
    assert evidence.breaks == ()
    assert {each.operation for each in evidence.exercises} == {
        "GET /orders",
        "POST /orders",
    }
    assert all(each.sent >= each.accepted > 0 for each in evidence.exercises)
    assert result(evidence) is Result.PASSED


def test_an_answer_without_a_promised_field_breaks_its_readers(tmp_path: Path) -> None:
    """Though both documents are the same: it was seen, beside a baseline that is fine."""
    evidence = collected(tmp_path, drops_a_field)
    (broken,) = evidence.breaks
    assert broken.operation == "GET /orders"
    assert broken.check == "response_schema_conformance"
    assert broken.on_baseline is False
    assert "total" in broken.message
    assert (broken.request.method, broken.request.path) == ("GET", "/orders")
    assert broken.replays == 2
    assert result(evidence) is Result.FAILED


def test_a_refusal_of_what_was_accepted_breaks_its_senders(tmp_path: Path) -> None:
    """The very same request is sent to the baseline, which accepts it."""
    evidence = collected(tmp_path, refuses_what_was_accepted)
    (broken,) = evidence.breaks
    assert broken.operation == "POST /orders"
    assert broken.check == "positive_data_acceptance"
    assert broken.on_baseline is False
    assert result(evidence) is Result.FAILED
    assert (broken.request.method, broken.request.path) == ("POST", "/orders")
    assert json.loads(broken.request.body or "")["quantity"] > 3


def test_an_outage_of_both_is_told_as_such(tmp_path: Path) -> None:
    """Server errors here and there: nobody is accused, nothing is promoted."""
    evidence = collected(tmp_path, is_out_of_order, is_out_of_order)
    faults = [b for b in evidence.breaks if b.check == "not_a_server_error"]
    assert faults
    assert all(fault.on_baseline for fault in faults)
    assert result(evidence) is Result.INSUFFICIENT


def test_an_outage_of_the_candidate_alone_is_a_regression(tmp_path: Path) -> None:
    """The baseline answers the same requests."""
    evidence = collected(tmp_path, is_out_of_order)
    assert any(not each.on_baseline for each in evidence.breaks)
    assert result(evidence) is Result.FAILED


def test_before_the_first_production_release_nobody_is_played(tmp_path: Path) -> None:
    """The candidate's document is kept, to be judged by itself."""
    evidence = collected(tmp_path, shop, None)
    assert evidence.old_document is None
    assert json.loads(evidence.new_document or "") == DOCUMENT
    assert evidence.exercises == ()
    assert result(evidence) is Result.PASSED


def _without_document(status: int) -> Answer:
    def answer(request: Request) -> Reply:
        if request.path == "/openapi.json":
            return reply(status, {})
        return shop(request)

    return answer


@pytest.mark.parametrize("status", [404, 500, 302])
def test_a_document_that_is_not_served_is_told(tmp_path: Path, status: int) -> None:
    """By either of them, with the status that was seen."""
    for evidence in (
        collected(tmp_path, _without_document(status)),
        collected(tmp_path, shop, _without_document(status)),
    ):
        assert f"/openapi.json answered {status}" in evidence.trouble
        assert result(evidence) is not Result.PASSED


def test_a_candidate_that_nobody_can_reach_is_unknown(tmp_path: Path) -> None:
    """Nothing was seen: block, and accuse nobody."""
    nowhere = subject("http://127.0.0.1:9", control_url="http://127.0.0.1:9")
    evidence = collect_contract(nowhere, PLAN, tmp_path)
    assert "connection refused" in evidence.trouble
    assert result(evidence) is Result.INSUFFICIENT


def _with_document(text: bytes) -> Answer:
    def answer(request: Request) -> Reply:
        if request.path == "/openapi.json":
            return Reply(200, text, {"Content-Type": "application/json"})
        return shop(request)

    return answer


@pytest.mark.parametrize("text", [b"<html>", b"[]", b'{"paths": []}', b"\xff\xfe"])
def test_a_production_document_that_is_not_one_stops_nothing_but_the_promotion(
    tmp_path: Path, text: bytes
) -> None:
    """It is for the judge to say what is wrong with it."""
    evidence = collected(tmp_path, shop, _with_document(text))
    assert result(evidence) is Result.INSUFFICIENT


def test_a_document_of_operations_that_cannot_be_drawn_is_told(tmp_path: Path) -> None:
    """A schema that nothing satisfies leaves its operation unasked, by name."""
    document = json.loads(json.dumps(DOCUMENT))
    document["paths"]["/orders"]["post"]["requestBody"]["content"] = _json(False)
    broken = _with_document(json.dumps(document).encode())
    evidence = collected(tmp_path, broken, broken)
    assert result(evidence) is Result.INSUFFICIENT


YAML = b"""
openapi: 3.1.0
info: {title: shop, version: "1"}
paths:
  /orders:
    get:
      responses:
        200:
          description: all
          content:
            application/json:
              schema: {type: array, items: {$ref: "#/components/schemas/Order"}}
components:
  schemas:
    Order: {type: object, required: [id, total]}
"""


def test_documents_may_be_yaml(tmp_path: Path) -> None:
    """What is promised in YAML is promised."""
    evidence = collected(tmp_path, _also(drops_a_field, YAML), _with_document(YAML))
    (broken,) = evidence.breaks
    assert broken.violated == ("/components/schemas/Order/required",)


def _also(shop: Answer, text: bytes) -> Answer:
    def answer(request: Request) -> Reply:
        if request.path == "/openapi.json":
            return Reply(200, text, {"Content-Type": "application/yaml"})
        return shop(request)

    return answer


def hangs_up(request: Request) -> Reply:
    """A shop that takes every call and says nothing."""
    if request.path == "/openapi.json":
        return shop(request)
    raise ConnectionAbortedError


def test_a_candidate_that_answers_no_more_is_not_asked_for_ever(tmp_path: Path) -> None:
    """It is a regression where the baseline answers, and not all could be seen."""
    evidence = collected(tmp_path, hangs_up)
    assert "the candidate answered no more" in evidence.trouble
    (broken,) = evidence.breaks
    assert (broken.check, broken.on_baseline) == ("not_a_server_error", False)
    assert broken.candidate.status is None
    assert broken.baseline is not None
    assert broken.baseline.status
    assert sum(each.sent for each in evidence.exercises) == 3
    assert result(evidence) is Result.FAILED


def test_an_account_that_breaks_off_is_no_end(tmp_path: Path) -> None:
    """A child that was killed is not one that found nothing; what it told counts."""
    collected(tmp_path, drops_a_field)
    events = tmp_path / EVENTS
    whole = read(events)
    assert whole.trouble == ""
    assert {each.check for each in whole.breaks} == {"response_schema_conformance"}
    lines = events.read_text().splitlines()
    for kept in (lines[:-1], lines[:2], [], [*lines[:-1], lines[-1][:10]]):
        events.write_text("\n".join(kept))
        part = read(events)
        assert "broke off" in part.trouble
        assert len(part.exercises) == min(2, len(kept))
    events.unlink()
    assert "told nothing" in read(events).trouble


def answers_plainly(request: Request) -> Reply:
    """A shop that answers in plain text where it promised JSON."""
    if request.path.startswith("/orders"):
        made = 201 if request.method == "POST" else 200
        return Reply(made, b"an order", {"Content-Type": "text/plain"})
    return shop(request)


def answers_oddly(request: Request) -> Reply:
    """A shop that answers with a status that it never spoke of."""
    return reply(418, {}) if request.path.startswith("/orders") else shop(request)


@pytest.mark.parametrize(
    "same",
    [
        drops_a_field,
        answers_plainly,
        answers_oddly,
    ],
)
def test_what_production_does_as_well_is_not_new(tmp_path: Path, same: Answer) -> None:
    """Whatever old consumers meet on both: it is as old as production."""
    evidence = collected(tmp_path, same, same)
    assert evidence.breaks
    assert all(each.on_baseline for each in evidence.breaks)
