"""Is every value of one flat, single-typed schema accepted by another?

Answered keyword group by keyword group, so that the answer names the reason.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

from gate.openapi.schemas.equality import equal
from gate.openapi.schemas.keywords import EXTENSIBLE, INT64, UNUSABLE
from gate.openapi.schemas.reading import Reading, Schema, key
from gate.openapi.schemas.references import references
from gate.openapi.schemas.relation import difference, impossible, proves, understands
from gate.openapi.schemas.samples import samples
from gate.openapi.schemas.strings import WIDER, excluded, refused

_GROUPS: dict[str, tuple[str, ...]] = {
    "type": ("type",),
    "enum": ("enum",),
    "range": ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"),
    "multiple": ("multipleOf",),
    "length": ("minLength", "maxLength"),
    "pattern": ("pattern",),
    "format": ("format",),
    "items-count": ("minItems", "maxItems", "uniqueItems"),
    "properties-count": ("minProperties", "maxProperties"),
    "contains": ("contains", "minContains", "maxContains"),
    "property-names": ("unevaluatedProperties",),
    "conditions": ("not", "if", "then", "else", "unevaluatedItems"),
    "unreadable": (UNUSABLE,),
}
_TOGETHER = frozenset(("contains", "conditions", "property-names", "unreadable"))
_SEEING = frozenset(("unevaluatedItems", "unevaluatedProperties"))
_OF_TYPE: dict[str, tuple[str, ...]] = {
    "number": ("range", "multiple", "format"),
    "integer": ("type", "range", "multiple", "format"),
    "string": ("length", "pattern", "format"),
    "array": ("items-count", "contains"),
    "object": ("properties-count", "property-names"),
    "boolean": (),
    "null": (),
}
_ALWAYS = ("enum", "conditions", "unreadable")
_PUSHES = {  # the bound of the right side -> how to push the left side past it
    "maximum": ("minimum", 1),
    "minimum": ("maximum", -1),
    "exclusiveMaximum": ("minimum", 0),
    "exclusiveMinimum": ("maximum", 0),
    "maxItems": ("minItems", 1),
    "minItems": ("maxItems", -1),
    "maxProperties": ("minProperties", 1),
    "minProperties": ("maxProperties", -1),
}
_STRINGS = frozenset(("length", "pattern", "format", "enum"))
GENERIC = frozenset(k for group in _ALWAYS for k in _GROUPS[group])
GENERIC |= {"allOf", EXTENSIBLE}
_MEMBERS = {
    "number": (INT64,),
    "integer": (INT64,),
    "object": (
        *("properties", "required", "additionalProperties", "patternProperties"),
        *("propertyNames", "dependentRequired", "dependentSchemas"),
    ),
    "array": ("items", "prefixItems"),
}
KEYWORDS = {
    kind: frozenset(k for group in groups for k in _GROUPS[group] if k != "type")
    | frozenset(_MEMBERS.get(kind, ()))
    for kind, groups in _OF_TYPE.items()
}
_OPENNESS = ("properties", "additionalProperties", "patternProperties")
_PARTS = frozenset((*_OPENNESS, "items", "prefixItems", "allOf"))
_EXAMPLES = 60


@dataclass(frozen=True, slots=True)
class Refusal:
    """A keyword group of the right side that some value of the left may violate."""

    group: str
    examples: tuple[Any, ...]  # validated: the left admits them, the right does not
    trouble: str = (
        ""  # why it could not be told: "impossible", "annotation" or "sketch"
    )


def refusals(
    left_reading: Reading,
    left: Schema,
    right_reading: Reading,
    right: Schema,
    kind: str,
    unchanged: Callable[[dict[str, Any], dict[str, Any]], bool],
    *,
    sketch: bool = False,
) -> Iterator[Refusal]:
    """What of `right` the values of `left` of type `kind` are not proved to meet.

    Properties and items are left to the caller, which can name their places; so is
    `unchanged`, whether keywords of both sides mean the same. For a `sketch`, no
    examples are sought.
    """
    groups = (*_OF_TYPE[kind], *_ALWAYS)
    if kind == "number" and "number" not in right.get("type", "number"):
        groups = ("type", *groups)
    for group in groups:
        wanted = asked(right, group)
        if not wanted or _implied(group, wanted, left, unchanged):
            continue
        target = Schema({"type": right.get("type", kind), **wanted}, right.pointer)
        if "type" not in right:
            target["type"] = [kind]
        if group == "property-names":  # which names are left over depends on these
            target |= {k: right[k] for k in _OPENNESS if k in right}
        found = _decide(left_reading, left, right_reading, target, group, kind, sketch)
        if found is not None:
            yield found


def asked(schema: Schema, *groups: str) -> dict[str, Any]:
    """The keywords of these groups that `schema` has."""
    return {k: schema[k] for group in groups for k in _GROUPS[group] if k in schema}


def _implied(
    group: str,
    wanted: dict[str, Any],
    left: Schema,
    unchanged: Callable[[dict[str, Any], dict[str, Any]], bool],
) -> bool:
    """Whether the left side says these very words, for itself or in its `allOf`."""
    if group in _TOGETHER:
        places = [left] if _SEEING & wanted.keys() else [left, *left.get("allOf", ())]
        return any(unchanged(asked(place, group), wanted) for place in places)
    if group == "format" and wanted["format"] in WIDER.get(left.get("format", ""), ()):
        return True
    return all(k in left and equal(left[k], v) for k, v in wanted.items())


def _decide(
    left_reading: Reading,
    left: Schema,
    right_reading: Reading,
    target: Schema,
    group: str,
    kind: str,
    sketch: bool,
) -> Refusal | None:
    mine = closed(Schema({**left, "type": kind}, left.pointer))
    if group == "unreadable" or (group == "format" and kind != "string"):
        return _unchecked(group, kind)
    if group == "enum" and "enum" in left and "allOf" not in left:
        return _listed(left, target)
    narrow = {k: v for k, v in left.items() if k not in _PARTS} | {"type": kind}
    whole_target = right_reading.whole(target)
    whole_left = left_reading.whole(mine)
    if whole_target is None:
        return Refusal(group, ())
    for proof in (left_reading.whole(narrow), whole_left):
        if proof is not None and proves(proof, whole_target):
            empty = group != "enum" and impossible(proof)
            return Refusal(group, (), "impossible") if empty else None
    if group in _STRINGS and kind == "string" and excluded(mine, target):
        return None
    if sketch and "enum" not in left and group != "format":
        return Refusal(group, (), "sketch")
    candidates = _candidates(left_reading, mine, whole_left, target, whole_target)
    listed = len(left.get("enum", ()))
    examples = [
        value
        for value in islice(candidates, listed or _EXAMPLES)
        if left_reading.accepts(mine, value)
        and right_reading.accepts(target, value) is False
    ]
    if not examples and group == "format" and not understands(target["format"]):
        return Refusal(group, (), "annotation")
    if not examples and listed:
        return None  # every value there is was tried
    return Refusal(group, tuple(examples))


def _unchecked(group: str, kind: str) -> Refusal | None:
    """What no validator checks: keywords that cannot be read, and the format `float`."""
    if group == "unreadable":
        return Refusal(group, ())
    return Refusal(group, (), "annotation") if kind == "number" else None


def _listed(left: Schema, target: Schema) -> Refusal | None:
    """Listed values against listed values: no more than a look."""
    taken = {key(value) for value in target["enum"]}
    missing = [value for value in left["enum"] if key(value) not in taken]
    return Refusal("enum", tuple(missing)) if missing else None


def contradictory(left: Schema) -> bool:
    """Whether the keywords of a flat schema, its members aside, admit no value."""
    narrow = {k: v for k, v in left.items() if k not in _PARTS}
    return len(narrow) > 2 and not any(references(narrow)) and impossible(narrow)


def closed(left: Schema) -> Schema:
    """A flat writer's schema, without the fields that it does not declare."""
    open_object = "properties" in left and "additionalProperties" not in left
    if not open_object or "allOf" in left or "patternProperties" in left:
        return left
    more = {n: Schema({}, left.pointer) for n in left.get("required", ())}
    properties = {**more, **left["properties"]}
    shut = Schema({"not": {}}, left.pointer)
    kept = {**left, "properties": properties, "additionalProperties": shut}
    return Schema(kept, left.pointer, left.name)


