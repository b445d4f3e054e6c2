"""A comparison in a word, in a line, and as plain data."""

import json
from dataclasses import replace
from datetime import date

import jsonschema_rs
import pytest

from gate.judges.grading import grade
from gate.model.plan import Acceptance, ContractPlan
from gate.openapi import Change, compare, parse
from gate.reports.contract_diff import Diff, diff_document, sentence
from tests_unit.gate.reports.comparisons import (
    ALL,
    DAY,
    FIELD_GONE,
    IGNORED,
    LIMIT,
    NEWLY_OLD,
    UNDECIDED,
    comparison,
)


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        ((), "compatible: proved for 3 operations"),
        ((IGNORED,), "compatible: proved for 3 operations; 1 may break"),
        ((NEWLY_OLD,), "compatible: proved for 3 operations; 1 notice"),
        ((UNDECIDED, IGNORED), "not compatible: 1 undecided, 1 may break"),
        (ALL, "not compatible: 2 breaks, 1 undecided, 1 may break, 1 notice"),
    ],
)
def test_the_result_is_told_in_one_line(changes: tuple[Change, ...], line: str) -> None:
    """Only what is proved is called compatible."""
    assert comparison(changes).last_line() == line


def test_what_is_accepted_is_counted_apart() -> None:
    """It is no break any more, and not forgotten either."""
    agreed = Acceptance("response-field-removed", "agreed", date(2026, 12, 31))
    found = comparison((FIELD_GONE,), accept=(agreed,))
    assert found.result == "compatible"
    assert found.last_line() == "compatible: proved for 3 operations; 1 accepted"
    assert found.counts["breaks"] == 0


def test_a_sentence_leaves_out_what_stands_beside_it() -> None:
    """The operations, which are listed; a name at its beginning stays as it is."""
    assert sentence(FIELD_GONE) == (
        "`name` of Product is gone from the answer; consumers that read it find nothing."
    )
    assert sentence(replace(NEWLY_OLD, summary="it is (also GET /b)")) == (
        "it is (also GET /b)."
    )


def document(maximum: int) -> bytes:
    """A document whose one operation takes a limit."""
    schema = {"type": "integer", "minimum": 1, "maximum": maximum}
    body = {"content": {"application/json": {"schema": schema}}}
    answers = {"200": {"description": "ok"}}
    post = {"requestBody": body, "responses": answers}
    info = {"title": "t", "version": "1"}
    root = {"openapi": "3.1.0", "info": info, "paths": {"/a": {"post": post}}}
    return json.dumps(root).encode()


def test_the_plain_data_is_what_it_was() -> None:
    """A golden document: whoever reads it by a program can rely on it."""
    old, new = parse(document(10)), parse(document(9))
    graded = grade(compare(old, new), ContractPlan(), DAY)
    told = json.loads(json.dumps(diff_document(Diff("a.json", "b.json", 1, graded))))
    at = "/paths/~1a/post/requestBody/content/application~1json/schema"
    (change,) = told.pop("changes")
    assert told == {
        "schema": 1,
        "result": "breaks",
        "old": "a.json",
        "new": "b.json",
        "operations": 1,
        "counts": {
            "breaks": 1,
            "undecided": 0,
            "may break": 0,
            "notice": 0,
            "accepted": 0,
        },
        "remarks": [],
    }
    assert change.pop("summary").startswith("POST /a: ")
    assert len(change.pop("id")) == 10
    shown = change.pop("counterexample")
    assert change == {
        "rule": "request-range-narrowed",
        "level": "breaks",
        "direction": "request",
        "operation": "POST /a",
        "operations": ["POST /a"],
        "pointer_old": at,
        "pointer_new": at,
        "request": None,
        "accepted": None,
    }
    assert (shown["value"], shown["part"]) == (10, "body")
    assert (shown["schema_old"], shown["schema_new"]) == (at, at)


def test_a_stranger_can_check_a_value_against_both_documents() -> None:
    """With nothing but the two documents and what is reported."""
    texts = document(10), document(9)
    old, new = map(parse, texts)
    graded = grade(compare(old, new), ContractPlan(), DAY)
    (change,) = diff_document(Diff("a", "b", 1, graded))["changes"]
    shown = change["counterexample"]
    valid = []
    for text, name in zip(texts, ("schema_old", "schema_new"), strict=True):
        schema = json.loads(text)
        for token in shown[name].split("/")[1:]:
            schema = schema[token.replace("~1", "/").replace("~0", "~")]
        valid.append(jsonschema_rs.is_valid(schema, shown["value"]))
    assert valid == [True, False]


def test_an_id_depends_on_what_changed_and_where_alone() -> None:
    """Not on the sentence or the payload, which may be told better one day."""
    (one,) = diff_document(comparison((LIMIT,)))["changes"]
    other = replace(LIMIT, summary="other words", counterexample=None)
    assert diff_document(comparison((other,)))["changes"][0]["id"] == one["id"]
    moved = replace(LIMIT, pointer_old="/elsewhere")
    assert diff_document(comparison((moved,)))["changes"][0]["id"] != one["id"]
