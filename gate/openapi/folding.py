"""A schema as a union of flat alternatives.

`$ref` and `allOf` are folded into the keywords around them, `anyOf` and `oneOf`
are multiplied out. What cannot be folded without changing its meaning stays in an
`allOf` of its own.
"""

from collections.abc import Callable
from typing import Any

from gate.openapi.schemas import UNUSABLE, Reading, Schema, referenced

MAX_ALTERNATIVES = 64


class TooWide(Exception):
    """The schema has more alternatives than are looked at."""


def alternatives(
    reading: Reading, schema: Schema, above: frozenset[str] = frozenset()
) -> list[Schema]:
    """Flat schemas whose union is `schema`; each keeps the name of its component.

    A `oneOf` is read as an `anyOf`. Raises `TooWide`.
    """
    flat = fold(reading, schema, above)
    above |= {referenced(schema)} - {""}
    found = [flat]
    for keyword in ("anyOf", "oneOf"):
        branches = flat.get(keyword)
        if branches is None:
            continue
        choices = [
            choice
            for branch in branches
            if referenced(branch) not in above
            for choice in alternatives(reading, branch, above)
        ]
        found = [
            _both(base, choice)
            for base in _without(found, keyword)
            for choice in choices
        ]
        if len(found) > MAX_ALTERNATIVES:
            raise TooWide
    return found


def fold(
    reading: Reading, schema: Schema, above: frozenset[str] = frozenset()
) -> Schema:
    """`schema` with its references and `allOf` branches folded into one level.

    A schema that is a conjunct of itself adds nothing and is left out.
    """
    own = {k: v for k, v in schema.items() if k not in ("$ref", "allOf")}
    closing = own.pop("unevaluatedProperties", None)
    parts: list[Schema] = []
    name = referenced(schema)
    if name and name not in above:
        parts.append(fold(reading, reading.definition(name), above | {name}))
    parts.extend(
        fold(reading, branch, above | ({name} - {""}))
        for branch in schema.get("allOf", ())
        if referenced(branch) not in above
    )
    result = Schema(own, schema.pointer, schema.name)
    if name and not own and closing is None and "allOf" not in schema:
        result.name = name
    for part in parts:
        result = _both(result, part)
    if closing is not None:
        _close(result, closing)
    if name and result.name == name and parts:
        result.pointer = parts[0].pointer
    return result


def flags_doubt(flat: Schema) -> bool:
    """Whether a flat schema admits less than its keywords say, or how much is unclear."""
    return "allOf" in flat or UNUSABLE in flat or "not" in flat or "if" in flat


def _close(result: Schema, closing: Schema) -> None:
    plain = not result.keys() & {"anyOf", "oneOf", "allOf", "if", "dependentSchemas"}
    if plain:
        result.setdefault("additionalProperties", closing)
    else:
        result["unevaluatedProperties"] = closing


def _without(found: list[Schema], keyword: str) -> list[Schema]:
    return [
        Schema({k: v for k, v in flat.items() if k != keyword}, flat.pointer, flat.name)
        for flat in found
    ]


def _both(left: Schema, right: Schema) -> Schema:
    """The conjunction of two flat schemas, merged as far as that is exact."""
    if not left:
        return Schema(right, right.pointer, right.name or left.name)
    name = left.name if left.name and left.items() >= right.items() else ""
    merged = dict(left)
    for keyword, value in right.items():
        if keyword == "allOf":
            merged[keyword] = [*merged.get(keyword, ()), *value]
        elif keyword not in merged:
            merged[keyword] = value
        elif merged[keyword] != value:
            joined = _MERGE.get(keyword, _cannot)(merged[keyword], value)
            if joined is None:
                return _beside(left, right)
            merged[keyword] = joined
    if _closes(left, right) or _closes(right, left):
        return _beside(left, right)
    return Schema(merged, left.pointer, name or left.name)


def _beside(left: Schema, right: Schema) -> Schema:
    return Schema(
        {**left, "allOf": [*left.get("allOf", ()), right]}, left.pointer, left.name
    )


def _closes(left: Schema, right: Schema) -> bool:
    """Whether `left` constrains properties that only `right` declares."""
    if not left.keys() & {"additionalProperties", "patternProperties"}:
        return False
    declared = left.get("properties", {}).keys()
    return not right.get("properties", {}).keys() <= declared


def _cannot(_left: Any, _right: Any) -> Any:
    return None


def _types(left: Any, right: Any) -> Any:
    first, second = types(left), types(right)
    both = [t for t in first if t in second or (t == "integer" and "number" in second)]
    both += [t for t in second if t == "integer" and "number" in first]
    both = list(dict.fromkeys(both))
    return both or None


def types(value: Any) -> list[str]:
    """The `type` keyword as a list."""
    return [value] if isinstance(value, str) else list(value)


def _properties(left: dict[str, Schema], right: dict[str, Schema]) -> dict[str, Schema]:
    merged = dict(left)
    for name, value in right.items():
        mine = merged.setdefault(name, value)
        if mine != value:
            merged[name] = Schema({"allOf": [mine, value]}, mine.pointer)
    return merged


_MERGE: dict[str, Callable[[Any, Any], Any]] = {
    "type": _types,
    "properties": _properties,
    "required": lambda left, right: list(dict.fromkeys([*left, *right])),
}
_MERGE |= dict.fromkeys(
    ("minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties"), max
)
_MERGE |= dict.fromkeys(
    ("maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties"), min
)
