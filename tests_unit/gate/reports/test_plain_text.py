"""Foreign text made safe: nothing in it steers a terminal or hides words."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gate.reports.plain_text import first_line, plain

ANY_TEXT = st.text(st.characters())


@given(ANY_TEXT)
def test_no_control_character_survives(text: str) -> None:
    """Only line ends and tabs; no escape, no direction mark, no surrogate."""
    shown = plain(text).replace("\n", "").replace("\t", "")
    assert not {unicodedata.category(c) for c in shown} & {"Cc", "Cf", "Cs", "Co", "Cn"}
    shown.encode()


@given(ANY_TEXT)
def test_text_made_safe_stays_as_it_is(text: str) -> None:
    """Doing it twice changes nothing, and nothing is left out."""
    assert plain(plain(text)) == plain(text)
    assert len(plain(text)) == len(text)


@given(st.text(st.sampled_from("abc äöü 你好 €✓\n")))
def test_ordinary_text_is_left_alone(text: str) -> None:
    """In any script."""
    assert plain(text) == text


@given(ANY_TEXT, st.integers(1, 50))
def test_a_first_line_is_one_short_line(text: str, most: int) -> None:
    """Whatever the text."""
    line = first_line(text, most=most)
    assert len(line) <= most
    assert "\n" not in line
    assert len(line.splitlines()) <= 1


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[2Jgone", "?[2Jgone"),
        ("promote\u202eetomorp", "promote?etomorp"),
        ("a\rb", "a?b"),
        ("zero\u200bwidth", "zero?width"),
    ],
)
def test_tricks_are_shown_as_question_marks(text: str, shown: str) -> None:
    """A reader sees that something was there."""
    assert plain(text) == shown


def test_long_text_is_cut_and_says_so() -> None:
    """With an ellipsis."""
    assert plain("x" * 5000, most=10) == "xxxxxxxxx…"
