"""Old consumers on both sides: what differs, what only seems to, and what is shown."""

import itertools
import json
from dataclasses import replace
from pathlib import Path
from uuid import UUID

from gate.model.evidence import Shown
from tests_integration.gate.suites.shops import (
    ORDER,
    PLAN,
    Quirk,
    Shop,
    collected,
    document,
    only,
    reply,
    wanted,
)
from tests_unit.gate.fakes.web import Reply, Request


def test_things_go_by_other_names_on_the_other_side(tmp_path: Path) -> None:
    """Order 1 here is order 1001 there: the same sequences work on both."""
    candidate, control = Shop(1), Shop(1001)
    evidence = collected(tmp_path, candidate, control)
    assert evidence.compared
    assert (evidence.breaks, evidence.unrepeated) == ((), ())
    assert {each.operation for each in evidence.exercises if each.accepted} == {
        "GET /orders",
        "POST /orders",
        "GET /orders/{order_id}",
        "DELETE /orders/{order_id}",
    }
    read = {path for method, path, _ in control.asked() if method == "GET"}
    assert any(path.startswith("/orders/100") for path in read)


def test_the_same_seed_asks_the_same(tmp_path: Path) -> None:
    """And another seed asks something else."""
    asked = []
    for seed in (1, 1, 2):
        shop = Shop()
        collected(tmp_path, shop, Shop(), replace(PLAN, seed=seed))
        asked.append(shop.asked())
    assert asked[0] == asked[1] != asked[2]


def test_no_more_is_drawn_than_allowed_and_nobody_is_forgotten(tmp_path: Path) -> None:
    """Every operation gets its share before any gets more."""
    evidence = collected(tmp_path, Shop(), Shop(), replace(PLAN, requests=9))
    sent = [each.sent for each in evidence.exercises]
    assert len(sent) == 4
    assert min(sent) >= 1
    assert sum(sent) <= 9


def test_production_is_asked_for_its_document_and_nothing_else(tmp_path: Path) -> None:
    """What changes data, and what does not, goes to staging and the baseline's app."""
    candidate, production = Shop(), Shop()
    evidence = collected(tmp_path, candidate, None, production=production)
    assert [(each.method, each.path) for each in production.log] == [
        ("GET", "/openapi.json")
    ]
    assert not evidence.compared
    assert "POST" in {method for method, _, _ in candidate.asked()}
    beside, untouched = Shop(), Shop()
    collected(tmp_path, Shop(), beside, production=untouched)
    assert untouched.log == []
    assert "POST" in {method for method, _, _ in beside.asked()}


def _sometimes(every: int, worse: Reply) -> Quirk:
    counter = itertools.count(1)

    def quirk(_: Shop, request: Request, told: Reply) -> Reply:
        return worse if next(counter) % every == 0 else told

    return quirk


def test_one_failure_in_many_answers_is_no_break(tmp_path: Path) -> None:
    """It does not show again; it accuses nobody, and does not pass for nothing either."""
    flaky = Shop(quirk=_sometimes(29, reply(500, {})))
    evidence = collected(tmp_path, flaky, Shop())
    assert evidence.breaks == ()
    assert evidence.unsettled
    assert all("server error" in each for each in evidence.unsettled)


def test_failures_that_come_by_chance_on_both_sides_are_no_break(
    tmp_path: Path,
) -> None:
    """The baseline fails now and then as well: nothing is wanting, and it is told."""
    flaky = Shop(quirk=_sometimes(29, reply(503, {})))
    as_flaky = Shop(quirk=_sometimes(31, reply(503, {})))
    evidence = collected(tmp_path, flaky, as_flaky)
    assert (evidence.breaks, evidence.unsettled) == ((), ())
    assert any("server error" in each for each in evidence.unrepeated)


def _moody(shop: Shop, request: Request, told: Reply) -> Reply:
    if request.method == "GET" and told.status == 200:
        orders = json.loads(told.body)
        seen = len(shop.log)
        for order in orders if isinstance(orders, list) else [orders]:
            order.update(seen=seen if seen % 2 else str(seen))
            order.update({"mood": None} if seen % 3 else {})
        return reply(200, orders)
    return told


def test_what_the_baseline_does_not_do_twice_alike_is_nobodys_break(
    tmp_path: Path,
) -> None:
    """Times, counters, keys that come and go: learned from the baseline itself."""
    evidence = collected(tmp_path, Shop(quirk=_moody), Shop(quirk=_moody))
    assert evidence.breaks == ()


def _noted(note: object) -> Quirk:
    def quirk(_: Shop, request: Request, told: Reply) -> Reply:
        order = json.loads(told.body) if told.body else None
        if told.status in (200, 201) and isinstance(order, dict):
            return reply(told.status, {**order, "extra": note, "beside": note})
        return told

    return quirk


def test_a_shape_of_which_no_document_speaks_may_not_change(tmp_path: Path) -> None:
    """Text where production's release always gave an object, though nobody said so."""
    old, new = Shop(quirk=_noted({"a": 1})), Shop(quirk=_noted("a: 1"))
    evidence = collected(tmp_path, new, old)
    assert {each.check for each in evidence.breaks} == {"differs_from_baseline"}
    places = " ".join(each.message for each in evidence.breaks)
    assert "/beside" in places
    assert "/extra" not in places, "the document says that any value may stand there"
    assert all(each.replays == 2 for each in evidence.breaks)
    assert all(each.on_baseline is False for each in evidence.breaks)


