"""Schemas of which a part could not be read, taken at their narrowest or widest.

A value of the narrowest reading is surely valid; what the widest refuses is surely
refused. So a break can be shown beside a part that nobody could read.
"""

from collections.abc import Iterable
from typing import Any

from gate.openapi.schemas.keywords import APART, DATA, NAMED, UNUSABLE
from gate.openapi.schemas.references import objects, readable, references

_TURNING = (  # where more inside may mean less outside
    *("not", "if", "oneOf", "unevaluatedProperties", "unevaluatedItems"),
    "maxContains",
)


def steady(schemas: Iterable[dict[str, Any]]) -> bool:
    """Whether an unread part that admits more makes all of them admit more."""
    return not any(
        keyword in here and _unsure(here, keyword)
        for schema in schemas
        for here in objects(schema)
        for keyword in _TURNING
    )


def _unsure(here: dict[str, Any], keyword: str) -> bool:
    if keyword in ("not", "if", "oneOf"):
        inside = here[keyword]
        return not readable(inside) or any(references(inside))
    return True


def settled(schema: Any, *, widest: bool) -> Any:
    """A copy in which what could not be read admits everything, or nothing."""
    if isinstance(schema, list):
        return [settled(item, widest=widest) for item in schema]
    if not isinstance(schema, dict):
        return schema
    unread = schema.get(UNUSABLE)
    if unread is not None and not widest:
        return {"not": {}}
    if unread is not None and not APART.issuperset(unread):
        return {}
    copy: dict[str, Any] = {}
    for keyword, value in schema.items():
        if keyword in NAMED:
            copy[keyword] = {n: settled(v, widest=widest) for n, v in value.items()}
        elif keyword in DATA:
            copy[keyword] = value
        else:
            copy[keyword] = settled(value, widest=widest)
    copy.pop(UNUSABLE, None)
    return copy