def _candidates(
    reading: Reading,
    left: Schema,
    whole_left: dict[str, Any] | None,
    target: Schema,
    whole_target: dict[str, Any],
) -> Iterator[Any]:
    if "enum" in left:
        yield from left["enum"]
        return
    if left["type"] == "string":
        yield from refused(left, target)
    for bound, (keyword, offset) in _PUSHES.items():
        if bound in target and (target[bound] + offset >= 0 or "imum" in keyword):
            yield from samples(reading, _pushed(left, keyword, target[bound] + offset))
    yield from _repeated(reading, left, target)
    if "multipleOf" in target and "multipleOf" not in left:
        unit = target["multipleOf"]
        yield from (unit + 1, unit / 2, unit * 1.5)
    if "if" in target:
        yield from samples(reading, _meeting(left, target["if"]))
    if "not" in target:
        yield from samples(reading, _meeting(left, target["not"]))
    yield from samples(reading, left)
    yield from left_over(reading, left, whole_left, whole_target)


def left_over(
    reading: Reading,
    left: Schema,
    mine: dict[str, Any] | None,
    theirs: dict[str, Any] | None,
) -> Iterator[Any]:
    """Values of `mine`, which is `left` with what it needs, that `theirs` refuses."""
    rest = None if mine is None or theirs is None else difference(mine, theirs)
    if rest is not None and "$ref" not in str(rest):
        yield from samples(reading, reading.computed(rest, left.pointer))


def _repeated(reading: Reading, left: Schema, target: Schema) -> Iterator[Any]:
    """Arrays that hold something more often than `target` allows."""
    if target.get("uniqueItems"):
        pair = {k: v for k, v in left.items() if k != "uniqueItems"}
        yield from samples(reading, Schema({**pair, "minItems": 2}, left.pointer))
    if "maxContains" in target and "contains" in left:
        more = target["maxContains"] + 1
        yield from samples(reading, _pushed(left, "minContains", more))


def _meeting(left: Schema, condition: Schema) -> Schema:
    return Schema({"allOf": [left, condition]}, left.pointer)


def _pushed(left: Schema, keyword: str, bound: Any) -> Schema:
    strictest = max if keyword.startswith("min") else min
    pushed = {**left, keyword: strictest(bound, left.get(keyword, bound))}
    return Schema(pushed, left.pointer)