def test_a_value_of_which_a_document_speaks_may_change_as_it_says(
    tmp_path: Path,
) -> None:
    """An optional text that is there no longer, and other values, break nobody."""

    def noted(_: Shop, request: Request, told: Reply) -> Reply:
        order = json.loads(told.body) if told.body else None
        if told.status in (200, 201) and isinstance(order, dict):
            return reply(told.status, {**order, "note": "hello"})
        return told

    assert collected(tmp_path, Shop(), Shop(quirk=noted)).breaks == ()


def _loses_orders(shop: Shop, request: Request, told: Reply) -> Reply:
    one = request.path.startswith("/orders/")
    return reply(404, {}) if one and request.method == "GET" else told


def test_what_was_just_made_must_be_found(tmp_path: Path) -> None:
    """A documented 404 is one all the same, where the baseline finds it."""
    found = only(collected(tmp_path, Shop(1, quirk=_loses_orders), Shop(501)))
    assert found.operation == "GET /orders/{order_id}"
    assert found.check == "differs_from_baseline"
    assert found.candidate.status == 404
    assert found.baseline is not None
    assert found.baseline.status == 200
    assert found.declared is False


def test_a_refusal_that_nobody_declared_is_shown_by_the_least_request(
    tmp_path: Path,
) -> None:
    """No gift, no key: only the quantity is needed to be refused, each time anew."""
    found = only(collected(tmp_path, Shop(most=3), Shop()))
    assert found.operation == "POST /orders"
    assert found.check == "positive_data_acceptance"
    assert (found.on_baseline, found.declared, found.replays) == (False, False, 2)
    assert found.request.method == "POST"
    assert found.request.path == "/orders"
    assert found.request.headers == {"Content-Type": "application/json"}
    sent = json.loads(found.request.body or "")
    assert list(sent) == ["quantity"]
    assert sent["quantity"] > 3


def test_a_declared_refusal_is_confirmed_by_its_counterexample(tmp_path: Path) -> None:
    """The new document says that it takes three at most, and the candidate keeps to it."""
    narrowed = document(Wanted=wanted(maximum=3))
    evidence = collected(tmp_path, Shop(contract=narrowed, most=3), Shop())
    (trial,) = evidence.trials
    assert trial.change.split()[0].startswith("request-")
    assert trial.change.endswith("POST /orders")
    assert trial.shown is Shown.CONFIRMED
    assert trial.candidate is not None
    assert trial.candidate.status == 422
    assert trial.baseline is not None
    assert trial.baseline.status == 201
    assert trial.request is not None
    assert json.loads(trial.request.body or "")["quantity"] > 3
    assert only(evidence).declared is True


def test_a_declared_refusal_that_does_not_come_is_not_confirmed(tmp_path: Path) -> None:
    """The document says so, but the candidate still takes a thousand."""
    narrowed = document(Wanted=wanted(maximum=3))
    (trial,) = collected(tmp_path, Shop(contract=narrowed), Shop()).trials
    assert trial.shown is Shown.NOT_CONFIRMED
    assert trial.why == "the candidate answered 201"


def test_a_declared_change_of_answers_is_confirmed_by_an_answer(tmp_path: Path) -> None:
    """The quantity is a text now, in the document and in what is answered."""

    def spelled(_: Shop, request: Request, told: Reply) -> Reply:
        order = json.loads(told.body) if told.body else None
        if isinstance(order, dict) and "quantity" in order:
            return reply(told.status, {**order, "quantity": str(order["quantity"])})
        return told

    quantity = {**ORDER["properties"], "quantity": {"type": "string"}}  # type: ignore[dict-item]
    changed = document(Order={**ORDER, "properties": quantity})
    evidence = collected(tmp_path, Shop(contract=changed, quirk=spelled), Shop())
    trial = next(each for each in evidence.trials if "quantity" in each.change)
    assert trial.shown is Shown.CONFIRMED
    assert trial.candidate is not None
    assert isinstance(json.loads(trial.candidate.body)["quantity"], str)
    assert evidence.breaks
    for each in evidence.breaks:
        assert each.declared is True
        assert each.violated == ("/components/schemas/Order/properties/quantity/type",)


def test_what_the_last_run_left_behind_answers_nothing(tmp_path: Path) -> None:
    """Staging keeps its data and the keys it was given; the baseline's app is new."""
    staging = Shop()
    for control in (Shop(501), Shop(901)):
        evidence = collected(tmp_path, staging, control)
        assert (evidence.breaks, evidence.unrepeated) == ((), ())
    sent = {each.headers.get("Idempotency-Key") for each in staging.log} - {None}
    assert len(sent) > 2
    assert all(str(UUID(key)) == key for key in sent)


def test_what_only_the_baseline_has_stored_is_no_break(tmp_path: Path) -> None:
    """An amount of 1 in the candidate's answers does not promise an order 1 there."""
    candidate, control = Shop(), Shop()
    candidate.orders[5001] = {"id": 5001, "quantity": 1}
    control.orders[1] = {"id": 1, "quantity": 1}
    evidence = collected(tmp_path, candidate, control, replace(PLAN, unsafe=False))
    assert ("GET", "/orders/1", b"") in candidate.asked()
    assert (evidence.breaks, evidence.unrepeated) == ((), ())
