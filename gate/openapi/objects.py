"""The rules for the members of objects and arrays, each at its own place."""

from collections.abc import Iterable
from typing import Any, Protocol

from gate.openapi.changes import Level
from gate.openapi.folding import flags_doubt
from gate.openapi.samples import samples
from gate.openapi.schemas import Direction, Reading, Schema
from gate.openapi.spot import Outcome, Spot


class Walk(Protocol):
    """The comparison under way, as far as the rules here need it."""

    direction: Direction
    left: Reading

    def relate(self, out: Outcome, spot: Spot) -> None:
        """Compare the two schemas of `spot`."""

    def add(
        self,
        out: Outcome,
        spot: Spot,
        what: str,
        level: Level = Level.BREAKS,
        name: str = "",
        *,
        values: Iterable[Any] = (),
        certain: bool = True,
    ) -> None:
        """Record trouble of kind `what`, with the first of `values` that shows it."""


def relate_objects(walk: Walk, out: Outcome, spot: Spot) -> None:
    """Required fields, declared fields one by one, and undeclared ones."""
    left, right = spot.left, spot.right
    mine: dict[str, Schema] = left.get("properties", {})
    missing = set(right.get("required", ())) - set(left.get("required", ()))
    for name in right.get("required", ()):
        if name in missing:
            what = "field-optional" if name in mine else "field-removed"
            bases = (v for v in samples(walk.left, left) if name not in v)
            certain = not flags_doubt(left)
            walk.add(out, spot, what, name=name, values=bases, certain=certain)
    for name in dict.fromkeys([*mine, *left.get("required", ())]):
        _field(walk, out, spot, name)
    if walk.direction is Direction.RESPONSE and "allOf" not in left:
        _optional_fields_gone(walk, out, spot)
    _undeclared(walk, out, spot)


def relate_arrays(walk: Walk, out: Outcome, spot: Spot) -> None:
    """The items at fixed positions, and all others."""
    left, right = spot.left, spot.right
    rest = left.get("items", Schema({}, left.pointer))
    others = right.get("items", Schema({}, right.pointer))
    mine, theirs = left.get("prefixItems", []), right.get("prefixItems", [])
    for index in range(max(len(mine), len(theirs))):
        first = mine[index] if index < len(mine) else rest
        second = theirs[index] if index < len(theirs) else others
        if not nothing(first):
            walk.relate(out, spot.down(first, second, "item", str(index)))
    if not nothing(rest):
        walk.relate(out, spot.down(rest, others, "items"))


def nothing(schema: Schema) -> bool:
    """Whether the schema is `false`: it admits no value."""
    return schema == {"not": {}}


def _field(walk: Walk, out: Outcome, spot: Spot, name: str) -> None:
    """A field that the writer sends, by the reader's rule for that name."""
    left, right = spot.left, spot.right
    open_value = left.get("additionalProperties", Schema({}, left.pointer))
    value = left.get("properties", {}).get(name, open_value)
    rule = right.get("properties", {}).get(name)
    rest = right.get("additionalProperties")
    if nothing(value):
        return
    if rule is not None:
        walk.relate(out, spot.down(value, rule, "property", name))
    elif "patternProperties" in right:
        return  # compared as a whole, with the names
    elif rest is None:
        if walk.direction is Direction.REQUEST and "allOf" not in right:
            walk.add(out, spot, "field-ignored", Level.MAY_BREAK, name)
    elif nothing(rest):
        bases = (v for v in samples(walk.left, left) if name in v)
        certain = not flags_doubt(left)
        walk.add(out, spot, "field-refused", name=name, values=bases, certain=certain)
    else:
        walk.relate(out, spot.down(value, rest, "property", name))


def _optional_fields_gone(walk: Walk, out: Outcome, spot: Spot) -> None:
    known = {*spot.left.get("properties", {}), *spot.left.get("required", ())}
    known.update(spot.right.get("required", ()))
    for name, schema in spot.right.get("properties", {}).items():
        if name not in known and not nothing(schema):
            what = "field-removed-optional"
            walk.add(out, spot, what, Level.MAY_BREAK, name)


def _undeclared(walk: Walk, out: Outcome, spot: Spot) -> None:
    """Fields that the writer may send without naming them in its document."""
    left, right = spot.left, spot.right
    mine: Schema | None = left.get("additionalProperties")
    theirs: Schema | None = right.get("additionalProperties")
    if mine:
        if not nothing(mine):
            _map_values(walk, out, spot, mine)
        return
    if not theirs or "patternProperties" in right:
        return
    deliberate = mine is not None or "properties" not in left
    request = walk.direction is Direction.REQUEST
    if deliberate or (request and nothing(theirs)):
        walk.add(out, spot, "fields-closed", Level.MAY_BREAK)


def _map_values(walk: Walk, out: Outcome, spot: Spot, mine: Schema) -> None:
    theirs: Schema | None = spot.right.get("additionalProperties")
    if theirs is not None and "patternProperties" not in spot.right:
        if nothing(theirs):
            values = (v for v in samples(walk.left, spot.left) if v)
            walk.add(out, spot, "fields-closed", values=values, certain=False)
        else:
            walk.relate(out, spot.down(mine, theirs, "property", "*"))
    for name, schema in spot.right.get("properties", {}).items():
        if name not in spot.left.get("properties", {}):
            walk.relate(out, spot.down(mine, schema, "property", name))
