"""The conjunction of two flat schemas, as one flat schema where that is exact."""

from collections.abc import Callable
from fractions import Fraction
from math import gcd
from typing import Any

from gate.openapi.schemas.equality import equal
from gate.openapi.schemas.keywords import DISCRIMINATOR, types
from gate.openapi.schemas.numbers import exact_number
from gate.openapi.schemas.reading import Schema, shared

_MEMBERS = ("properties", "additionalProperties", "patternProperties")
_TOGETHER = (  # keywords that mean something only with each other
    ("if", "then", "else"),
    ("contains", "minContains", "maxContains"),
    ("prefixItems", "items"),
)
_SEEING = frozenset(("unevaluatedProperties", "unevaluatedItems"))


def both(left: Schema, right: Schema) -> Schema:
    """A schema of the values that are values of `left` and of `right`.

    What cannot be merged stays in an `allOf`.
    """
    if not left:
        name = right.name or left.name
        return Schema(right, left.pointer or right.pointer, name, right.tags)
    if not right:
        return left
    if is_false(left) or is_false(right):
        return Schema({"not": {}}, left.pointer)
    if right.keys() & _SEEING or any(_apart(group, left, right) for group in _TOGETHER):
        return _beside(left, right)
    merged, members = _merged(left, right), _members(left, right)
    if merged is None or members is None:
        return _beside(left, right)
    merged |= members
    if merged.get("type") == [] or merged.get("enum") == []:
        return Schema({"not": {}}, left.pointer)
    kept = (left.name, left.tags) if left.items() >= right.items() else ("", ())
    return Schema(merged, left.pointer, *kept)


def _merged(left: Schema, right: Schema) -> dict[str, Any] | None:
    """All keywords but those of properties; None when some cannot be merged."""
    merged = dict(left)
    for keyword, value in right.items():
        if keyword in _MEMBERS:
            continue
        if keyword == "allOf":
            merged[keyword] = [*merged.get(keyword, ()), *value]
        elif keyword not in merged:
            merged[keyword] = value
        elif not equal(merged[keyword], value):
            joined = _MERGE.get(keyword, _cannot)(merged[keyword], value)
            if joined is None:
                return None
            merged[keyword] = joined
    return merged


def closed_off(schema: Schema) -> Schema:
    """The same schema, so that its `unevaluated…` will see nothing of others."""
    if not schema.keys() & _SEEING:
        return schema
    return Schema({"allOf": [schema]}, schema.pointer)


def _apart(group: tuple[str, ...], left: Schema, right: Schema) -> bool:
    """Whether both sides use the group, and not in the same way."""
    if group[0] not in left and group[0] not in right:
        return False
    mine = {k: left[k] for k in group if k in left}
    theirs = {k: right[k] for k in group if k in right}
    return bool(mine and theirs and not equal(mine, theirs))


def is_false(schema: dict[str, Any]) -> bool:
    """Whether the schema is `false`: it admits no value."""
    return schema.get("not") == {} and "not" in schema


def together(left: Schema | None, right: Schema | None) -> Schema | None:
    """The conjunction of two members' schemas, not yet merged; None admits all."""
    if left is None or right is None or equal(left, right):
        return right if left is None else left
    if is_false(left) or not right:
        return left
    if is_false(right) or not left:
        return right
    return Schema({"allOf": [left, right]}, left.pointer)


def _members(left: Schema, right: Schema) -> dict[str, Any] | None:
    """The merged rules for properties; None when they cannot be merged."""
    mine, theirs = left.get("properties", {}), right.get("properties", {})
    rest, others = left.get("additionalProperties"), right.get("additionalProperties")
    patterns = left.get("patternProperties"), right.get("patternProperties")
    if patterns != (None, None) and patterns[0] != patterns[1]:
        alone = (rest is None or theirs.keys() <= mine.keys()) and (
            others is None or mine.keys() <= theirs.keys()
        )
        if None not in patterns or not alone or rest != others:
            return None
    found = {}
    for name in dict.fromkeys([*mine, *theirs]):
        found[name] = together(mine.get(name, rest), theirs.get(name, others))
    kept = {k: v for k, v in found.items() if v is not None}
    merged: dict[str, Any] = {"properties": kept} if kept or mine or theirs else {}
    closing = together(rest, others)
    merged |= {} if closing is None else {"additionalProperties": closing}
    listed = patterns[0] if patterns[0] is not None else patterns[1]
    return merged | ({} if listed is None else {"patternProperties": listed})


def _beside(left: Schema, right: Schema) -> Schema:
    kept = {**left, "allOf": [*left.get("allOf", ()), right]}
    return Schema(kept, left.pointer, "")


def _cannot(_left: Any, _right: Any) -> Any:
    return None


def _types(left: Any, right: Any) -> Any:
    first, second = types(left), types(right)
    kept = [t for t in first if t in second or (t == "integer" and "number" in second)]
    kept += [t for t in second if t == "integer" and "number" in first]
    kept = list(dict.fromkeys(kept))
    return kept[0] if len(kept) == 1 else kept


def _multiple(left: Any, right: Any) -> Any:
    first, second = exact_number(left), exact_number(right)
    common = Fraction(
        first.numerator * second.numerator // gcd(first.numerator, second.numerator),
        gcd(first.denominator, second.denominator),
    )
    return int(common) if common.denominator == 1 else float(common)


def _not(left: Schema, right: Schema) -> Schema:
    return Schema({"anyOf": [left, right]}, left.pointer)


_MERGE: dict[str, Callable[[Any, Any], Any]] = {
    "type": _types,
    "enum": shared,
    "required": lambda left, right: list(dict.fromkeys([*left, *right])),
    "items": together,
    "multipleOf": _multiple,
    "uniqueItems": lambda left, right: left or right,
    "not": _not,
    DISCRIMINATOR: lambda left, _right: left,
    "propertyNames": together,
}
_MERGE |= dict.fromkeys(
    ("minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties"), max
)
_MERGE |= dict.fromkeys(
    ("maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties"), min
)
