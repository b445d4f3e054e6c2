"""Small values of a schema: likely, not guaranteed, to be valid.

Whoever uses one validates it first.
"""

from collections.abc import Iterator
from itertools import chain, islice
from typing import Any

from gate.openapi.schemas.folding import TooWide, alternatives, flags_doubt, types
from gate.openapi.schemas.keywords import TYPES
from gate.openapi.schemas.languages import Unclear, texts
from gate.openapi.schemas.merging import is_false
from gate.openapi.schemas.numbers import numbers
from gate.openapi.schemas.reading import Reading, Schema
from gate.openapi.schemas.references import referenced
from gate.openapi.schemas.relation import matches
from gate.openapi.schemas.strings import strings

_MAX_NESTING = 40
_LIMITS = (24, 6, 2, 1)  # values at the top, one level deeper, and so on
_MAX_PROPERTIES = 60  # of a writer's schema, each shown once
MAX_ITEMS = 10_001
_MAX_FIELDS = 500  # that only their number asks for
_SIZES = ("boolean", "integer", "number", "string", "object", "array", "null")


def samples(reading: Reading, schema: Schema, nesting: int = 0) -> list[Any]:
    """Some values of `schema`, the smallest first; [] when none is found.

    Up to 24 at the top and fewer the deeper they lie, so that the work stays small.
    """
    if nesting > _MAX_NESTING:
        return []
    limit = _LIMITS[min(nesting, 3)]
    key = referenced(schema) if len(schema) == 1 else "", min(nesting, 4)
    if key[0] and key in reading.found:
        return reading.found[key]
    if key[0] and limit == 1:
        reading.found[key] = []  # a component that needs itself has no value
    try:
        choices = alternatives(reading, schema)
    except TooWide:
        return []
    choices.sort(key=lambda flat: "object" in flat.get("type", "object"))
    streams = [_flat(reading, flat, nesting) for flat in choices]
    found: list[Any] = []
    known: set[str] = set()
    doubtful = "oneOf" in schema or any(map(flags_doubt, choices))
    while streams and len(found) < limit:
        streams = [
            s for s in streams if _take(s, found, known) and len(found) < 2 * limit
        ]
        if doubtful and len(found) >= limit:
            found = [v for v in found if reading.accepts(schema, v) is not False]
    if key[0]:
        reading.found[key] = found
    return found


def _take(stream: Iterator[Any], found: list[Any], known: set[str]) -> bool:
    for value in stream:
        text = repr(value)
        if text not in known:
            known.add(text)
            found.append(value)
        return True
    return False


def with_field(reading: Reading, flat: Schema, name: str) -> Iterator[dict[str, Any]]:
    """Objects of a flat schema that have the field `name`."""
    for base in islice(objects(reading, flat, 0, name), 3):
        rule = _Object(reading, flat, 0, name).rule(name)
        yield from ({**base, name: value} for value in samples(reading, rule, 1)[:4])


def _flat(reading: Reading, flat: Schema, nesting: int) -> Iterator[Any]:
    if is_false(flat):
        return
    if "enum" in flat:
        yield from flat["enum"]
        return
    kinds = sorted(types(flat.get("type", TYPES[:-1])), key=_SIZES.index)
    streams = [_typed(reading, flat, nesting, kind) for kind in kinds]
    while streams:  # one of each type, then the next
        waiting, streams = streams, []
        for stream in waiting:
            for value in stream:
                yield value
                streams.append(stream)
                break


def _typed(reading: Reading, flat: Schema, nesting: int, kind: str) -> Iterator[Any]:
    match kind:
        case "null":
            yield None
        case "boolean":
            yield from (False, True)
        case "integer" | "number":
            yield from numbers(flat, kind)
        case "string":
            yield from strings(flat)
        case "array":
            yield from _arrays(reading, flat, nesting)
        case _:
            yield from objects(reading, flat, nesting)


def _arrays(reading: Reading, flat: Schema, nesting: int) -> Iterator[Any]:
    least = flat.get("minItems", 0)
    if least > MAX_ITEMS:
        return
    head = [samples(reading, item, nesting + 1) for item in flat.get("prefixItems", ())]
    start = [values[0] for values in head if values]
    if len(start) < len(head):
        return
    wanted = flat.get("contains")
    if wanted is None and least <= len(start):
        yield start[: max(least, len(start) if "prefixItems" in flat else 0)]
    if wanted is not None:
        shown = samples(reading, wanted, nesting + 1)
        number = max(1, flat.get("minContains", 1), least - len(start))
        yield from ([*start, *[value] * number] for value in shown)
        yield from ([*start, *[value] * (number + 1)] for value in shown)
        for number in range(2, 5):
            yield from ([*start, *shown[:number]],)
    yield from _filled(reading, flat, nesting, start, least)


