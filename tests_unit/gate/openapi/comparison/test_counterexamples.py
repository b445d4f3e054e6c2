"""Every break comes with a whole exchange that shows it."""

from typing import Any

import pytest

from gate.openapi import Answer, Change, Document, Level, Request, compare, parse
from gate.openapi.traffic.admission import Admission
from tests_unit.gate.fakes.api import (
    INT,
    STR,
    answered,
    asked,
    document,
    fields,
    operation,
    parameter,
    sent,
)

Json = Any
ID = {"in": "path", "name": "id", "required": True, "schema": {"type": "string"}}
PLACE = {"in": "query", "name": "shop", "required": True, "schema": {"enum": ["x"]}}


def orders(count: Json) -> Document:
    """An order that is sent and answered, with a count deep inside a component."""
    ref = {"$ref": "#/components/schemas/Order"}
    body = {"required": True, "content": {"application/json": {"schema": ref}}}
    page = fields("orders", orders={"type": "array", "items": ref})
    answers = {
        "200": {"description": "", "content": {"application/json": {"schema": page}}}
    }
    one = {"parameters": [ID, PLACE], "requestBody": body, "responses": {"204": {}}}
    return document(
        paths={
            "/orders/{id}": {"put": one},
            "/orders": {"get": {"responses": answers}},
        },
        components={
            "schemas": {
                "Order": fields("lines", lines={"type": "array", "items": LINE}),
                "Line": fields("count", count=count),
            }
        },
    )


LINE = {"$ref": "#/components/schemas/Line"}


def breaks(old: Document, new: Document) -> list[Change]:
    return [c for c in compare(old, new) if c.level is Level.BREAKS]


def test_a_break_deep_in_a_component_comes_as_a_whole_request() -> None:
    """The smallest body around it, with the parameters that the request needs."""
    (change,) = breaks(orders(INT), orders({**INT, "maximum": 9}))
    found = change.counterexample
    assert found.part == "body"
    assert found.schema_old == found.schema_new == "/components/schemas/Line"
    assert found.value == {"count": 10}
    assert found.exchange == Request(
        "PUT",
        "/orders/{id}",
        in_path={"id": "a"},
        query={"shop": "x"},
        media="application/json",
        body={"lines": [{"count": 10}]},
    )


def test_a_break_deep_in_a_component_comes_as_a_whole_answer() -> None:
    """The answer that the new document allows and the old one refuses."""
    (change,) = breaks(orders({**INT, "maximum": 9}), orders(INT))
    answer = change.counterexample.exchange
    assert answer == Answer(
        200, media="application/json", body={"orders": [{"lines": [{"count": 10}]}]}
    )


PAIRS: dict[str, tuple[Document, Document, str]] = {
    "query": (asked(parameter()), asked(parameter(schema=INT)), "query q"),
    "header": (
        asked(parameter("header")),
        asked(parameter("header", {"enum": ["a"]})),
        "header q",
    ),
    "cookie": (asked(parameter("cookie")), asked(parameter("cookie", INT)), "cookie q"),
    "path": (
        asked(ID, path="/a/{id}"),
        asked({**ID, "schema": INT}, path="/a/{id}"),
        "path id",
    ),
    "list": (
        asked(parameter(schema={"type": "array", "items": STR})),
        asked(parameter(schema={"type": "array", "items": INT})),
        "query q",
    ),
    "body": (sent(fields(a=STR)), sent(fields("a", a=STR)), "body"),
    "form": (
        sent(fields(a=STR), "application/x-www-form-urlencoded"),
        sent(fields(a=INT), "application/x-www-form-urlencoded"),
        "body",
    ),
    "answer": (answered(INT), answered(STR), "body"),
    "answer's header": (
        answered(STR, headers={"A": {"required": True, "schema": INT}}),
        answered(STR, headers={"A": {"required": True, "schema": STR}}),
        "header A",
    ),
}


