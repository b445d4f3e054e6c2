"""Bodies that are bytes, or items one by one, and parameters of media types."""

from typing import Any

import pytest

from gate.openapi import Document, Level, compare
from tests_unit.gate.fakes.api import INT, STR, answered, operation, sent

Json = Any
BREAKS, MAY, UNKNOWN, SAFE = Level.BREAKS, Level.MAY_BREAK, Level.UNDECIDED, None


def in_sequence(item: Json) -> Document:
    """A body of JSON lines, of which OpenAPI 3.2 describes each."""
    body = {"required": True, "content": {"application/jsonl": {"itemSchema": item}}}
    return operation(requestBody=body)


TABLE: dict[str, tuple[Document, Document, Any, Any]] = {
    "fewer bytes": (
        sent({**STR, "maxLength": 9}, "application/pdf"),
        sent({**STR, "maxLength": 8}, "application/pdf"),
        MAY,
        SAFE,
    ),
    "another item of a sequence": (
        in_sequence(INT),
        in_sequence({"type": "number"}),
        SAFE,
        BREAKS,
    ),
    "items are described for the first time": (
        sent(True, "application/jsonl"),
        in_sequence(INT),
        UNKNOWN,
        SAFE,
    ),
    "another version": (answered(STR, "a/b;v=1"), answered(STR, "a/b;v=2"), MAY, MAY),
    "any version": (sent(STR, "a/b;v=1"), sent(STR, "a/b"), SAFE, MAY),
    "another charset": (
        sent(STR, "text/csv;charset=utf-8"),
        sent(STR, "text/csv"),
        SAFE,
        SAFE,
    ),
}


@pytest.mark.parametrize("name", TABLE)
def test_both_directions(name: str) -> None:
    """The worst that is said of a pair, from old to new and from new to old."""
    old, new, forth, back = TABLE[name]
    both = compare(old, new), compare(new, old)
    assert [min((c.level for c in one), default=None) for one in both] == [forth, back]
