"""YAML is read as the JSON that its author meant, or refused with the line."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gate.openapi import NotOpenApi, parse

HEAD = "openapi: 3.1.0\npaths: {}\n"  # what follows begins on line 3

# YAML does not join the two halves that JSON escapes characters above these into,
# and has names of at most 1,024 characters.
texts = st.text(st.characters(codec="utf-8", max_codepoint=0xFFFF), max_size=100)
scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(10**20), 10**20),
    st.floats(allow_nan=False, allow_infinity=False),
    texts,
)
values = st.recursive(
    scalars,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(texts, inner, max_size=3),
    ),
    max_leaves=8,
)


def read(text: str) -> Any:
    return parse(HEAD + text).root["x"]


@settings(deadline=None, max_examples=100, database=None)
@given(values)
def test_all_json_is_yaml(value: Any) -> None:
    """The same text is the same document, whichever of the two readers reads it."""
    text = json.dumps({"openapi": "3.1.0", "paths": {}, "x": value})
    found = parse(f"# not JSON\n{text}")
    assert found == parse(text)
    assert json.dumps(found.root) == json.dumps(parse(text).root)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        *((t, t) for t in ("no", "yes", "on", "off", "y", "N", "2024-01-31", "1:30")),
        *((t, t) for t in ("2024-01-31T10:00:00Z", "1_000", "3.1.0", "0b1", "nil")),
        *((t, t) for t in ("=", "<<", "+", "-.", ".", "e3", "0x", "0o8")),
        *((t, None) for t in ("", "~", "null", "Null", "NULL")),
        *((t, True) for t in ("true", "True", "TRUE")),
        *((t, False) for t in ("false", "False", "FALSE")),
        *((t, int(t)) for t in ("0", "12", "-12", "+12")),
        *((t, float(t)) for t in ("1.5", "-.5", "1.", "1e3", "6.02E+23")),
        *((("0o17"), 15), ("0xfF", 255), ("010", 10)),
        *(("'12'", "12"), ('"no"', "no"), ('"\\u00e9"', "é"), ("!!str 12", "12")),
        *(("! '12'", "12"), ("!!seq [1]", [1]), ("!!map {a: 1}", {"a": 1})),
        *(("|\n a\n b\n", "a\nb\n"), (">\n a\n b\n", "a b\n")),
    ],
)
def test_scalars_are_those_of_the_core_schema(text: str, value: Any) -> None:
    """YAML 1.2's core schema, not YAML 1.1: dates and `no` are text."""
    found = read(f"x: {text}")
    assert (type(found), found) == (type(value), value)


def test_names_keep_their_text() -> None:
    """A status code is "200", and `no`, null or a date can be the name of a field."""
    names = ["200", "2.50", "true", "no", "null", "~", "2024-01-31", "0x1F", "a b"]
    assert list(read("x:\n" + "".join(f"  {name}: 1\n" for name in names))) == names


def test_aliases_and_merges_are_written_out() -> None:
    """An alias is a copy; merged members come after and under the mapping's own."""
    found = read(
        "a: &a {p: 1, q: 2}\nb: &b {q: 3, r: 4}\n"
        "x:\n  one: *a\n  two: {<<: *a, q: 0}\n  three: {<<: [*a, *b], s: 5}\n"
        "  four: {'<<': 1}\n  five: &n 7\n  six: *n\n"
    )
    assert found == {
        "one": {"p": 1, "q": 2},
        "two": {"p": 1, "q": 0},
        "three": {"p": 1, "q": 2, "r": 4, "s": 5},
        "four": {"<<": 1},
        "five": 7,
        "six": 7,
    }


@pytest.mark.parametrize(
    ("text", "said"),
    [
        pytest.param("x:\n  a: 1\n  a: 2", "line 5, column 3: .*'a' twice", id="twice"),
        pytest.param("x: {200: a, '200': b}", "'200' twice", id="200 twice"),
        pytest.param("paths: {}", "line 3, column 1: .*'paths' twice", id="paths"),
        pytest.param("x: {<<: {a: 1}, <<: {b: 1}}", "'<<' twice", id="merges"),
        pytest.param("? [a, b]\n: 1", "line 3, column 3: found a list", id="list"),
        pytest.param("? {a: b}\n: 1", "line 3, column 3: found a mapp", id="mapping"),
        pytest.param("x: &a b\n*a : 1", "line 4, column 1: .*alias", id="alias"),
        pytest.param("x: *a", "line 3, column 4: .*nothing", id="unknown alias"),
        pytest.param("x: &a [*a]", "line 3, column 8: .*inside", id="inside itself"),
        pytest.param("x: !!binary aGk=", "line 3, column 4: .*tag", id="binary"),
        pytest.param("x: !!python/object:a.B {}", "tag", id="Python object"),
        pytest.param("x: !env [SECRET]", "tag '!env'", id="own tag"),
        pytest.param("x: !!timestamp 2024-01-31", "tag", id="timestamp"),
        pytest.param("x: .nan", "line 3, column 4: found .nan", id="NaN"),
        pytest.param("x: -.inf", "found -.inf", id="infinity"),
        pytest.param("x: 1e999", "found 1e999", id="number too large"),
        pytest.param("x: 0x" + "f" * 5000, "5,002 digits", id="many digits"),
        pytest.param("x: {<<: 1}", "line 3, column 9: .*merge", id="merge of a number"),
        pytest.param("---\nx: 1", "line 3, column 1: .*second", id="two documents"),
        pytest.param("x: 'a", "neither JSON nor YAML", id="no end"),
        pytest.param("x:\n\t- a", "line 4, column 1", id="tab"),
        pytest.param("x: \x07", "neither JSON nor YAML", id="control character"),
        pytest.param("x: " + "[" * 200, "column 131: .*128 levels", id="nested"),
        pytest.param("x: " + "[" * 1_000_000, "nesting depth", id="nested endlessly"),
        pytest.param("x:\n" + "- " * 1_000_000, "levels deep", id="lists of lists"),
    ],
)
def test_what_json_could_not_say_is_refused(text: str, said: str) -> None:
    """What has no counterpart in JSON is refused, with its line and column."""
    with pytest.raises(NotOpenApi, match=said):
        read(text)


@pytest.mark.parametrize(
    "bomb",
    [
        "x: [{}]\n".format(", ".join(["*l9"] * 10)),
        "x: {}\n".format("{" + ", ".join(f"k{i}: *l9" for i in range(10)) + "}"),
        "x: {<<: [" + ", ".join(["*l9"] * 10) + "]}\n",
    ],
    ids=["lists", "mappings", "merges"],
)
def test_alias_bombs_do_not_go_off(bomb: str) -> None:
    """A billion laughs in ten lines: refused at the line where it grows too large."""
    lines = ["a0: &l0 {lol: lol}\n"]
    for level in range(1, 10):
        aliases = ", ".join([f"*l{level - 1}"] * 10)
        lines.append(f"a{level}: &l{level} [{aliases}]\n")
    with pytest.raises(NotOpenApi, match=r"line 9, column .*2,000,000 values"):
        read("".join(lines) + bomb)


def test_aliases_deepen_what_they_stand_in() -> None:
    """Depth is that of the document written out: aliases cannot hide it."""
    lines = ["a0: &l0 [0]\n"]
    lines += [f"a{n}: &l{n} [*l{n - 1}]\n" for n in range(1, 130)]
    with pytest.raises(NotOpenApi, match="128 levels deep"):
        read("".join(lines) + "x: *l129\n")
