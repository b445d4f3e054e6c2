"""Which parts of two documents say the same, word for word."""

import json
from collections.abc import Iterator
from typing import Any

from gate.openapi.documents.document import Document
from gate.openapi.schemas.references import component


def equal(left: Any, right: Any) -> bool:
    """Whether two JSON values are written with the same words, in any order.

    Python takes 1, 1.0 and True for equal; JSON text does not.
    """
    if left != right:
        return False
    if repr(left) == repr(right):  # the usual case, and fast
        return True
    return json.dumps(left, sort_keys=True) == json.dumps(right, sort_keys=True)


def equal_components(old: Document, new: Document) -> frozenset[str]:
    """Component schemas that say the same in both, and refer to such ones only."""
    if old.is_3_0 != new.is_3_0:
        return frozenset()
    mine, theirs = _schemas(old), _schemas(new)
    needs = {
        name: set(raw_references(raw))
        for name, raw in mine.items()
        if name in theirs and equal(raw, theirs[name])
    }
    while fallen := [n for n, needed in needs.items() if not needed <= needs.keys()]:
        for name in fallen:
            del needs[name]
    return frozenset(needs)


def raw_references(raw: Any) -> Iterator[str]:
    """The components, or else references, that a raw schema mentions."""
    waiting = [raw]
    while waiting:
        here = waiting.pop()
        if isinstance(here, list):
            waiting.extend(i for i in here if isinstance(i, dict | list))
        elif isinstance(here, dict):
            reference = here.get("$ref")
            if isinstance(reference, str):
                yield component(reference)
            waiting.extend(v for v in here.values() if isinstance(v, dict | list))


def _schemas(document: Document) -> dict[str, Any]:
    components = document.root.get("components")
    schemas = components.get("schemas") if isinstance(components, dict) else None
    return schemas if isinstance(schemas, dict) else {}
