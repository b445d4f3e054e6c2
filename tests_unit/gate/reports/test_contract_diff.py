"""A comparison in a word, in a line, and as plain data."""

import json
from dataclasses import replace
from datetime import date

import jsonschema_rs
import pytest

from gate.judges.grading import grade
from gate.model.plan import Acceptance, ContractPlan
from gate.openapi import Change, Level, compare, parse
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
    assert (found.result, found.fails) == ("passes", False)
    assert found.last_line() == "passes: 1 proved break accepted until 2026-12-31"
    assert found.counts["breaks"] == 0
    both = (
        *found.graded.changes,
        replace(found.graded.changes[0], was=Level.UNDECIDED),
    )
    unproved = replace(found, graded=replace(found.graded, changes=both))
    assert unproved.last_line().endswith(", 1 undecided accepted until 2026-12-31")


def test_what_the_team_graded_down_is_not_called_compatible() -> None:
    """It was proved, or is undecided, all the same."""
    found = comparison(
        (FIELD_GONE, UNDECIDED),
        levels={"response-field-removed": "may break", "undecided": "notice"},
    )
    assert found.result == "passes"
    assert found.last_line() == (
        "passes: 1 proved break graded may break by the settings, "
        "1 undecided graded notice by the settings"
    )


@pytest.mark.parametrize(
    ("changes", "fail_on", "line"),
    [
        ((IGNORED,), Level.MAY_BREAK, "fails: 1 may break (--fail-on may-break)"),
        ((UNDECIDED,), Level.BREAKS, "passes: 1 undecided (--fail-on breaks)"),
        ((), Level.NOTICE, "compatible: proved for 3 operations"),
    ],
)
def test_the_line_agrees_with_the_exit_code(
    changes: tuple[Change, ...], fail_on: Level, line: str
) -> None:
    """Wherever the failing level is."""
    found = replace(comparison(changes), fail_on=fail_on)
    assert found.last_line() == line
    assert found.fails is line.startswith("fails")


def test_nothing_is_proved_of_a_document_without_operations() -> None:
    """It is probably the wrong one."""
    assert (
        "is it the right document?" in replace(comparison(()), operations=0).last_line()
    )


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
        "fails": True,
        "fail_on": "undecided",
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
        "was": {},
        "now": {},
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
