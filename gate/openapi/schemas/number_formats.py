"""Formats of numbers as bounds: `int32` for all, `int64` for what a writer sends.

Whoever reads `int64` need not refuse more than that, and few can tell; so a reader that
merely adds the format refuses nothing that it took before.
"""

from typing import Any

from gate.openapi.schemas.keywords import INT64, types

_INT32 = -(2**31), 2**31 - 1
_INT64 = -(2**63), 2**63 - 1


def bound_numbers(found: dict[str, Any]) -> None:
    """Say the `format` of a schema's numbers in other words; `double` asks nothing."""
    kinds = types(found.get("type", ()))
    if not {"integer", "number"}.intersection(kinds) or "string" in kinds:
        return
    match found.get("format"):
        case "int32":
            found |= _within(found, *_INT32)
        case "int64":
            found[INT64] = True
            for bound in [b for b in _LOOSE if b in found and _LOOSE[b](found[b])]:
                del found[bound]
        case "double":
            pass
        case _:
            return
    del found["format"]


def written(schema: dict[str, Any]) -> dict[str, Any]:
    """A writer's schema with the bounds of `int64`, exact to the last integer."""
    return {**schema, **_within(schema, *_INT64)} if INT64 in schema else schema


_LOOSE = {  # bounds that `int64` implies
    "minimum": lambda bound: bound <= _INT64[0],
    "maximum": lambda bound: bound >= _INT64[1],
    "exclusiveMinimum": lambda bound: bound < _INT64[0],
    "exclusiveMaximum": lambda bound: bound > _INT64[1],
}


def _within(schema: dict[str, Any], low: int, high: int) -> dict[str, Any]:
    return {
        "minimum": max(schema.get("minimum", low), low),
        "maximum": min(schema.get("maximum", high), high),
    }
