"""A comparison in a comment: whatever a document says, it cannot leave its place."""

import re
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gate.model.plan import Acceptance
from gate.openapi import Answer, Counterexample, Level
from gate.reports.contract_markdown import code, fenced, markdown, prose
from tests_unit.gate.reports.comparisons import ALL, FIELD_GONE, comparison

GITHUB_TAKES = 65_536
TAG = re.compile(r"<(?!/?(details|summary)>)")


def test_a_comment_tells_result_changes_and_payload() -> None:
    """Breaks open, what may break folded, each with its rule and its places."""
    text = markdown(comparison())
    assert text.startswith("### API contract: not compatible: 2 breaks, 1 undecided")
    assert "#### Breaks (2)" in text
    assert "<details><summary>May break (1)</summary>" in text
    assert '```text\n200\napplication/json: {"sku": "a"}\n```' in text
    assert "- old `/components/schemas/Product/properties/name`" in text
    assert "rule `response-field-removed`" in text
    assert "deprecated" not in text
    assert "deprecated" in markdown(comparison(), least=Level.NOTICE)


def test_what_is_accepted_is_folded_away_with_its_reason() -> None:
    """It is still there for who wants to know."""
    agreed = Acceptance(
        "response-field-removed", "all | <b>agreed</b>", date(2026, 12, 31)
    )
    text = markdown(comparison((FIELD_GONE,), accept=(agreed,)))
    assert "<summary>Accepted (1)</summary>" in text
    assert r"accepted until 2026-12-31: all \| &lt;b&gt;agreed&lt;/b&gt;" in text


def test_names_in_a_sentence_are_code_and_all_else_is_text() -> None:
    """No table, no tag, no link, nobody called."""
    assert prose("`a|b` of <X> is *gone*") == r"`a|b` of &lt;X&gt; is \*gone\*"
    assert prose("ask @everyone") == "ask `@`everyone"
    assert prose("a ` alone") == r"a \` alone"
    assert prose("`b`c|d\\` of `X` is gone") == "``b`c|d\\`` of `X` is gone"
    assert prose("[x](http://y)") == r"\[x\](http\://y)"


strange = st.text(st.sampled_from("a`<>|\n\\*[]()@#_~ ") | st.characters(), max_size=40)


@given(strange)
def test_code_holds_whatever_it_is_given(text: str) -> None:
    """No run of backticks in it ends it, and it stays in one line."""
    shown = code(text)
    fence = re.match("`+", shown)
    assert fence is not None
    inside = shown[len(fence[0]) : -len(fence[0])]
    assert fence[0] not in re.findall("`+", inside)
    assert "\n" not in shown


@given(strange)
def test_a_block_holds_whatever_it_is_given(text: str) -> None:
    """No line of it is a fence as long as its own."""
    first, *lines, last = fenced(text).split("\n")
    assert first == f"{last}text"
    assert not any(line.strip().startswith(last) for line in lines)


@given(strange)
def test_a_sentence_holds_no_tag_whatever_is_in_it(text: str) -> None:
    """Outside of code, < is always escaped."""
    outside = re.sub(r"(`+).*?(?<!`)\1(?!`)", "", prose(text))
    assert not TAG.search(outside)


@pytest.mark.parametrize("count", [1, 40, 3000])
def test_a_comment_is_never_longer_than_github_takes(count: int) -> None:
    """What does not fit is counted, and where to find it is said."""
    answer = Answer(200, {}, "application/json", ["`" * 50] * 50)
    long = replace(
        FIELD_GONE,
        operation="GET /" + "x" * 3000,
        operations=(),
        counterexample=Counterexample(answer.body, "body", "/a", "/b", answer),
    )
    diff = comparison([replace(long, pointer_old=f"/{n}") for n in range(count)])
    for each in (diff, replace(diff, old="o" * 9_000, new="n" * 9_000)):
        text = markdown(each)
        assert len(text) < GITHUB_TAKES
        assert f"{count} breaks" in text or count == 1
        assert ("more left out here" in text) == (count > 1)


def test_a_policy_of_many_remarks_does_not_crowd_out_the_rest() -> None:
    """The first ones, and a count."""
    many = tuple(
        Acceptance(f"rule-{n}", "r" * 2000, date(2026, 1, 1)) for n in range(500)
    )
    text = markdown(comparison(ALL, accept=many))
    assert len(text) < GITHUB_TAKES
    assert "and 490 more remarks" in text
