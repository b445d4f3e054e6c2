"""A comparison told to a person: who breaks, why, with what, and the result last."""

import io
import json
import re
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from gate.judges.grading import change_id
from gate.model.plan import Acceptance
from gate.openapi import Answer, Counterexample, Level, Request
from gate.reports.contract_diff import Diff, sentence
from gate.reports.contract_keywords import Keywords
from gate.reports.contract_text import show_diff
from gate.reports.payload import MOST_CHARACTERS, MOST_LINES, pretty, proof
from gate.reports.plain_text import plain
from tests_unit.gate.reports.comparisons import (
    ALL,
    FIELD_GONE,
    LIMIT,
    NEWLY_OLD,
    comparison,
)


class Terminal(io.StringIO):
    """A terminal, as far as a report can tell."""

    def isatty(self) -> bool:
        return True


def told(diff: Diff, least: Level = Level.MAY_BREAK) -> str:
    """What a log shows."""
    out = io.StringIO()
    show_diff(diff, out, least=least)
    return out.getvalue()


def test_a_break_is_told_with_payload_places_and_rule() -> None:
    """In lines that can be searched for."""
    assert told(comparison((FIELD_GONE,))).splitlines() == [
        "old: old.json",
        "new: new.json",
        "",
        "breaks: proved",
        "",
        "  GET /products/{sku}",
        f"    {sentence(FIELD_GONE)}",
        "      answer        200",
        '                    application/json: {"sku": "a"}',
        "      old           /components/schemas/Product/properties/name",
        "      new           /components/schemas/Product",
        "      also          GET /products",
        f"      rule          response-field-removed ({change_id(FIELD_GONE)})",
        "",
        "not compatible: 1 break",
    ]


def test_the_worst_comes_first_and_the_result_last() -> None:
    """Whoever reads the end of a log knows it."""
    lines = told(comparison(), Level.NOTICE).splitlines()
    heads = [each for each in lines if each and not each.startswith(" ")]
    assert [each.split(":")[0] for each in heads] == [
        "old",
        "new",
        "breaks",
        "undecided",
        "may break",
        "notice",
        "not compatible",
    ]


def test_levels_that_are_not_shown_are_counted() -> None:
    """With the option that shows them."""
    shown = told(comparison())
    assert "is now deprecated" not in shown
    assert "1, see --show notice" in shown
    assert "is now deprecated" in told(comparison((NEWLY_OLD,)), Level.NOTICE)


def test_what_is_wrong_in_a_parameter_is_named_before_its_request() -> None:
    """The offending part, then the whole that can be sent."""
    (part, value), (request, text) = proof(LIMIT)
    assert (part, value) == ("now refused", "query limit: 100")
    assert (request, text) == ("request", "GET /products\nquery limit: 100")


def test_many_operations_are_counted_after_the_first() -> None:
    """One change in a shared schema can reach hundreds."""
    names = tuple(f"GET /{number}" for number in range(42))
    many = replace(FIELD_GONE, operation=names[0], operations=names)
    assert "also          GET /1, GET /2, GET /3, GET /4 and 37 more" in told(
        comparison((many,))
    )


def test_the_policy_is_told_beside_what_it_changed() -> None:
    """Why something does not count, until when; and what no longer holds."""
    accept = (
        Acceptance("response-field-removed", "agreed with all", date(2026, 12, 31)),
        Acceptance("request-range-narrowed", "old news", date(2026, 1, 31)),
    )
    shown = told(comparison(accept=accept, levels={"undecided": "may break"}))
    assert "accepted      until 2026-12-31: agreed with all" in shown
    assert "expired       accepted until 2026-01-31: old news" in shown
    assert "graded        may break by the settings, else undecided" in shown
    assert (
        "policy: the acceptance of request-range-narrowed at every operation" in shown
    )


@pytest.mark.parametrize(
    "value",
    ["x" * 100_000, list(range(10_000)), {str(n): [n] * 9 for n in range(999)}],
    ids=["text", "list", "object"],
)
def test_a_huge_payload_is_cut_and_says_so(value: object) -> None:
    """A log stays readable; JSON has it whole."""
    text = pretty(value)
    assert len(text) <= MOST_CHARACTERS + 100
    assert len(text.splitlines()) <= MOST_LINES + 1
    assert text.endswith("more characters, all with --json")


