"""The catalogue of rules: a smallest pair of documents for each."""

from typing import Any

import pytest

from gate.openapi import Document, Level, compare, parse
from gate.openapi.rules import RULES
from tests_unit.gate.fakes.api import (
    INT,
    STR,
    answered,
    asked,
    called,
    content,
    document,
    fields,
    operation,
    parameter,
    sent,
    statuses,
)

Json = Any
Pair = tuple[Document, Document]
DAY = "2026-06-30"
ODD = '{"openapi": "3.1.0", "paths": {"/a": "odd"}}'
GONE = {"deprecated": True, "x-sunset": "2026-01-31"}
FORM = "application/x-www-form-urlencoded"
KEY = {"type": "apiKey", "in": "header", "name": "X-Key"}
OAUTH = {"type": "oauth2", "flows": {"password": {"tokenUrl": "/a", "scopes": {}}}}


def both(make: Any, old: Json, new: Json) -> Pair:
    return make(old), make(new)


def paths(*names: str, **more: Json) -> Document:
    own = {"responses": {"204": {"description": ""}}, **more}
    return document(paths={name: {"get": own} for name in names})


def secured(security: Json, **schemes: Json) -> Document:
    found = {"/a": {"get": {"responses": {}, "security": security}}}
    return document(paths=found, components={"securitySchemes": schemes})


def served(*urls: str) -> Document:
    listed = [{"url": url} for url in urls]
    return document(paths={"/a": {"get": {"responses": {}}}}, servers=listed)


def linked(**links: Json) -> Document:
    return operation(responses={"200": {"description": "", "links": links}})


def headed(**headers: Json) -> Document:
    return operation(responses={"200": {"description": "", "headers": headers}})


def header(schema: Json = STR, **members: Json) -> Json:
    return {"required": True, "schema": schema, **members}


def calling(url: str, **call: Json) -> Document:
    own = {"responses": {"204": {"description": ""}}, **call}
    return operation(callbacks={"done": {url: {"post": own}}})


def hook_body(schema: Json, media: str = "application/json", **more: Json) -> Document:
    body = {"required": True, "content": content(schema, media), **more}
    return called({"requestBody": body})


def hook_answer(answer: Json) -> Document:
    return called({"responses": {"200": {"description": "", **answer}}})


def described(path: str, *parameters: Json) -> Document:
    return asked(*parameters, path=path)


