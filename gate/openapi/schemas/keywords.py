"""The keywords of schemas that are compared, and what their values look like."""

import math
from collections.abc import Callable
from typing import Any

UNUSABLE = "x-unusable"  # keywords that could not be read
NOTES = "x-notes"  # annotations worth a notice
EXTENSIBLE = "x-extensible-enum"  # other values may come, and all know it
INT64 = "x-int64"  # numbers that have this format
PERHAPS = "x-perhaps"  # an alternative that not everybody reads out of the document
UNTYPED, UNLISTED = "untyped", "unlisted"  # why: `nullable` beside no type, or `enum`
DISCRIMINATOR = "x-discriminator"
TYPES = ("object", "array", "string", "number", "integer", "boolean", "null")
NOTED = (
    *("deprecated", "default", "contentEncoding", "contentMediaType"),
    *("contentSchema", EXTENSIBLE),
)


def is_number(value: Any) -> bool:
    """Whether a JSON value is a number that is no larger than numbers get."""
    return (
        isinstance(value, int | float)
        and not isinstance(value, bool)
        and (isinstance(value, int) or math.isfinite(value))
    )


def _count(value: Any) -> bool:
    whole = isinstance(value, int) or (isinstance(value, float) and value.is_integer())
    return whole and not isinstance(value, bool) and value >= 0


def _names(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(item, str) for item in value)


def _types(value: Any) -> bool:
    listed = value if isinstance(value, list) else [value]
    return bool(listed) and all(isinstance(i, str) and i in TYPES for i in listed)


def is_schema(value: Any) -> bool:
    """Whether a JSON value can be a schema."""
    return isinstance(value, dict | bool)


SHAPES: dict[str, Callable[[Any], bool]] = {
    "type": _types,
    "enum": lambda value: isinstance(value, list) and bool(value),
    "const": lambda _value: True,
    "required": _names,
    "uniqueItems": lambda value: isinstance(value, bool),
    "format": lambda value: isinstance(value, str),
    "multipleOf": lambda value: is_number(value) and value > 0,
    "dependentRequired": lambda value: (
        isinstance(value, dict) and all(map(_names, value.values()))
    ),
}
SHAPES |= dict.fromkeys(
    ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"), is_number
)
COUNTS = (
    *("minLength", "maxLength", "minItems", "maxItems"),
    *("minProperties", "maxProperties", "minContains", "maxContains"),
)
SHAPES |= dict.fromkeys(COUNTS, _count)
BOUNDS = frozenset(
    ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf")
) | frozenset(COUNTS)
ONE = frozenset(
    (
        *("items", "additionalProperties", "not", "if", "then", "else"),
        *("contains", "propertyNames", "unevaluatedProperties", "unevaluatedItems"),
    )
)
MANY = frozenset(("allOf", "anyOf", "oneOf", "prefixItems"))
MEMBERS = frozenset(  # what asks something of the members of a value, not of itself
    (
        *("properties", "patternProperties", "additionalProperties", "items"),
        *("unevaluatedProperties", "prefixItems", "unevaluatedItems", "contains"),
    )
)
NAMED = frozenset(("properties", "patternProperties", "dependentSchemas"))
DATA = frozenset((UNUSABLE, NOTES, DISCRIMINATOR, "$ref", "enum", "required"))
KNOWN = SHAPES.keys() | {"pattern"} | ONE | MANY | NAMED | {"$ref", "$dynamicRef"}
APART = (SHAPES.keys() - {"minContains", "maxContains"}) | {"pattern", "$ref"}
"""Keywords that ask the same whatever stands beside them."""


def says_nothing(keyword: str, value: Any) -> bool:
    """Whether a keyword with this value admits everything."""
    match keyword:
        case "minLength" | "minItems" | "minProperties":
            return bool(value == 0)
        case "uniqueItems":
            return value is False
        case "required" | "dependentRequired":
            return not value
        case "pattern":
            return value in ("", ".*", "^", "$", "^.*", ".*$", r"^[\s\S]*$")
    return False


def types(value: Any) -> list[str]:
    """The `type` keyword as a list."""
    return [value] if isinstance(value, str) else list(value)
