"""Small values of a schema: likely, not guaranteed, to be valid.

Whoever uses one validates it first.
"""

import math
from collections.abc import Iterator
from itertools import islice
from typing import Any

from gate.openapi.folding import TooWide, alternatives, types
from gate.openapi.schemas import TYPES, Reading, Schema, referenced

_MAX_NESTING = 12
_MAX_VALUES = 24
_MAX_LENGTH = 10_000
_FORMATS = {
    "date": "2024-02-29",
    "date-time": "2024-02-29T12:00:00Z",
    "time": "12:00:00Z",
    "duration": "P1D",
    "email": "a@example.com",
    "hostname": "example.com",
    "ipv4": "192.0.2.1",
    "ipv6": "2001:db8::1",
    "uri": "https://example.com/",
    "uri-reference": "/a",
    "uuid": "00000000-0000-4000-8000-000000000000",
    "json-pointer": "/a",
    "regex": "a",
}
_STRINGS: tuple[str, ...] = (
    *("a", "", "A", "0", "a b", "é", "-", "_", "aa", "a0", "A0", "/", ".", "1.5"),
    *("abc", "ABC", "123", "true"),
)

Step = tuple[str, ...]


def samples(reading: Reading, schema: Schema, nesting: int = 0) -> list[Any]:
    """Some values of `schema`, the smallest first; [] when none is found.

    Up to 24 at the top and fewer the deeper they lie, so that the work stays small.
    """
    if nesting > _MAX_NESTING:
        return []
    limit = (_MAX_VALUES, 6, 2, 1)[min(nesting, 3)]
    name = referenced(schema)
    if name and limit == 1 and name in reading.smallest:
        return reading.smallest[name]
    if name and limit == 1:
        reading.smallest[name] = []  # a component that needs itself has no value
    try:
        choices = alternatives(reading, schema)
    except TooWide:
        return []
    choices.sort(key=lambda flat: "object" in flat.get("type", "object"))
    streams = [_flat(reading, flat, nesting) for flat in choices]
    found: list[Any] = []
    while streams and len(found) < limit:
        streams = [s for s in streams if len(found) < limit and _take(s, found)]
    if name and limit == 1:
        reading.smallest[name] = found
    return found


def embed(
    reading: Reading, schema: Schema, steps: tuple[Step, ...], value: Any
) -> list[Any]:
    """Values of `schema` that hold `value` at the place that `steps` lead to."""
    if not steps:
        return [value]
    (kind, *names), rest = steps[0], steps[1:]
    found: list[Any] = []
    try:
        choices = alternatives(reading, schema)
    except TooWide:
        return []
    for flat in choices:
        if kind == "items" and "items" in flat:
            length = max(1, min(flat.get("minItems", 1), 20))
            inners = embed(reading, flat["items"], rest, value)
            found.extend([inner] * length for inner in inners)
        elif kind == "property":
            member = flat.get("properties", {}).get(names[0])
            member = flat.get("additionalProperties") if member is None else member
            bases = islice(_objects(reading, flat, 1), 1)
            if member is not None:
                inners = embed(reading, member, rest, value)
                found += [{**base, names[0]: i} for base in bases for i in inners]
    return found[:8]


def _take(stream: Iterator[Any], found: list[Any]) -> bool:
    for value in stream:
        if not any(_same(value, other) for other in found):
            found.append(value)
        return True
    return False


def _same(left: Any, right: Any) -> bool:
    return type(left) is type(right) and bool(left == right)


def _flat(reading: Reading, flat: Schema, nesting: int) -> Iterator[Any]:
    if "const" in flat:
        yield flat["const"]
        return
    if "enum" in flat:
        yield from flat["enum"]
        return
    for kind in sorted(types(flat.get("type", TYPES[:-1])), key=_size):
        match kind:
            case "null":
                yield None
            case "boolean":
                yield from (False, True)
            case "integer" | "number":
                yield from _numbers(flat, kind)
            case "string":
                yield from _strings(flat)
            case "array":
                yield from _arrays(reading, flat, nesting)
            case _:
                yield from _objects(reading, flat, nesting)


def _size(kind: str) -> int:
    return ("boolean", "integer", "number", "string", "object", "array", "null").index(
        kind
    )


def _numbers(flat: Schema, kind: str) -> Iterator[Any]:
    low = flat.get("minimum", flat.get("exclusiveMinimum"))
    high = flat.get("maximum", flat.get("exclusiveMaximum"))
    unit = flat.get("multipleOf", 1)
    edges: list[Any] = [0, 1]
    if low is not None:
        edges = [low, low + 1, low + unit, math.ceil(low / unit) * unit]
    elif high is not None:
        edges = [high, high - 1, high - unit, math.floor(high / unit) * unit]
    edges += [unit, 0, 1, -1, 2, 10**9] + ([high] if high is not None else [])
    if kind == "number":
        edges += [0.5, edges[0] + 0.5]
        yield from edges
        return
    yield from (
        int(edge) for edge in edges if not isinstance(edge, float) or edge.is_integer()
    )


def _strings(flat: Schema) -> Iterator[str]:
    least, most = flat.get("minLength", 0), flat.get("maxLength")
    if least > _MAX_LENGTH:
        return
    if flat.get("format") in _FORMATS:
        yield _FORMATS[flat["format"]]
    for text in _STRINGS:
        long = text + (text or "a")[-1] * max(0, least - len(text))
        if most is None or len(long) <= most:
            yield long
    if "format" not in flat:
        yield from (text for text in _FORMATS.values() if len(text) >= least)


def _arrays(reading: Reading, flat: Schema, nesting: int) -> Iterator[Any]:
    least = flat.get("minItems", 0)
    if least > 1000:
        return
    head = [samples(reading, item, nesting + 1) for item in flat.get("prefixItems", ())]
    if not all(head):
        return
    start = [values[0] for values in head]
    if least <= len(start):
        yield start[: max(least, len(start) if "prefixItems" in flat else 0)]
    more = samples(reading, flat.get("items", Schema({}, "")), nesting + 1)
    for value in more if nesting < 4 else more[:1]:
        yield [*start, *[value] * max(1, least - len(start))]
    if len(more) >= least - len(start) > 1:
        yield [*start, *more[: least - len(start)]]


def _objects(reading: Reading, flat: Schema, nesting: int) -> Iterator[Any]:
    properties: dict[str, Schema] = flat.get("properties", {})
    other = flat.get("additionalProperties", Schema({}, ""))
    smallest: dict[str, Any] = {}
    for name in flat.get("required", ()):
        values = samples(reading, properties.get(name, other), nesting + 1)
        if not values:
            return
        smallest[name] = values[0]
    spare = (f"key{i}" for i in range(min(flat.get("minProperties", 0), 1000)))
    while len(smallest) < flat.get("minProperties", 0):
        name = next((n for n in properties if n not in smallest), next(spare, None))
        if name is None:
            return
        values = samples(reading, properties.get(name, other), nesting + 1)
        if not values:
            return
        smallest[name] = values[0]
    yield smallest
    if flat.get("additionalProperties"):  # a map: show an entry of it
        for value in samples(reading, other, nesting + 1)[:8]:
            yield {**smallest, "key": value}
    for name in properties if nesting < 4 else ():
        for value in samples(reading, properties[name], nesting + 1)[:8]:
            yield {**smallest, name: value}
