"""What two answers to the same request say of each other."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from gate.openapi import Request, parse
from gate.suites.consumers.budget import Budget, Spent
from gate.suites.consumers.correspondence import Correspondence
from gate.suites.consumers.grafting import crossed, grafts
from gate.suites.consumers.shapes import contradictions, joined, shape
from gate.suites.consumers.silence import speaks_of

JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers(0, 9) | st.sampled_from(["", "a", "7"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["id", "a", "b/c", "2025-01-02"]), inner)
    ),
    max_leaves=8,
)


def test_what_differs_at_the_same_place_stands_for_each_other() -> None:
    """As number and as text, wherever it stands in what comes next."""
    known = Correspondence()
    known.learn({"id": 7, "of": [{"sku": "a"}]}, {"id": 9, "of": [{"sku": "b"}]})
    known.learn_location("http://here/orders/7", "/orders/9")
    assert known.theirs({"order": 7, "skus": ["a", "c"]}) == {
        "order": 9,
        "skus": ["b", "c"],
    }
    assert known.theirs("7") == "9"
    assert known.theirs("/orders/7") == "/orders/7"
    assert known.theirs(value=True) is True


def test_an_id_tells_more_than_a_number_that_happens_to_be_the_same() -> None:
    """A quantity of 7 does not say which order is meant."""
    known = Correspondence()
    known.learn({"quantity": 7, "id": 7}, {"quantity": 8, "id": 9})
    assert known.theirs(7) == 9


@given(JSON)
def test_equal_answers_teach_nothing(value: Any) -> None:
    """Then every value stands for itself."""
    known = Correspondence()
    known.learn(value, value)
    assert known.theirs(value) == value


@given(JSON)
def test_no_answer_contradicts_itself(value: Any) -> None:
    """Nor an answer that joins it with another."""
    assert contradictions(shape(value), shape(value)) == {}
    assert contradictions(shape(value), joined([shape(value), shape([])])) == {}


@given(st.lists(JSON, max_size=4), st.randoms())
def test_the_order_of_items_is_no_part_of_a_shape(items: list[Any], dice: Any) -> None:
    """Lists may come in any order."""
    shuffled = items[:]
    dice.shuffle(shuffled)
    assert shape(items) == shape(shuffled)


def test_a_contradiction_is_what_never_shows_again() -> None:
    """A type that changed and a key that is gone; not a new key, a null now and then,
    an empty list, or what lies below what is told already."""
    old = shape({"id": 1, "to": {"name": "a"}, "all": [{"n": 1}], "at": "x", "g": 1})
    new = shape({"id": "1", "to": None, "all": [], "new": 1, "g": 1.5})
    assert contradictions(old, new) == {
        "/id": ("number", "string"),
        "/to": ("object", "null"),
        "/at": ("string", "nothing"),
    }
    sometimes = joined([shape({"at": "x"}), shape({"at": None}), shape({})])
    assert contradictions(sometimes, shape({})) == {}
    assert contradictions(sometimes, shape({"at": None})) == {}


def test_keys_that_are_data_are_no_names() -> None:
    """Days and ids as keys differ between any two answers."""
    old, new = shape({"2025-01-02": {"n": 1}}), shape({"2025-01-03": {"n": 2}})
    assert contradictions(old, new) == {}
    assert contradictions(old, shape({"2025-01-03": {"n": "2"}})) == {
        "/*/n": ("number", "string")
    }


DOCUMENT = parse(
    """
openapi: 3.1.0
info: {title: shop, version: "1"}
paths:
  /orders/{id}:
    get:
      responses:
        2XX: {$ref: "#/components/responses/Found"}
        default: {description: no}
components:
  responses:
    Found:
      description: one
      content:
        application/json: {schema: {$ref: "#/components/schemas/Order"}}
  schemas:
    Order:
      allOf:
        - properties: {id: {type: integer}, extra: {}, next: {$ref: "#/components/schemas/Order"}}
        - properties: {names: {additionalProperties: {type: integer}}, free: {type: object}}
        - properties: {lines: {items: {anyOf: [{properties: {n: {minimum: 1, type: integer}}}]}}}
"""
)


def test_a_document_speaks_of_what_it_describes() -> None:
    """Through references, branches and items; what is left open is left to the data."""

    def speaks(place: str, status: int = 200, media: str = "application/json") -> bool:
        return speaks_of(DOCUMENT, "GET /orders/{order}", status, media, place)

    assert all(map(speaks, ["", "/id", "/next/next/id", "/lines", "/lines/*/n"]))
    assert all(map(speaks, ["/extra", "/extra/any", "/other/below", "/id/deeper"]))
    assert not any(map(speaks, ["/other", "/lines/*/m"]))
    assert speaks("/id", 201, "application/json; charset=utf-8")
    assert not speaks("", 404)
    assert not speaks("", 200, "text/plain")
    assert all(map(speaks, ["/names", "/names/ada", "/free/ada"]))


def _request(**parts: Any) -> Request:
    return Request("POST", "/orders", media="application/json", **parts)


def test_a_graft_takes_one_part_only() -> None:
    """Everything else is as it was when it was accepted."""
    base = _request(body={"to": "Ada", "lines": [{"sku": "mug", "n": 1}]})
    other = _request(body={"lines": [{"sku": "a", "n": 9}]}, query={"dry": True})
    parts = dict(grafts(base, other))
    assert parts["body/lines/0/n"].body == {
        "to": "Ada",
        "lines": [{"sku": "mug", "n": 9}],
    }
    assert parts["body/to"].body == {"lines": [{"sku": "mug", "n": 1}]}
    assert parts["query dry"].body == base.body
    assert dict(grafts(base, base)) == {}


def test_crossing_takes_each_part_in_turn() -> None:
    """The largest first, so that a few requests already have tried all of them."""
    base = _request(body={"a": 0, "b": 0})
    others = [_request(body={"a": n, "b": n}) for n in (2, 10, 2)]
    bodies = [each.body for each in crossed(base, others)]
    assert bodies == [
        {"a": 10, "b": 0},
        {"a": 0, "b": 10},
        {"a": 2, "b": 0},
        {"a": 0, "b": 2},
    ]


def test_a_budget_gives_everybody_a_part_of_what_is_left() -> None:
    """Of requests and of time; a part that was not used is there for the next."""
    now = [0.0]
    budget = Budget(10, 100.0, lambda: now[0])
    spent = []
    for among in (2, 1):
        budget.allow(4, 0.5, among)
        used = 0
        try:
            while True:
                budget.spend()
                used += 1
                now[0] += 10.0
        except Spent:
            spent.append(used)
    assert spent == [3, 2]
    assert (budget.sent, budget.left) == (5, 5)
    budget.allow(100, 1.0)
    for _ in range(5):
        budget.spend()
    assert budget.left == 0
