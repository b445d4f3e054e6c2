"""The rules for the members of objects and arrays, each at its own place."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import islice
from typing import Any, Protocol

from gate.openapi.changes import Direction, Level
from gate.openapi.schemas.languages import Unclear, texts
from gate.openapi.schemas.merging import is_false, together
from gate.openapi.schemas.reading import Reading, Schema
from gate.openapi.schemas.relation import matches
from gate.openapi.schemas.samples import samples, with_field
from gate.openapi.schemas.spot import Outcome, Spot


class Walk(Protocol):
    """The comparison under way, as far as the rules here need it."""

    direction: Direction
    left: Reading
    right: Reading

    def same(self, left: dict[str, Any], right: dict[str, Any]) -> bool:
        """Whether the words of both are the same, and mean the same on both sides."""

    def relate(self, out: Outcome, spot: Spot) -> None:
        """Compare the two schemas of `spot`."""

    def add(
        self,
        out: Outcome,
        spot: Spot,
        what: str,
        level: Level = Level.BREAKS,
        name: str = "",
        detail: str = "",
        *,
        values: Iterable[Any] = (),
    ) -> None:
        """Record trouble of kind `what`, with the first of `values` that shows it."""

    def undecided(self, out: Outcome, spot: Spot, why: str) -> None:
        """Record, once per place, that nothing could be proved either way."""


def relate_objects(walk: Walk, out: Outcome, spot: Spot) -> None:
    """Required fields, declared fields one by one, and undeclared ones."""
    left, right = spot.left, spot.right
    mine: dict[str, Schema] = left.get("properties", {})
    sent = {*left.get("required", ())}
    for name in right.get("required", ()):
        if name not in sent:
            what = "field-optional" if name in mine else "field-removed"
            walk.add(out, spot, what, name=name, values=_without(walk, left, name))
    for name in dict.fromkeys([*mine, *left.get("required", ())]):
        _field(walk, out, spot, name)
    answers = walk.direction is Direction.RESPONSE and not spot.partly
    if answers and "allOf" not in left:
        _optional_fields_gone(walk, out, spot)
    for pattern, schema in left.get("patternProperties", {}).items():
        _family(walk, out, spot, (pattern,), schema)
    _undeclared(walk, out, spot)
    _dependencies(walk, out, spot)


def _without(walk: Walk, left: Schema, name: str) -> Iterator[Any]:
    yield from (v for v in samples(walk.left, left) if name not in v)


def relate_arrays(walk: Walk, out: Outcome, spot: Spot) -> None:
    """The items at fixed positions, and all others."""
    left, right = spot.left, spot.right
    rest = left.get("items", Schema({}, left.pointer))
    others = right.get("items", Schema({}, right.pointer))
    mine, theirs = left.get("prefixItems", []), right.get("prefixItems", [])
    most = left.get("maxItems")
    for index in range(max(len(mine), len(theirs))):
        first = mine[index] if index < len(mine) else rest
        second = theirs[index] if index < len(theirs) else others
        if not is_false(first) and (most is None or index < most):
            walk.relate(out, spot.down(first, second, "item", str(index)))
    if not is_false(rest) and (most is None or most > len(mine)):
        walk.relate(out, spot.down(rest, others, "items"))


def _rule(schema: Schema, name: str) -> Schema | None:
    """What a reader asks of the field called `name`; None when it asks nothing."""
    found = schema.get("properties", {}).get(name)
    asked = found is not None
    for pattern, value in schema.get("patternProperties", {}).items():
        if matches(pattern, name):
            found, asked = together(found, value), True
    return found if asked else schema.get("additionalProperties")


def _field(walk: Walk, out: Outcome, spot: Spot, name: str) -> None:
    """A field that the writer sends, by the reader's rule for that name."""
    left, right = spot.left, spot.right
    value = _rule(left, name) or Schema({}, left.pointer)
    rule = _rule(right, name)
    if is_false(value):
        return
    if rule is None:
        ignores = walk.direction is Direction.REQUEST and "allOf" not in right
        if ignores and not spot.partly:
            walk.add(out, spot, "field-ignored", Level.MAY_BREAK, name)
    elif is_false(rule):
        bases = with_field(walk.left, left, name)
        walk.add(out, spot, "field-refused", name=name, values=bases)
    else:
        walk.relate(out, spot.down(value, rule, "property", name))
    names: Schema | None = right.get("propertyNames")
    if names is not None and not _names_alike(walk, left, names):
        _name(walk, out, spot, name, names)


