"""Breaks that something else could hide: none of them may pass for a quiet release."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from gate.judges.contract import judge_contract
from gate.model.evidence import ContractEvidence, LiveBreak
from gate.model.verdict import Result
from tests_integration.gate.suites.shops import (
    ORDER,
    PLAN,
    Quirk,
    Shop,
    as_json,
    attempted,
    collected,
    document,
    reply,
)
from tests_unit.gate.fakes.web import Reply, Request

FEW = replace(PLAN, examples=2, requests=60)
Edit = Callable[[dict[str, Any]], object]


def listing(edit: Edit) -> Quirk:
    """A shop that lists its orders, and one more, with an edit to each."""

    def quirk(_: Shop, request: Request, told: Reply) -> Reply:
        if (request.method, request.path) != ("GET", "/orders"):
            return told
        orders = [*json.loads(told.body), {"id": 1, "quantity": 2, "note": "a"}]
        for order in orders:
            edit(order)
        return reply(200, orders)

    return quirk


def answering(told: Reply) -> Quirk:
    """A shop that answers whoever lists its orders so."""

    def quirk(_: Shop, request: Request, usual: Reply) -> Reply:
        listed = (request.method, request.path) == ("GET", "/orders")
        return told if listed else usual

    return quirk


def alone(evidence: ContractEvidence) -> list[LiveBreak]:
    """What the candidate alone does wrong, which the judge must not let pass."""
    found = [each for each in evidence.breaks if not each.on_baseline]
    blocked = judge_contract(evidence, serves=True).result is Result.FAILED
    assert blocked == bool(found)
    return found


def without(*names: str) -> Edit:
    """Leave these members out."""
    return lambda order: [order.pop(name, None) for name in names]


NOTED = {**ORDER, "required": ["note", "id", "quantity"]}


@pytest.mark.parametrize(
    ("old", "new", "lost"),
    [
        (lambda it: it.update(note=5), lambda it: it.update(note=5, id="a"), True),
        (without("note"), without("note", "quantity"), True),
        (without("note"), without("note"), False),
        (without("note", "quantity"), without("quantity"), False),
    ],
    ids=["another keyword", "another member", "the same", "less"],
)
def test_one_broken_promise_of_production_does_not_excuse_another(
    tmp_path: Path, old: Edit, new: Edit, lost: bool
) -> None:
    """A baseline that never was quite right hides no new break, and none is invented."""
    contract = document(Order=NOTED)
    baseline = Shop(contract=contract, quirk=listing(old))
    candidate = Shop(contract=contract, quirk=listing(new))
    evidence = collected(tmp_path, candidate, baseline, FEW)
    listed = [each for each in alone(evidence) if each.operation == "GET /orders"]
    assert bool(listed) is lost


TITLED = {
    "description": "no",
    "content": as_json({"type": "object", "required": ["title"]}),
}


@pytest.mark.parametrize(
    "told", [reply(401, {}), Reply(401, b"no", {"Content-Type": "text/html"})]
)
def test_a_refusal_in_the_wrong_words_is_a_refusal(tmp_path: Path, told: Reply) -> None:
    """A 401 whose body is not as documented, where production's release answers."""
    contract = document()
    contract["paths"]["/orders"]["get"]["responses"]["401"] = TITLED
    candidate = Shop(contract=contract, quirk=answering(told))
    sloppy = listing(lambda order: order.update(note=5))
    baseline = Shop(contract=contract, quirk=sloppy)
    (found,) = alone(collected(tmp_path, candidate, baseline, FEW))
    assert (found.operation, found.check) == ("GET /orders", "differs_from_baseline")
    assert found.candidate.status == 401


def test_an_answer_that_is_damaged_on_the_way_is_told(tmp_path: Path) -> None:
    """It began, and could not be read to its end: nobody can use it."""
    damaged = Reply(200, b"[]", {"Content-Encoding": "gzip"})
    candidate = Shop(quirk=answering(damaged))
    (found,) = alone(collected(tmp_path, candidate, Shop(), FEW))
    assert (found.operation, found.check) == ("GET /orders", "not_a_server_error")
    assert "damaged" in found.candidate.trouble
    assert found.request.path == "/orders"


