"""A flat schema seen one JSON type at a time."""

from typing import Any

from gate.openapi.schemas.keywords import TYPES, types
from gate.openapi.schemas.merging import is_false
from gate.openapi.schemas.numbers import exact_number
from gate.openapi.schemas.reading import Schema
from gate.openapi.schemas.relation import impossible
from gate.openapi.schemas.values import GENERIC, KEYWORDS

_NUMBERS = ("integer", "number")


def kinds(flat: Schema) -> list[str]:
    """The JSON types of a writer's schema; one that lists fields writes objects."""
    if is_false(flat):
        return []
    if "type" in flat:
        found = types(flat["type"])
    elif "enum" in flat:
        found = list(dict.fromkeys(map(_type, flat["enum"])))
    elif "properties" in flat or "required" in flat:
        found = ["object"]
    elif "items" in flat or "prefixItems" in flat:
        found = ["array"]
    else:
        found = list(TYPES)
    found = [k for k in found if k != "integer" or "number" not in found]
    left_over = [kind for kind in found if not _excluded(flat, kind)]
    return left_over or found


def _excluded(flat: Schema, kind: str) -> bool:
    """Whether `not` leaves no value of this type."""
    return "not" in flat and impossible({"type": kind, "not": flat["not"]})


def only(flat: Schema, kind: str) -> Schema | None:
    """The part of a flat schema that concerns one type; None when it excludes it."""
    if is_false(flat):
        return None
    listed = types(flat.get("type", kind))
    mine = kind
    if kind in _NUMBERS:
        mine = next((k for k in ("number", "integer") if k in listed), "")
    if mine not in listed:
        return None
    kept = {k: v for k, v in flat.items() if k in KEYWORDS[kind] or k in GENERIC}
    if "enum" in kept:
        chosen = [value for value in kept["enum"] if _is(value, mine)]
        if not chosen:
            return None
        kept["enum"] = chosen
    if mine == "integer" and isinstance(kept.get("multipleOf"), float):
        # of an integer, 1.5 is a divisor just where 3 is
        kept["multipleOf"] = exact_number(kept["multipleOf"]).numerator
    return Schema({**kept, "type": mine}, flat.pointer)


def _type(value: Any) -> str:
    names = {dict: "object", list: "array", str: "string", bool: "boolean"}
    names |= {int: "integer", type(None): "null"}
    return names.get(type(value), "number")


def _is(value: Any, kind: str) -> bool:
    found = _type(value)
    if kind == "integer" and found == "number":
        return bool(float(value).is_integer())
    return found == kind or (kind == "number" and found == "integer")


def as_text(flat: Schema, kind: str) -> Schema:
    """The texts that numbers are written as; {} for other types."""
    if kind not in _NUMBERS:
        return Schema({}, flat.pointer)
    sign = "" if flat.get("minimum", flat.get("exclusiveMinimum", -1)) >= 0 else "-?"
    part = "" if kind == "integer" else r"(\.[0-9]+)?([eE][+-]?[0-9]+)?"
    pattern = f"^{sign}(0|[1-9][0-9]*){part}$"
    return Schema({"type": "string", "pattern": pattern}, flat.pointer)