def _filled(
    reading: Reading, flat: Schema, nesting: int, start: list[Any], least: int
) -> Iterator[Any]:
    item = flat.get("items", Schema({}, ""))
    more = samples(reading, item, nesting + 1)
    missing = max(1, least - len(start))
    if flat.get("uniqueItems") and missing > 1:
        more = samples(reading, item) if nesting < 4 else more
        more = [v for v in more if reading.accepts(item, v) is not False]
        if len(more) < missing and "string" in types(item.get("type", "string")):
            more = [*more, *(f"key{i}" for i in range(missing))]
        yield [*start, *more[:missing]]
        return
    for value in more if nesting < 4 else more[:1]:
        yield [*start, *[value] * missing]
    if len(more) >= missing > 1:
        yield [*start, *more[:missing]]
    if missing == 1 and nesting < 2 and flat.get("maxItems", 2) > len(start) + 1:
        yield from ([*start, more[0], other] for other in more[1:4])


def objects(
    reading: Reading, flat: Schema, nesting: int, asked: str = ""
) -> Iterator[dict[str, Any]]:
    """Objects of a flat schema, the one with the fewest fields first.

    With `asked`, a field of this name will be put in by the caller.
    """
    properties: dict[str, Schema] = flat.get("properties", {})
    least = _Object(reading, flat, nesting, asked)
    if not least.complete():
        return
    yield least.fields
    other = flat.get("additionalProperties")
    named = least.spare_name() if other or "patternProperties" in flat else None
    if named is not None:  # a map: show an entry of it
        for value in samples(reading, least.rule(named), nesting + 1)[:8]:
            yield {**least.fields, named: value}
    if nesting >= 4:
        return
    full = dict(least.fields)
    for name in islice(properties, _MAX_PROPERTIES):
        values = samples(reading, properties[name], nesting + 1)[:8]
        for value in values:
            yield {**least.fields, name: value}
        full |= {name: values[0]} if values and name not in full else {}
    if len(full) > len(least.fields) + 1:
        yield full


class _Object:
    """One object under construction: as few fields as its schema allows."""

    def __init__(
        self, reading: Reading, flat: Schema, nesting: int, asked: str
    ) -> None:
        self._reading, self._flat, self._nesting = reading, flat, nesting
        self._asked = asked
        self.fields: dict[str, Any] = {}

    def complete(self) -> bool:
        """Add the fields that have to be there; False where that fails."""
        flat = self._flat
        if flat.get("minProperties", 0) > _MAX_FIELDS:
            return False
        waiting = [*flat.get("required", ()), *self._dependent(self._asked)]
        while waiting:
            name = waiting.pop(0)
            if name in self.fields or name == self._asked:
                continue
            if not self._add(name):
                return False
            waiting.extend(self._dependent(name))
        keys = (f"key{i}" for i in range(2 * _MAX_FIELDS))
        names = chain(flat.get("properties", {}), keys)
        while len(self.fields) + bool(self._asked) < flat.get("minProperties", 0):
            name = next(names, "")
            if not name:
                return False
            if name not in self.fields and name != self._asked:
                self._add(name)
        return True

    def rule(self, name: str) -> Schema:
        """The schema of the field called `name`."""
        found = self._flat.get("properties", {}).get(name)
        if found is None:
            patterns = self._flat.get("patternProperties", {}).items()
            found = next((v for p, v in patterns if matches(p, name)), None)
        if found is None:
            found = self._flat.get("additionalProperties", Schema({}, ""))
        return found if isinstance(found, Schema) else Schema({}, "")

    def spare_name(self) -> str | None:
        """A name that is not declared."""
        patterns = tuple(self._flat.get("patternProperties", {}))
        names = self._flat.get("propertyNames", {})
        if not patterns and not names:
            return "key"
        wanted = [*patterns[:1], *([names["pattern"]] if "pattern" in names else [])]
        most = names.get("maxLength")
        if "enum" in names:
            return next((n for n in names["enum"] if n not in self.fields), None)
        try:
            found = texts(tuple(wanted), (), names.get("minLength", 0), most)
            return next((n for n in found if n not in self.fields), None)
        except Unclear:
            return "key"

    def _add(self, name: str) -> bool:
        rule = self.rule(name)
        values = samples(self._reading, rule, self._nesting + 1)
        hints = self._reading.hints.get((self._flat.pointer, name), ())
        if hints and "enum" not in rule:  # a discriminator's value, where one is known
            values = [*hints[:1], *values]
        self.fields |= {name: values[0]} if values else {}
        return bool(values)

    def _dependent(self, name: str) -> list[str]:
        needed = self._flat.get("dependentRequired", {}).get(name, ())
        schema = self._flat.get("dependentSchemas", {}).get(name, {})
        return [*needed, *schema.get("required", ())]