def test_what_is_no_json_any_more_differs_though_no_document_says_what_it_was(
    tmp_path: Path,
) -> None:
    """Production's release answers in JSON, the candidate with a page."""
    contract = document()
    contract["paths"]["/orders"]["get"]["responses"]["200"] = {"description": "all"}
    page = Reply(200, b"<html>", {"Content-Type": "text/html"})
    candidate = Shop(contract=contract, quirk=answering(page))
    evidence = collected(tmp_path, candidate, Shop(contract=contract), FEW)
    (found,) = alone(evidence)
    assert (found.operation, found.check) == ("GET /orders", "differs_from_baseline")
    assert found.candidate.content_type == "text/html"


NAMED = {
    "type": "object",
    "properties": {
        "name": {"type": "string", "minLength": 3},
        "quantity": {"type": "integer", "minimum": 1},
    },
    "required": ["name", "quantity"],
    "additionalProperties": False,
}


def once(edit: Edit) -> Quirk:
    """A shop that takes each name only once, with an edit to what it makes."""
    taken: set[str] = set()

    def quirk(_: Shop, request: Request, told: Reply) -> Reply:
        if request.method != "POST" or told.status != 201:
            return told
        name = str(json.loads(request.body)["name"])
        if name in taken:
            return reply(409, {})
        taken.add(name)
        made = json.loads(told.body)
        edit(made)
        return reply(201, made)

    return quirk


def test_what_is_taken_only_once_is_seen_again_under_other_names(
    tmp_path: Path,
) -> None:
    """Both say that the name is taken; a new one shows the same."""
    contract = document(Wanted=NAMED)
    candidate = Shop(contract=contract, quirk=once(without("quantity")))
    control = Shop(contract=contract, quirk=once(without()))
    (found,) = alone(collected(tmp_path, candidate, control, PLAN))
    assert (found.operation, found.replays) == ("POST /orders", 2)
    assert "quantity" in found.message


def test_what_is_taken_only_once_need_not_be_seen_again(tmp_path: Path) -> None:
    """No other name is allowed; but several requests showed the same."""
    named = json.loads(json.dumps(NAMED))
    named["properties"]["name"] = {"enum": ["ada", "bob", "eve", "joe", "kim", "zoe"]}
    contract = document(Wanted=named)
    candidate = Shop(contract=contract, quirk=once(without("quantity")))
    control = Shop(contract=contract, quirk=once(without()))
    (found,) = alone(collected(tmp_path, candidate, control, PLAN))
    assert (found.operation, found.replays) == ("POST /orders", 0)
    assert "quantity" in found.message


def test_answers_that_cannot_be_checked_do_not_pass(tmp_path: Path) -> None:
    """Nobody can tell whether they are right: that is said, with the operation."""
    odd = {**ORDER, "properties": {**ORDER["properties"], "note": {"type": "txt"}}}  # type: ignore[dict-item]
    contract = document(Order=odd)
    evidence = attempted(
        tmp_path, Shop(contract=contract), Shop(contract=contract), FEW
    )
    assert "what GET /orders answers cannot be held against" in evidence.trouble
    assert judge_contract(evidence, serves=True).result is not Result.PASSED


def test_a_redirect_to_production_is_not_followed(tmp_path: Path) -> None:
    """Not even where both sides lead there: what changes data stays away from it."""
    production = Shop()
    with production.open() as url:

        def leads_there(_: Shop, request: Request, told: Reply) -> Reply:
            if request.path == "/openapi.json":
                return told
            return Reply(307, b"", {"Location": url + request.path})

        beside = Shop(quirk=leads_there)
        evidence = collected(tmp_path, Shop(quirk=leads_there), beside, FEW)
    assert production.asked() == []
    assert sum(each.sent for each in evidence.exercises) > 0
    assert judge_contract(evidence, serves=True).result is not Result.PASSED