def _names_alike(walk: Walk, left: Schema, names: Schema) -> bool:
    own = left.get("propertyNames")
    return own is not None and walk.same(own, names)


def _name(walk: Walk, out: Outcome, spot: Spot, name: str, names: Schema) -> None:
    listed = Schema({"type": "string", "enum": [name]}, spot.left.pointer)
    trial = Outcome()
    walk.relate(trial, Spot.root(listed, names, text=False))
    if trial.findings:
        bases = with_field(walk.left, spot.left, name)
        walk.add(out, spot, "field-refused", name=name, values=bases)


def _optional_fields_gone(walk: Walk, out: Outcome, spot: Spot) -> None:
    known = {*spot.left.get("properties", {}), *spot.left.get("required", ())}
    known.update(spot.right.get("required", ()))
    for name, schema in spot.right.get("properties", {}).items():
        if name not in known and not is_false(schema):
            what = "field-removed-optional"
            walk.add(out, spot, what, Level.MAY_BREAK, name)


def _undeclared(walk: Walk, out: Outcome, spot: Spot) -> None:
    """Fields that the writer may send without naming them in its document."""
    left, right = spot.left, spot.right
    mine: Schema | None = left.get("additionalProperties")
    theirs: Schema | None = right.get("additionalProperties")
    if mine or (mine is not None and "properties" not in left):
        if not is_false(mine):
            _family(walk, out, spot, (), mine)
        return
    if not theirs or is_false(left.get("propertyNames", {})):
        return
    deliberate = mine is not None or "properties" not in left
    request = walk.direction is Direction.REQUEST
    if deliberate or (request and is_false(theirs)):
        walk.add(out, spot, "fields-closed", Level.MAY_BREAK)


def _family(
    walk: Walk, out: Outcome, spot: Spot, patterns: tuple[str, ...], value: Schema
) -> None:
    """Fields that the writer may call as it likes, or by a pattern."""
    left, right = spot.left, spot.right
    for name, rule in right.get("properties", {}).items():
        free = name not in left.get("properties", {})
        if free and all(matches(p, name) for p in patterns):
            walk.relate(out, spot.down(value, rule, "property", name))
    theirs = right.get("patternProperties", {})
    for pattern, rule in theirs.items():
        name = _called((*patterns, pattern))
        if name is not None:
            walk.relate(out, spot.down(value, rule, "property", name, pattern))
    rest = right.get("additionalProperties")
    name = _called(patterns, *theirs)
    if rest is not None and name is not None:
        if is_false(rest):
            values = with_field(walk.left, left, name)
            walk.add(out, spot, "fields-closed", values=values)
        else:
            shown = patterns[0] if patterns else "*"
            walk.relate(out, spot.down(value, rest, "property", name, shown))
    names: Schema | None = right.get("propertyNames")
    if names is not None and not _names_alike(walk, left, names):
        own = left.get("propertyNames", Schema({}, left.pointer))
        calls = Schema({**own, "type": "string"}, own.pointer)
        for pattern in patterns:
            calls = Schema({"allOf": [calls, {"pattern": pattern}]}, own.pointer)
        walk.relate(out, spot.down(calls, names, "name"))


def _called(patterns: tuple[str, ...], *but: str) -> str | None:
    """A name that matches `patterns` and none of `but`; None when there is none."""
    try:
        return next(islice(texts(patterns or ("^key",), but), 1), None)
    except Unclear:
        return "key"


def _dependencies(walk: Walk, out: Outcome, spot: Spot) -> None:
    """What the presence of one field asks of the others."""
    for name, asked in _asked(spot.right):
        value = _rule(spot.left, name)
        if value is None and name in spot.left.get("required", ()):
            value = Schema({}, spot.left.pointer)
        if value is None or is_false(value):
            continue  # the writer never sends it
        required = list(dict.fromkeys([*spot.left.get("required", ()), name]))
        needed = spot.left.get("dependentRequired", {}).get(name, ())
        more = {
            **spot.left,
            "required": [*required, *(n for n in needed if n not in required)],
        }
        here = replace(spot.at(Schema(more, spot.left.pointer), asked), partly=True)
        walk.relate(out, here)


def _asked(right: Schema) -> Iterator[tuple[str, Schema]]:
    for name, names in right.get("dependentRequired", {}).items():
        yield name, Schema({"required": names}, right.pointer)
    yield from right.get("dependentSchemas", {}).items()
