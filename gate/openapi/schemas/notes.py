"""Annotations: what changed without changing which values are valid."""

import json
from collections.abc import Iterator
from typing import Any

from gate.openapi.changes import Direction
from gate.openapi.schemas.keywords import EXTENSIBLE, NOTES


def noted(
    direction: Direction, left: dict[str, Any], right: dict[str, Any], text: bool
) -> Iterator[tuple[str, str]]:
    """What kind of note to make, and its detail."""
    request = direction is Direction.REQUEST
    mine, theirs = left.get(NOTES, {}), right.get(NOTES, {})
    old, new = (mine, theirs) if request else (theirs, mine)
    if new.get("deprecated") is True and old.get("deprecated") is not True:
        yield "deprecated", ""
    if request and not text and old.get("default") != new.get("default"):
        shown = json.dumps(new.get("default"), ensure_ascii=False)
        yield "default", shown[:60] if "default" in new else "none"
    for keyword in ("contentEncoding", "contentMediaType", "contentSchema"):
        if old.get(keyword) != new.get(keyword):
            yield "content", keyword
    if old.get(EXTENSIBLE) != new.get(EXTENSIBLE):
        yield "extensible", ""
