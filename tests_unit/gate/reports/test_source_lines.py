"""Where a JSON pointer stands in the text it was read from."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gate.reports.source_lines import source_lines

YAML = """\
openapi: 3.1.0
paths:
  /a/{b}:
    get: &get
      parameters:
      - name: q
      - {name: r,
         in: query}
    post: *get
"""
JSON = """{
 "openapi": "3.1.0",
 "paths": {"/a/{b}": {
   "get": {"parameters": [
     {"name": "q"},
     {"name": "r",
      "in": "query"}]},
   "\\u0070ost": {}
 }}
}"""
IN_YAML = {
    "": 1,
    "/paths": 2,
    "/paths/~1a~1{b}/get": 4,
    "/paths/~1a~1{b}/get/parameters/0": 6,
    "/paths/~1a~1{b}/get/parameters/1/in": 8,
    "/paths/~1a~1{b}/post": 9,
    "/paths/~1a~1{b}/put/responses": 3,
    "/nowhere/at/all": 1,
}
IN_JSON = {
    "": 1,
    "/paths": 3,
    "/paths/~1a~1{b}/get": 4,
    "/paths/~1a~1{b}/get/parameters/0": 5,
    "/paths/~1a~1{b}/get/parameters/1/in": 7,
    "/paths/~1a~1{b}/post": 8,
    "/paths/~1a~1{b}/put/responses": 3,
    "/nowhere/at/all": 1,
}


@pytest.mark.parametrize(
    ("text", "lines"), [(YAML, IN_YAML), (JSON, IN_JSON)], ids=["yaml", "json"]
)
def test_a_pointer_is_found_or_what_is_nearest_above_it(
    text: str, lines: dict[str, int]
) -> None:
    """All at once, and each alone."""
    assert source_lines(text, lines) == lines
    for pointer, line in lines.items():
        assert source_lines(text, [pointer]) == {pointer: line}


@pytest.mark.parametrize("text", ["", "{", "[1,", '{"a" 1}', "a: [", "\x00", "a: *b"])
def test_of_a_text_that_cannot_be_read_no_line_is_known(text: str) -> None:
    """At most its beginning; and no trouble."""
    assert set(source_lines(text, ["/a/b"]).values()) <= {1}


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(max_size=3), inner, max_size=3)
    ),
    max_leaves=12,
)


@given(values)
def test_every_member_of_any_json_is_found_on_its_line(value: object) -> None:
    """Written with one member on each line, the lines count the members."""
    text = json.dumps(value, indent=1)
    found: dict[str, str] = {}

    def walk(here: object, pointer: str) -> None:
        members = dict(enumerate(here)) if isinstance(here, list) else here
        for token, inner in members.items() if isinstance(members, dict) else ():
            name = str(token).replace("~", "~0").replace("/", "~1")
            found[f"{pointer}/{name}"] = json.dumps(inner, indent=1).split("\n")[0]
            walk(inner, f"{pointer}/{name}")

    walk(value, "")
    lines = source_lines(text, found)
    assert list(lines.values()) == sorted(set(lines.values()))
    for pointer, begins in found.items():
        assert text.split("\n")[lines[pointer] - 1].rstrip(",").endswith(begins)