STRUCTURE: dict[str, Pair] = {
    "path-removed": (paths("/a", "/b"), paths("/a")),
    "path-shadowed": (paths("/a/{x}"), paths("/a/{x}", "/a/me")),
    "path-removed-after-sunset": (paths("/a", **GONE), paths()),
    "operation-removed": (
        operation(),
        document(paths={"/a": {"get": {"responses": {}}}}),
    ),
    "operation-removed-after-sunset": (
        operation(**GONE),
        document(paths={"/a": {"get": {"responses": {}}}}),
    ),
    "operation-deprecated": (operation(), operation(deprecated=True)),
    "operation-id-changed": (operation(operationId="a"), operation(operationId="b")),
    "sunset-earlier": (
        operation(**GONE),
        operation(**GONE | {"x-sunset": "2025-01-01"}),
    ),
    "stability-lowered": (operation(), operation(**{"x-stability-level": "beta"})),
    "server-base-path-changed": (served("https://a/v1"), served("https://a/v2")),
    "server-base-path-removed": (served("/v1", "/v2"), served("/v2")),
    "server-removed": (served("https://a/v1"), served("https://b/v1")),
    "request-parameter-required": (asked(), asked(parameter(required=True))),
    "request-parameter-became-required": (
        asked(parameter()),
        asked(parameter(required=True)),
    ),
    "request-parameter-moved": (
        asked(parameter()),
        asked(parameter("header", required=True)),
    ),
    "request-parameter-removed": (asked(parameter()), asked()),
    "request-parameter-removed-after-sunset": (asked(parameter(**GONE)), asked()),
    "request-parameter-deprecated": (
        asked(parameter()),
        asked(parameter(deprecated=True)),
    ),
    "request-parameter-default-changed": (
        asked(parameter(schema={**INT, "default": 1})),
        asked(parameter(schema={**INT, "default": 2})),
    ),
    "request-parameter-described": (
        described("/a/{q}"),
        described("/a/{q}", parameter("path", INT, required=True)),
    ),
    "request-parameter-empty-refused": (
        asked(parameter(allowEmptyValue=True)),
        asked(parameter()),
    ),
    "request-parameter-reserved-refused": (
        asked(parameter(allowReserved=True)),
        asked(parameter()),
    ),
    "request-parameter-serialisation-changed": (
        asked(parameter(schema={"type": "array", "items": STR})),
        asked(parameter(schema={"type": "array", "items": STR}, explode=False)),
    ),
    "request-body-required": (operation(), sent(STR)),
    "request-body-became-required": (sent(STR, required=False), sent(STR)),
    "request-body-removed": (sent(STR), operation()),
    "request-media-type-removed": (sent(STR), sent(STR, "text/csv")),
    "request-encoding-changed": (
        sent(fields(q={"type": "array", "items": STR}), FORM),
        sent(
            fields(q={"type": "array", "items": STR}),
            FORM,
            encoding={"q": {"style": "form", "explode": False}},
        ),
    ),
    "request-xml-changed": (
        sent(fields(q=STR), "application/xml"),
        sent(fields(q={**STR, "xml": {"attribute": True}}), "application/xml"),
    ),
    "response-xml-changed": (
        answered(fields(q=STR), "application/xml"),
        answered(fields(q={**STR, "xml": {"name": "Q"}}), "application/xml"),
    ),
    "request-security-added": (secured([], key=KEY), secured([{"key": []}], key=KEY)),
    "request-security-tightened": (
        secured([{"o": []}], o=OAUTH),
        secured([{"o": ["write"]}], o=OAUTH),
    ),
    "request-security-scheme-changed": (
        secured([{"key": []}], key=KEY),
        secured([{"key": []}], key={**KEY, "in": "query"}),
    ),
    "security-scheme-details-changed": (
        secured([{"o": []}], o=OAUTH),
        secured([{"o": []}], o={**OAUTH, "flows": {}}),
    ),
    "response-success-status-removed": (statuses(s200=STR), statuses(s201=STR)),
    "response-success-status-added": (
        statuses(s200=STR),
        statuses(s200=STR, s202=STR),
    ),
    "response-body-removed": (
        answered(STR),
        operation(responses={"200": {"description": ""}}),
    ),
    "response-media-type-removed": (answered(STR), answered(STR, "text/csv")),
    "response-header-removed": (headed(A=header()), headed()),
    "response-header-became-optional": (
        headed(A=header()),
        headed(A=header(required=False)),
    ),
    "response-header-serialisation-changed": (
        headed(A=header(fields("k", k=STR))),
        headed(A=header(fields("k", k=STR), explode=True)),
    ),
    "request-security-optional-removed": (
        secured([{"key": []}, {}], key=KEY),
        secured([{"key": []}, {}], key={**KEY, "name": "X-New"}),
    ),
    "response-error-status-removed": (
        operation(responses={"204": {}, "404": {"description": ""}}),
        operation(responses={"204": {}}),
    ),
    "sunset-unreadable": (operation(**GONE), operation(**GONE | {"x-sunset": "soon"})),
    "response-link-removed": (linked(next={"operationId": "a"}), linked()),
    "response-link-changed": (
        linked(next={"operationId": "a"}),
        linked(next={"operationId": "b"}),
    ),
    "callback-removed": (called({}), document()),
    "callback-url-changed": (calling("{$url}"), calling("{$request.body#/url}")),
    "callback-method-changed": (
        called({}),
        document(webhooks={"paid": {"put": {"responses": {}}}}),
    ),
    "callback-body-removed": (hook_body(STR), called({})),
    "callback-body-became-optional": (hook_body(STR), hook_body(STR, required=False)),
    "callback-media-type-added": (hook_body(STR), hook_body(STR, "text/csv")),
    "callback-parameter-removed": (
        called({"parameters": [parameter("header", required=True)]}),
        called({}),
    ),
    "callback-parameter-became-optional": (
        called({"parameters": [parameter("header", required=True)]}),
        called({"parameters": [parameter("header")]}),
    ),
    "callback-answer-media-type-removed": (
        hook_answer({"content": content(STR)}),
        hook_answer({"content": content(STR, "text/csv")}),
    ),
    "callback-answer-status-removed": (
        called({"responses": {"202": {"description": ""}}}),
        called({}),
    ),
    "callback-answer-body-required": (
        hook_answer({}),
        hook_answer({"content": content(STR)}),
    ),
    "undecided": (
        asked({"$ref": "#/components/parameters/A"}),
        asked({"$ref": "#/components/parameters/A"}),
    ),
    "unread": (parse(ODD), parse(ODD)),
}
OPENED = {"additionalProperties": True}
OPEN = {**STR, "x-extensible-enum": ["a"]}


