"""A schema as a union of flat alternatives.

`$ref` and `allOf` are folded into the keywords around them, `anyOf` and `oneOf`
are multiplied out. What cannot be folded without changing its meaning stays in an
`allOf` of its own.
"""

from typing import Any

from gate.openapi.schemas.exact import announced
from gate.openapi.schemas.keywords import DISCRIMINATOR, NOTES, UNUSABLE
from gate.openapi.schemas.merging import both, closed_off, is_false
from gate.openapi.schemas.reading import Reading, Schema
from gate.openapi.schemas.references import referenced

MAX_ALTERNATIVES = 500  # of one union
MAX_PRODUCT = 64  # of several unions multiplied out
_UNIONS = ("anyOf", "oneOf")
_FEW = frozenset(("type", "enum"))
_UNPLAIN = frozenset(("anyOf", "oneOf", "allOf", "if", "dependentSchemas"))


class TooWide(Exception):
    """The schema has more alternatives than are looked at."""


def alternatives(
    reading: Reading,
    schema: Schema,
    above: frozenset[str] = frozenset(),
    *,
    tagged: bool = True,
) -> list[Schema]:
    """Flat schemas whose union is `schema`; each keeps the name of its component.

    A `oneOf` is read as an `anyOf`. With `tagged`, each holds what the discriminator
    asks of it. Raises `TooWide`.
    """
    flat = fold(reading, schema, above)
    above |= {referenced(schema)} - {""}
    found = [_without(flat, (*_UNIONS, "allOf"))]
    unions = [flat[keyword] for keyword in _UNIONS if keyword in flat]
    told = flat.get(DISCRIMINATOR, {"tags": {}}) if tagged else {"tags": {}}
    for branches in unions:
        choices = [
            _tag(choice, referenced(branch), told)
            for branch in branches
            if referenced(branch) not in above
            for choice in alternatives(reading, branch, above, tagged=tagged)
        ]
        found = _product(found, _gathered(choices))
    for branch in flat.get("allOf", ()):
        if set(_UNIONS) & branch.keys():
            found = _product(found, alternatives(reading, branch, above))
        else:
            found = [_beside(each, branch) for each in found]
    possible = [each for each in found if not is_false(each)]
    for each in possible:
        _settle(each)
    return possible or found[:1] or [Schema({"not": {}}, schema.pointer)]


def fold(
    reading: Reading, schema: Schema, above: frozenset[str] = frozenset()
) -> Schema:
    """`schema` with its references and `allOf` branches folded into one level.

    A schema that is a conjunct of itself adds nothing and is left out.
    """
    if not {"$ref", "allOf"} & schema.keys():
        return _folded(reading, schema, above)
    known = reading.folded.get(id(schema))
    if known is not None:
        return known[1]
    cut = reading.cuts
    result = _folded(reading, schema, above)
    if cut == reading.cuts:  # it does not depend on what it is a part of
        reading.folded[id(schema)] = schema, result  # which keeps the id taken
    return result


def _folded(reading: Reading, schema: Schema, above: frozenset[str]) -> Schema:
    own = {k: v for k, v in schema.items() if k not in ("$ref", "allOf", NOTES)}
    closing = own.pop("unevaluatedProperties", None)
    parts: list[Schema] = []
    name = referenced(schema)
    if name in above:
        reading.cuts += 1
    elif name:
        parts.append(fold(reading, reading.definition(name), above | {name}))
    for branch in schema.get("allOf", ()):
        if referenced(branch) in above:
            reading.cuts += 1
        else:
            parts.append(fold(reading, branch, above | ({name} - {""})))
    result = Schema(own, schema.pointer, schema.name)
    if name and not own and closing is None and "allOf" not in schema:
        result.name = name
    parts = [part for part in parts if part] or parts[:1]  # `{}` gives no name either
    alone = len(parts) == 1 and not own
    for part in parts:
        result = both(result, part if alone else closed_off(part))
    if closing is not None:
        result["unevaluatedProperties"] = closing
        _settle(result)
    if name and result.name == name and parts:
        result.pointer = parts[0].pointer
    return result


def flags_doubt(flat: Schema) -> bool:
    """Whether a flat schema admits less than its keywords say, or how much is unclear."""
    return any(k in flat for k in ("allOf", UNUSABLE, "not", "if", "propertyNames"))


def _tag(choice: Schema, name: str, told: dict[str, Any]) -> Schema:
    asked = announced(name, told)
    if not asked or "object" not in choice.get("type", "object"):
        return choice
    kept = {n: Schema(s, choice.pointer) for n, s in asked["properties"].items()}
    asked = {**asked, "properties": kept}
    both_ = both(choice, Schema(asked, choice.pointer))
    values = asked["properties"][told["property"]]["enum"]
    tags = tuple((told["property"], value) for value in values)
    return Schema(both_, choice.pointer, choice.name, tags)


def _settle(flat: Schema) -> None:
    """Say `unevaluated…` in simpler words, where that is the same."""
    if flat.keys() & _UNPLAIN:
        return
    for closing, simple in (
        ("unevaluatedProperties", "additionalProperties"),
        ("unevaluatedItems", "items"),
    ):
        if closing in flat and not (simple == "items" and "contains" in flat):
            flat.setdefault(simple, flat.pop(closing))


def _product(found: list[Schema], choices: list[Schema]) -> list[Schema]:
    most = MAX_ALTERNATIVES if len(found) == 1 else MAX_PRODUCT
    if len(found) * len(choices) > most:
        raise TooWide
    return [both(base, closed_off(choice)) for base in found for choice in choices]


def _gathered(choices: list[Schema]) -> list[Schema]:
    """Alternatives that merely list values become one that lists them all."""
    found: list[Schema] = []
    listing: dict[str, Schema] = {}
    for choice in choices:
        if not ("enum" in choice and choice.keys() <= _FEW and not choice.name):
            found.append(choice)
            continue
        kind = str(choice.get("type", ""))
        if kind in listing:
            listing[kind]["enum"] = [*listing[kind]["enum"], *choice["enum"]]
        else:
            listing[kind] = Schema(dict(choice), choice.pointer)
            found.append(listing[kind])
    return found


def _without(flat: Schema, keywords: tuple[str, ...]) -> Schema:
    kept = {k: v for k, v in flat.items() if k not in (*keywords, DISCRIMINATOR)}
    return Schema(kept, flat.pointer, flat.name, flat.tags)


def _beside(flat: Schema, branch: Schema) -> Schema:
    kept = {**flat, "allOf": [*flat.get("allOf", ()), branch]}
    return Schema(kept, flat.pointer, flat.name)