@pytest.mark.parametrize("name", PAIRS)
def test_the_exchange_separates_the_two_documents(name: str) -> None:
    """Its writer's document allows it, and its reader's refuses it."""
    old, new, part = PAIRS[name]
    (change,) = breaks(old, new)
    assert change.counterexample.part == part
    exchange = change.counterexample.exchange
    if isinstance(exchange, Request):
        told = [
            Admission(side).refuses_request(change.operation, exchange)
            for side in (old, new)
        ]
        assert told == [False, True]
    else:
        told = [
            Admission(side).allows_answer(
                change.operation,
                exchange.status,
                exchange.media,
                exchange.body,
                exchange.headers,
            )
            for side in (old, new)
        ]
        assert told == [False, True]


STRUCTURAL: dict[str, tuple[Document, Document, Request]] = {
    "operation gone": (
        sent(fields("a", a=STR)),
        document(paths={"/a": {"get": {"responses": {}}}}),
        Request("POST", "/a", media="application/json", body={"a": "a"}),
    ),
    "parameter required": (
        asked(parameter()),
        asked(parameter(required=True)),
        Request("GET", "/a"),
    ),
    "parameter moved": (
        asked(parameter(schema=INT)),
        asked(parameter("header", INT, required=True)),
        Request("GET", "/a", query={"q": 0}),
    ),
    "format gone": (
        operation(
            requestBody={
                "content": {
                    "application/json": {"schema": INT},
                    "text/csv": {"schema": STR},
                }
            }
        ),
        sent(INT, required=False),
        Request("POST", "/a", media="text/csv", body="a"),
    ),
    "body required": (operation(), sent(STR), Request("POST", "/a")),
}


@pytest.mark.parametrize("name", STRUCTURAL)
def test_a_structural_break_comes_with_the_smallest_request(name: str) -> None:
    """A request that the old document allows and that shows what is gone."""
    old, new, request = STRUCTURAL[name]
    (change,) = breaks(old, new)
    assert change.request == request
    assert Admission(old).refuses_request(change.operation, request) is False


def test_no_request_is_made_up_where_a_required_part_has_no_value() -> None:
    """A required parameter that admits nothing leaves the change without a request."""
    never = parameter(schema={"not": {}}, required=True)
    (change,) = breaks(asked(never), parse('{"openapi": "3.1.0", "paths": {}}'))
    assert change.rule == "path-removed"
    assert change.request is None


def test_what_an_open_alternative_takes_may_break() -> None:
    """No whole answer shows the break where another alternative takes all of them."""
    ref = {"$ref": "#/components/schemas/A"}

    def page(schema: Json, *others: Json) -> Document:
        content = {"application/json": {"schema": {"anyOf": [ref, *others]}}}
        answers = {"200": {"description": "", "content": content}}
        return document(
            paths={"/a": {"get": {"responses": answers}}},
            components={"schemas": {"A": schema}},
        )

    old, new = fields("a b", a=STR, b=INT), fields("a", a=STR)
    (change,) = compare(page(old, fields("a", a=STR)), page(new, fields("a", a=STR)))
    assert change.rule == "response-field-removed"
    assert change.level is Level.MAY_BREAK
    assert "another alternative takes" in change.summary
    (change,) = compare(page(old, fields("c", c=STR)), page(new, fields("c", c=STR)))
    assert change.level is Level.BREAKS
    assert change.counterexample.exchange.body == {"a": "a"}


def test_one_value_that_an_alternative_takes_excuses_no_other() -> None:
    """A fraction is refused by the alternative that takes whole numbers."""
    whole = {**fields("", b=INT), "additionalProperties": False}
    either = {"anyOf": [whole, {"$ref": "#/components/schemas/A"}]}

    def sent(b: Json) -> Document:
        body = {"required": True, "content": {"application/json": {"schema": either}}}
        answers = {"200": {"description": ""}}
        return document(
            paths={"/a": {"post": {"requestBody": body, "responses": answers}}},
            components={"schemas": {"A": fields("", b=b)}},
        )

    (change,) = compare(sent({"type": "number"}), sent({"type": "array"}))
    assert change.rule == "request-type-changed"
    assert change.level is Level.BREAKS
