"""Lists and scalars that are written alike: `?q=a` is either."""

from typing import Any

import pytest

from gate.openapi import Document, Level, compare
from tests_unit.gate.fakes.api import INT, STR, asked, fields, parameter, sent

BREAKS, SAFE = Level.BREAKS, None
FORM = "application/x-www-form-urlencoded"
LIST = {"type": "array", "items": STR}
TABLE: dict[str, tuple[Document, Document, Any, Any]] = {
    "a scalar becomes a list, or back": (
        asked(parameter()),
        asked(parameter(schema=LIST)),
        SAFE,
        BREAKS,
    ),
    "a list of one is the scalar": (
        asked(parameter(schema=INT)),
        asked(parameter(schema={"type": "array", "items": INT, "maxItems": 1})),
        SAFE,
        SAFE,
    ),
    "two are needed where one was sent": (
        asked(parameter()),
        asked(parameter(schema={**LIST, "minItems": 2})),
        BREAKS,
        BREAKS,
    ),
    "the items are narrower than the scalar was": (
        asked(parameter()),
        asked(parameter(schema={"type": "array", "items": INT})),
        BREAKS,
        BREAKS,
    ),
    "a field of a form may come several times": (
        sent(fields("q", q=STR), FORM),
        sent(fields("q", q=LIST), FORM),
        SAFE,
        BREAKS,
    ),
    "JSON knows lists from scalars": (sent(STR), sent(LIST), BREAKS, BREAKS),
}


@pytest.mark.parametrize("name", TABLE)
def test_both_directions(name: str) -> None:
    """What is written as the same text is the same; the other items break."""
    old, new, forth, back = TABLE[name]
    both = compare(old, new), compare(new, old)
    assert [min((c.level for c in one), default=None) for one in both] == [forth, back]


def test_a_list_is_shown_by_what_no_scalar_is_written_as() -> None:
    """One item alone would be the scalar's own text."""
    scalar, several = asked(parameter()), asked(parameter(schema=LIST))
    (change,) = compare(several, scalar)
    assert change.counterexample is not None
    assert len(change.counterexample.value) == 2


def test_a_narrower_item_is_shown_by_the_scalar_that_it_refuses() -> None:
    """Not by one that both of them take."""
    old = asked(parameter(schema={"enum": ["a", "b"]}))
    new = asked(parameter(schema={"type": "array", "items": {"enum": ["a"]}}))
    (change,) = compare(old, new)
    assert change.rule == "request-enum-value-removed"
    assert change.counterexample is not None
    assert change.counterexample.value == "b"
