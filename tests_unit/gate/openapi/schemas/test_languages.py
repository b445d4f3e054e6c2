"""Regular expressions: proofs and witnesses about the texts that they match."""

import re
from itertools import islice

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gate.openapi.schemas.languages import Unclear, texts

calm = settings(deadline=None, max_examples=150, database=None)
atoms = st.sampled_from(["a", "b", "[ab]", "[^a]", ".", r"\d", "(?:ab)", "(a|b)"])
signs = st.sampled_from(["", "", "?", "*", "+", "{2}", "{1,3}", "{2,}"])
pieces = st.builds(lambda atom, sign: atom + sign, atoms, signs)
bodies = st.lists(pieces, max_size=4).map("".join)
edges = st.sampled_from(["", "^", "$", "^$"])
patterns = st.builds(
    lambda edge, body: "^" * ("^" in edge) + body + "$" * ("$" in edge), edges, bodies
)
words = st.text("ab1\n", max_size=5)


def matches(pattern: str, text: str) -> bool:
    """What Python says, with the end of the text as JSON Schema means it."""
    return re.search(pattern.replace("$", r"\Z"), text) is not None


@calm
@given(patterns, patterns)
def test_a_witness_matches_the_one_and_not_the_other(left: str, right: str) -> None:
    """Each text that is found tells the two expressions apart."""
    for text in islice(texts((left,), (right,)), 5):
        assert matches(left, text)
        assert not matches(right, text)


@calm
@given(patterns, patterns, words)
def test_no_witness_is_a_proof(left: str, right: str, word: str) -> None:
    """When none is found, every text that matches the one matches the other."""
    if next(texts((left,), (right,)), None) is None:
        assert matches(right, word) or not matches(left, word)


@calm
@given(patterns, st.integers(0, 4), st.integers(0, 4))
def test_lengths_are_kept(pattern: str, least: int, more: int) -> None:
    """Texts have the lengths that are asked for."""
    for text in islice(texts((pattern,), (), least, least + more), 5):
        assert matches(pattern, text)
        assert least <= len(text) <= least + more


@pytest.mark.parametrize(
    ("inner", "outer"),
    [
        (r"^\d{3}$", "^[0-9]{3}$"),
        ("^[a-z]+$", "^[a-z0-9]+$"),
        ("^a", "a"),
        (r"^[\w.-]+@[\w.-]+\.\w{2,}$", r"^[\w.+-]+@[\w.-]+\.\w{2,}$"),
        ("^[a-z]{1,254}$", "^[a-z]{1,255}$"),
        ("^(?:foo|bar)$", "^[a-z]{3}$"),
        (r"^\u0041\x42$", "^AB$"),
        ("^arn:[a-z0-9]{1,1024}/x$", "^arn:[a-z0-9]{1,2048}/x$"),
    ],
)
def test_patterns_of_real_documents_are_decided(inner: str, outer: str) -> None:
    """The narrower one is proved to be so, and the other way round has a witness."""
    assert next(texts((inner,), (outer,)), None) is None
    widened = next(texts((outer,), (inner,)), None)
    assert widened is None or not matches(inner, widened)


@pytest.mark.parametrize(
    ("inner", "outer"),
    [
        ("^(?:[a-z]{1,900}[.]){1,900}$", "^(?:[a-z0-9]{1,900}[.]){1,901}$"),
        ("[a-z]{1,4000}", "[a-z]{1,3000}"),
        (r"^\p{Lu}\p{L}+$", r"^[\p{L}\p{N}]+$"),
        (r"^\p{Nd}+$", r"^\P{L}+$"),
    ],
)
def test_what_is_too_large_to_be_searched_is_decided_by_its_shape(
    inner: str, outer: str
) -> None:
    """A part that contains its counterpart may be repeated as often as it likes."""
    assert next(texts((inner,), (outer,)), None) is None


def test_a_shape_alone_proves_nothing_where_it_holds_less() -> None:
    """Fewer repetitions, or a smaller set in the midst, leave a text over."""
    for inner, outer in (
        ("^a{1,3000}$", "^a{1,2999}$"),
        ("^[a-c]{1,9}$", "^[ab]{1,9}$"),
        ("^(?:a|b){2}$", "^(?:a|c){2}$"),
        (r"^\p{L}$", r"^\p{Lu}$"),
    ):
        assert next(texts((inner,), (outer,))) is not None


@pytest.mark.parametrize(
    "pattern", [r"(a)\1", "a(?=b)", r"\bword", "(", "a**", "x{2,1}"]
)
def test_what_is_not_regular_is_never_taken_for_a_proof(pattern: str) -> None:
    """Look-around, back-references and mistakes are refused, not misread."""
    with pytest.raises(Unclear):
        next(texts(("a",), (pattern,)), None)


def test_the_search_is_bounded() -> None:
    """Expressions that would take for ever are given up."""
    with pytest.raises(Unclear):
        list(texts(("^(a|b)*a(a|b){200}c$",), ("^(a|b)*b(a|b){200}c$",)))