CHOICE = {"oneOf": [{"$ref": f"#/components/schemas/{n}"} for n in ("A", "B")]}


def told(make: Any, by: str) -> Document:
    """A choice that both of two fields announce, of which `by` is the discriminator."""
    found = make({**CHOICE, "discriminator": {"propertyName": by}})
    schemas = {n: fields("t u", t={"const": n}, u={"const": n}) for n in ("A", "B")}
    components = {"schemas": schemas}
    return Document(found.version, {**found.root, "components": components})


def named(make: Any, *names: str, **more: Json) -> Document:
    """A choice between component schemas, sent or answered."""
    found = make(
        {"oneOf": [{"$ref": f"#/components/schemas/{n}"} for n in names]} | more
    )
    schemas = {n: fields("t " + n, t={"const": n}, **{n: STR}) for n in ("A", "B")}
    components = {"schemas": schemas}
    return Document(found.version, {**found.root, "components": components})


WRITERS: dict[str, tuple[Json, Json]] = {  # what the writer said before, and says now
    "field-removed": (fields("a", a=STR), fields()),
    "field-became-optional": (fields("a", a=STR), fields(a=STR)),
    "field-added-to-closed": (
        fields("a", a=STR, closed=True),
        fields("a b", a=STR, b=STR, closed=True),
    ),
    "optional-field-removed": (fields(a=STR), fields()),
    "fields-opened": (fields(closed=True, a=STR), {**fields(a=STR), **OPENED}),
    "type-changed": (STR, INT),
    "became-nullable": (STR, {"type": ["string", "null"]}),
    "enum-value-added": ({"enum": ["a"]}, {"enum": ["a", "b"]}),
    "enum-removed": ({**STR, "enum": ["a"]}, STR),
    "format-changed": ({**STR, "format": "a"}, {**STR, "format": "b"}),
    "field-deprecated": (fields(a=STR), fields(a={**STR, "deprecated": True})),
    "content-changed": (STR, {**STR, "contentMediaType": "text/html"}),
    "extensible-enum-changed": (OPEN, {**OPEN, "x-extensible-enum": ["a", "b"]}),
    "range-widened": ({**INT, "maximum": 1}, INT),
    "multiple-widened": ({**INT, "multipleOf": 4}, {**INT, "multipleOf": 2}),
    "length-widened": ({**STR, "maxLength": 1}, STR),
    "pattern-widened": ({**STR, "pattern": "^a$"}, STR),
    "format-widened": ({**STR, "format": "date"}, STR),
    "items-count-widened": ({"type": "array", "maxItems": 1}, {"type": "array"}),
    "properties-count-widened": (
        {"type": "object", "maxProperties": 1},
        fields("a b", a=STR, b=STR),
    ),
    "contains-widened": (
        {"type": "array", "contains": {"const": 1}},
        {"type": "array", "items": INT},
    ),
    "property-names-widened": (
        {
            **fields(a=STR),
            "dependentSchemas": {"a": fields(c=STR)},
            "unevaluatedProperties": False,
        },
        fields("b", b=STR),
    ),
    "conditions-widened": ({**STR, "not": {"const": "a"}}, STR),
}
READERS: dict[str, tuple[Json, Json]] = {  # what the reader took before, and takes now
    "field-required": (fields(a=STR), fields("b", a=STR, b=STR)),
    "field-became-required": (fields(a=STR), fields("a", a=STR)),
    "field-refused": (fields(a=STR), fields(closed=True)),
    "field-removed": (fields(a=STR, b=STR), fields(a=STR)),
    "fields-closed": (
        {"type": "object"},
        {"type": "object", "additionalProperties": False},
    ),
    "type-changed": (STR, INT),
    "null-refused": ({"type": ["string", "null"]}, STR),
    "enum-value-removed": ({"enum": ["a", "b"]}, {"enum": ["a"]}),
    "enum-added": (STR, {**STR, "enum": ["a"]}),
    "one-of-ambiguous": ({"oneOf": [INT]}, {"oneOf": [INT, {"type": "number"}]}),
    "format-changed": ({**STR, "format": "a"}, {**STR, "format": "b"}),
    "field-deprecated": (fields(a=STR), fields(a={**STR, "deprecated": True})),
    "default-changed": ({**INT, "default": 1}, {**INT, "default": 2}),
    "content-changed": (STR, {**STR, "contentMediaType": "text/html"}),
    "extensible-enum-changed": (OPEN, {**OPEN, "x-extensible-enum": ["a", "b"]}),
} | {
    what.replace("-widened", "-narrowed"): (new, old)
    for what, (old, new) in WRITERS.items()
    if what.endswith("-widened")
}
PAIRS: dict[str, Pair] = (
    STRUCTURE
    | {f"response-{what}": both(answered, *pair) for what, pair in WRITERS.items()}
    | {f"request-{what}": both(sent, *pair) for what, pair in READERS.items()}
    | {
        f"{d}-media-type-parameters-changed": (
            make(STR, "a/b;v=1"),
            make(STR, "a/b;v=2"),
        )
        for d, make in (("request", sent), ("response", answered))
    }
    | {
        "request-alternative-removed": (named(sent, "A", "B"), named(sent, "A")),
        "response-alternative-added": (named(answered, "A"), named(answered, "A", "B")),
        "request-discriminator-added": (
            named(sent, "A", "B"),
            named(sent, "A", "B", discriminator={"propertyName": "t"}),
        ),
        "request-discriminator-changed": (told(sent, "t"), told(sent, "u")),
        "response-discriminator-changed": (told(answered, "t"), told(answered, "u")),
        "response-discriminator-removed": (
            named(answered, "A", "B", discriminator={"propertyName": "t"}),
            named(answered, "A", "B"),
        ),
        "response-field-removed-after-sunset": (
            answered(fields("a", a={**STR, **GONE})),
            answered(fields()),
        ),
    }
)


