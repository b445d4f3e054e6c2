"""Is every value of one flat, single-typed schema accepted by another?

Answered keyword group by keyword group, so that the answer names the reason.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from gate.openapi.relation import difference, impossible, proves
from gate.openapi.samples import samples
from gate.openapi.schemas import UNUSABLE, Reading, Schema

_GROUPS: dict[str, tuple[str, ...]] = {
    "type": ("type",),
    "enum": ("enum", "const"),
    "range": ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"),
    "multiple": ("multipleOf",),
    "length": ("minLength", "maxLength"),
    "pattern": ("pattern",),
    "format": ("format",),
    "items-count": ("minItems", "maxItems", "uniqueItems"),
    "properties-count": ("minProperties", "maxProperties"),
    "contains": ("contains", "minContains", "maxContains"),
    "property-names": ("propertyNames", "patternProperties", "unevaluatedProperties"),
    "dependencies": ("dependentRequired", "dependentSchemas"),
    "conditions": ("not", "if", "then", "else", "unevaluatedItems"),
    "unreadable": (UNUSABLE,),
}
_TOGETHER = frozenset(("contains", "conditions", "property-names", "unreadable"))
_OF_TYPE: dict[str, tuple[str, ...]] = {
    "number": ("range", "multiple"),
    "integer": ("type", "range", "multiple"),
    "string": ("length", "pattern", "format"),
    "array": ("items-count", "contains"),
    "object": ("properties-count", "property-names", "dependencies"),
    "boolean": (),
    "null": (),
}
_ALWAYS = ("enum", "conditions", "unreadable")
_PUSHES = {  # the bound of the right side -> how to push the left side past it
    "maximum": ("minimum", 1),
    "minimum": ("maximum", -1),
    "exclusiveMaximum": ("minimum", 0),
    "exclusiveMinimum": ("maximum", 0),
    "maxLength": ("minLength", 1),
    "minLength": ("maxLength", -1),
    "maxItems": ("minItems", 1),
    "minItems": ("maxItems", -1),
    "maxProperties": ("minProperties", 1),
    "minProperties": ("maxProperties", -1),
}


GENERIC = frozenset(k for group in _ALWAYS for k in _GROUPS[group]) | {"allOf"}
GENERIC |= {"x-extensible-enum"}
_MEMBERS = {
    "object": ("properties", "required", "additionalProperties"),
    "array": ("items", "prefixItems"),
}
KEYWORDS = {
    kind: frozenset(k for group in groups for k in _GROUPS[group] if k != "type")
    | frozenset(_MEMBERS.get(kind, ()))
    for kind, groups in _OF_TYPE.items()
}
_OPENNESS = ("properties", "additionalProperties")
_PARTS = ("properties", "items", "prefixItems", "allOf")


@dataclass(frozen=True, slots=True)
class Refusal:
    """A keyword group of the right side that some value of the left may violate."""

    group: str
    examples: tuple[Any, ...]  # validated: the left admits them, the right does not
    impossible: bool = False  # the left admits no value at all


def refusals(
    left_reading: Reading,
    left: Schema,
    right_reading: Reading,
    right: Schema,
    kind: str,
) -> Iterator[Refusal]:
    """What of `right` the values of `left` of type `kind` are not proved to meet.

    Properties and items are left to the caller, which can name their places.
    """
    groups = (*_OF_TYPE[kind], *_ALWAYS)
    if kind == "number" and "number" not in right.get("type", "number"):
        groups = ("type", *groups)
    for group in groups:
        wanted = {k: right[k] for k in _GROUPS[group] if k in right}
        if not wanted or _implied(group, wanted, left):
            continue
        target = Schema({"type": right.get("type", kind), **wanted}, right.pointer)
        if "type" not in right:
            target["type"] = [kind]
        if group == "property-names":  # which names are left over depends on these
            target |= {k: right[k] for k in _OPENNESS if k in right}
        found = _decide(left_reading, left, right_reading, target, group, kind)
        if found is not None:
            yield found


def _implied(group: str, wanted: dict[str, Any], left: Schema) -> bool:
    if group in _TOGETHER:
        return wanted == {k: left[k] for k in _GROUPS[group] if k in left}
    return all(k in left and _equal(left[k], v) for k, v in wanted.items())


def _equal(left: Any, right: Any) -> bool:
    return bool(left == right) and type(left) is type(right)


def _decide(
    left_reading: Reading,
    left: Schema,
    right_reading: Reading,
    target: Schema,
    group: str,
    kind: str,
) -> Refusal | None:
    mine = Schema({**left, "type": kind}, left.pointer)
    if group == "unreadable":
        return Refusal(group, ())
    narrow = {k: v for k, v in mine.items() if k not in _PARTS}
    whole_target = right_reading.whole(target)
    whole_left = left_reading.whole(mine)
    if whole_target is None or whole_left is None:
        return Refusal(group, ())
    for proof in (left_reading.whole(narrow) or narrow, whole_left):
        if proves(proof, whole_target):
            empty = group != "enum" and impossible(proof)
            return Refusal(group, (), impossible=True) if empty else None
    candidates = list(_candidates(left_reading, mine, whole_left, target, whole_target))
    examples = [
        value
        for value in candidates
        if left_reading.accepts(mine, value)
        and right_reading.accepts(target, value) is False
    ]
    if not examples and "enum" in left and len(left["enum"]) <= len(candidates):
        return None  # every value there is was tried
    return Refusal(group, tuple(examples))


def _candidates(
    reading: Reading,
    left: Schema,
    whole_left: dict[str, Any],
    target: Schema,
    whole_target: dict[str, Any],
) -> Iterator[Any]:
    if "enum" in left:
        yield from left["enum"]
        return
    for bound, (keyword, offset) in _PUSHES.items():
        if bound in target:
            pushed = Schema({**left, keyword: target[bound] + offset}, left.pointer)
            if target[bound] + offset >= 0 or keyword in ("minimum", "maximum"):
                yield from samples(reading, pushed)
    if target.get("uniqueItems"):
        pair = {k: v for k, v in left.items() if k != "uniqueItems"}
        yield from samples(reading, Schema({**pair, "minItems": 2}, left.pointer))
    yield from samples(reading, left)
    rest = difference(whole_left, whole_target)
    if rest is not None and "$ref" not in str(rest):
        yield from samples(reading, reading.schema(rest, left.pointer))
