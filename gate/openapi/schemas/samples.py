"""Small values of a schema: likely, not guaranteed, to be valid.

Whoever uses one validates it; here that is done where keywords depend on each other.
"""

from collections.abc import Iterable, Iterator
from functools import partial
from itertools import chain, islice
from typing import Any

from gate.openapi.schemas.folding import (
    TooWide,
    alternatives,
    flags_doubt,
    fold,
)
from gate.openapi.schemas.keywords import TYPES, types
from gate.openapi.schemas.merging import both, is_false
from gate.openapi.schemas.numbers import numbers
from gate.openapi.schemas.reading import Reading, Schema
from gate.openapi.schemas.references import referenced
from gate.openapi.schemas.relation import matches
from gate.openapi.schemas.strings import strings

_MAX_NESTING = 40
_LIMITS = (24, 6, 2, 1)  # values at the top, one level deeper, and so on
_MAX_TRIES = 150  # where one may not be valid
_MAX_PROPERTIES = 60  # of a writer's schema, each shown once
MAX_ITEMS = 10_001
_MAX_FIELDS = 500  # that only their number asks for
_CROSSING = frozenset(  # keywords that fields and items meet together, not alone
    ("dependentSchemas", "unevaluatedProperties", "unevaluatedItems", "maxProperties")
) | {"contains", "patternProperties"}
_APART = ("if", "then", "else", "allOf", "dependentSchemas")
_OF_OBJECTS = frozenset(
    ("properties", "required", "additionalProperties", "minProperties")
)
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
    values = by_turns([_flat(reading, flat, nesting) for flat in choices])
    if doubtful(reading, schema, choices):
        tried = islice(distinct(values), _MAX_TRIES)
        values = (v for v in tried if reading.accepts(schema, v) is not False)
    limit = max(limit, min(len(choices), 2 * limit))  # each alternative has its turn
    found = list(islice(distinct(values), limit))
    if key[0]:
        reading.found[key] = found
    return found


def doubtful(reading: Reading, schema: Schema, choices: list[Schema]) -> bool:
    """Whether what is made of the flat `choices` may be no value of `schema`."""
    return "oneOf" in fold(reading, schema) or any(map(_doubtful, choices))


def _doubtful(flat: Schema) -> bool:
    if "enum" in flat:  # which is taken as it is, whatever is asked besides
        kinds = len({type(value) for value in flat["enum"]})
        return kinds > 1 or not flat.keys() <= {"enum", "type"}
    return flags_doubt(flat) or not _CROSSING.isdisjoint(flat)


def by_turns(streams: list[Iterator[Any]]) -> Iterator[Any]:
    """One value of each stream, then the next of each."""
    while streams:
        waiting, streams = streams, []
        for stream in waiting:
            for value in stream:
                yield value
                streams.append(stream)
                break


def distinct(values: Iterable[Any]) -> Iterator[Any]:
    """The values, each once; 1 and 1.0 are two, as they are written."""
    known: set[str] = set()
    for value in values:
        text = repr(value)
        if text not in known:
            known.add(text)
            yield value


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
    yield from by_turns([_typed(reading, flat, nesting, kind) for kind in kinds])


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
    cases = [flat, *_cases(reading, flat)]
    yield from by_turns([_objects(reading, case, nesting, asked) for case in cases])


def _cases(reading: Reading, flat: Schema) -> Iterator[Schema]:
    """The flat schema with one of its conditions met, and with none of them met."""
    depending = flat.get("dependentSchemas", {}).values()
    branches = [fold(reading, b) for b in (*flat.get("allOf", ()), *depending)]
    held = [flat, *branches]
    conditions = [each for each in held if "if" in each]
    if not branches and not conditions:
        return
    plain = Schema({k: v for k, v in flat.items() if k not in _APART}, flat.pointer)
    for branch in branches:
        kept = {k: v for k, v in branch.items() if k in _OF_OBJECTS}
        plain = both(plain, Schema(kept, branch.pointer))
    otherwise = plain
    for each in conditions:
        met = both(plain, fold(reading, each["if"]))
        yield both(met, fold(reading, each.get("then", Schema({}, ""))))
        otherwise = both(otherwise, fold(reading, each.get("else", Schema({}, ""))))
    yield otherwise


def _objects(
    reading: Reading, flat: Schema, nesting: int, asked: str
) -> Iterator[dict[str, Any]]:
    properties: dict[str, Schema] = flat.get("properties", {})
    least = _Object(reading, flat, nesting, asked)
    if not least.complete():
        return
    yield least.fields
    other = flat.get("additionalProperties")
    names = least.spare_names() if other or "patternProperties" in flat else ()
    for named in islice(names, 1):  # a map: show an entry of it
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
        names = chain(flat.get("properties", {}), self.spare_names())
        while len(self.fields) + bool(self._asked) < flat.get("minProperties", 0):
            name = next(names, None)
            if name is None:
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

    def spare_names(self) -> Iterator[str]:
        """Names of fields that are not declared, as patterns and `propertyNames` ask."""
        flat = self._flat
        patterns = [{"pattern": p} for p in flat.get("patternProperties", ())][:1]
        asked = [flat["propertyNames"]] if flat.get("propertyNames") else []
        known = {*flat.get("properties", ()), *self.fields}
        keys = chain(("key",), (f"key{i}" for i in range(2 * _MAX_FIELDS)))
        names: Iterable[str] = keys
        if patterns or asked:
            parts = [Schema(p, flat.pointer) for p in patterns] + asked
            named = Schema({"type": "string", "allOf": parts}, flat.pointer)
            found = samples(self._reading, named)
            longer = (f"{name}{i}" for i in range(_MAX_FIELDS) for name in found[:4])
            fits = partial(self._reading.accepts, named)
            names = chain(found, filter(fits, longer), () if asked else keys)
        yield from (name for name in distinct(names) if name not in known)

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