@pytest.mark.parametrize("rule", sorted(RULES))
def test_every_listed_rule_is_reported_by_some_pair_of_documents(rule: str) -> None:
    """The catalogue lists nothing that cannot be met, at the level it says."""
    found = compare(*PAIRS[rule], DAY)
    assert RULES[rule].level in {
        change.level for change in found if change.rule == rule
    }


def test_every_rule_reported_here_is_listed() -> None:
    """The catalogue misses nothing that these pairs report, in either order."""
    reported = {
        change.rule
        for old, new in PAIRS.values()
        for pair in ((old, new), (new, old))
        for change in compare(*pair)
    }
    assert reported <= RULES.keys()
    assert PAIRS.keys() == RULES.keys()


def test_rules_explain_themselves_in_one_sentence() -> None:
    """Each has an id that stays, a level, and a sentence for people."""
    for id, rule in RULES.items():
        assert rule.id == id
        assert isinstance(rule.level, Level)
        assert rule.sentence.endswith(".")


def test_what_is_left_before_its_last_day_still_breaks() -> None:
    """A removal is excused only by a day that is past, and known."""
    old, new = PAIRS["path-removed-after-sunset"]
    for day, level in ((None, Level.BREAKS), ("2026-01-31", Level.BREAKS)):
        assert [change.level for change in compare(old, new, day)] == [level]
    (change,) = compare(old, new, "2026-02-01")
    assert (change.rule, change.level) == ("path-removed-after-sunset", Level.NOTICE)