def test_nothing_in_a_payload_can_steer_a_terminal() -> None:
    """Nor can a name of the documents; half a surrogate pair is shown as well."""
    value = {"\x1b[2J": "\ud800\u202e"}
    answer = Answer(200, {}, "application/json", value)
    evil = replace(
        FIELD_GONE,
        operation="GET /\x1b[31m",
        summary="`\x07` is gone",
        counterexample=Counterexample(value, "body", "/a", "/b", answer),
    )
    for out in (io.StringIO(), Terminal()):
        show_diff(comparison((evil,)), out)
        out.getvalue().encode()
        assert "\x1b[2J" not in out.getvalue()
        assert "\x07" not in out.getvalue()


def test_a_narrow_terminal_folds_what_is_read_and_not_what_is_copied(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A sentence is folded between words; a pointer or a rule stays whole."""
    monkeypatch.setenv("COLUMNS", "40")
    out = Terminal()
    show_diff(comparison(ALL), out)
    text = re.sub(r"\x1b\[[0-9;]*m", "", out.getvalue())
    words = "".join(text.split())
    assert "consumersthatreaditfindnothing." in words
    assert FIELD_GONE.rule in words
    lines = text.splitlines()
    assert "    `name` of Product is gone from the" in map(str.rstrip, lines)
    assert f"      old           {FIELD_GONE.pointer_old}" in lines


def test_what_reaches_most_comes_first() -> None:
    """Among the changes of one level, whatever the names of their operations."""
    everywhere = replace(FIELD_GONE, operations=(*FIELD_GONE.operations, "GET /z"))
    alone = replace(LIMIT, operation="DELETE /a", operations=("DELETE /a",))
    shown = told(comparison((alone, everywhere)))
    assert shown.index("  GET /products/{sku}") < shown.index("  DELETE /a")


def test_a_name_stays_in_its_line_and_can_be_seen() -> None:
    """A line break or a turn of direction in a name is told as its JSON escape."""
    value = {"new\nline": "\u202eabc"}
    answer = Answer(200, {}, "application/json", value)
    strange = replace(
        FIELD_GONE,
        summary="GET /products/{sku}: `new\nbreaks: \u202e` is gone.",
        pointer_old="/a\nb",
        counterexample=Counterexample(value, "body", "/a", "/b", answer),
    )
    lines = told(comparison((strange,))).splitlines()
    assert r"    `new\nbreaks: \u202e` is gone." in lines
    assert r"      old           /a\nb" in lines
    assert any(r'{"new\nline": "\u202eabc"}' in line for line in lines)


def test_a_part_of_a_body_is_named_by_its_path() -> None:
    """Where it is once; else by the schema that it is a value of."""
    for others, place in (("draft", "body /items/1/status"), ("sent", "/new")):
        body = {"items": [{"status": others}, {"status": "sent"}]}
        answer = Answer(200, {}, "application/json", body)
        shown = Counterexample("sent", "body", "/old", "/new", answer)
        (label, text), _ = proof(replace(FIELD_GONE, counterexample=shown))
        assert (label, text) == ("now possible", f'{place}: "sent"')


def test_the_request_under_an_answer_only_asks_for_it() -> None:
    """It is not what fails."""
    asked = Request("GET", "/products")
    gone = replace(FIELD_GONE, counterexample=None, request=asked)
    assert list(proof(gone)) == [("asked by", "GET /products")]


def test_a_list_takes_few_lines_and_two_characters_are_not_cut() -> None:
    """What is short stays together."""
    many = pretty([{"name": "a"}] * 7).splitlines()
    assert many[0] == "["
    assert len(many) == 4
    assert many[1].count("name") == 4
    almost = pretty("x" * (MOST_CHARACTERS + 2))
    assert almost == f'"{"x" * (MOST_CHARACTERS + 2)}"'


def test_what_changed_is_told_from_what_to_what() -> None:
    """The keywords, before the payload."""
    found = comparison((LIMIT,))
    moved = Keywords({"maximum": 200}, {"maximum": 100, "minimum": 1})
    (grade,) = found.graded.changes
    lines = told(replace(found, keywords={grade.id: moved})).splitlines()
    assert "      changed       maximum 200 → 100" in lines
    assert "                    minimum none → 1" in lines


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=30),
    lambda inner: (
        st.lists(inner, max_size=5)
        | st.dictionaries(st.text(max_size=9), inner, max_size=4)
    ),
    max_leaves=12,
)


@given(json_values)
def test_a_payload_is_json_that_can_be_copied(value: object) -> None:
    """However it is laid out, it says the same, and nothing in it is unseen."""
    text = pretty(value)
    assume(not text.endswith("all with --json"))
    assert json.loads(text) == value
    assert plain(text) == text
