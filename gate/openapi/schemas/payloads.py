"""A value at its place in a payload, and the payload as small as it gets."""

from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any

from gate.openapi.schemas.folding import TooWide, alternatives
from gate.openapi.schemas.reading import Reading, Schema
from gate.openapi.schemas.samples import (
    MAX_ITEMS,
    by_turns,
    distinct,
    doubtful,
    objects,
    samples,
)

Step = tuple[str, ...]

_BASES = 3
_MANY_BASES = 12  # where some may not be valid
_FOUND = 8
_TRIED = 60
_SHRINKS = 60


def embed(
    reading: Reading, schema: Schema, steps: tuple[Step, ...], value: Any
) -> list[Any]:
    """Values of `schema` that hold `value` at the place that `steps` lead to.

    They are likely to be valid, the smallest first; whoever uses one validates it.
    """
    if not steps:
        return [value]
    try:
        choices = alternatives(reading, schema)
    except TooWide:
        return []
    here, rest = steps[0], steps[1:]
    unsure = doubtful(reading, schema, choices)
    bases = _MANY_BASES if unsure else _BASES
    held = [_held(reading, flat, here, rest, value, bases) for flat in choices]
    values = distinct(by_turns(held))
    if unsure:
        tried = islice(values, _TRIED)
        values = (v for v in tried if reading.accepts(schema, v) is not False)
    return list(islice(values, max(_FOUND, min(len(choices), 2 * _FOUND))))


def _held(
    reading: Reading,
    flat: Schema,
    here: Step,
    rest: tuple[Step, ...],
    value: Any,
    bases: int,
) -> Iterator[Any]:
    match here:
        case ("items",) | ("item", _) if _may_be(flat, "array"):
            yield from _lists(reading, flat, here, rest, value)
        case ("property", name, *_) if _may_be(flat, "object"):
            free = flat.get("additionalProperties", Schema({}, ""))
            member = flat.get("properties", {}).get(name)
            if member is None:
                member = next(iter(flat.get("patternProperties", {}).values()), free)
            inners = embed(reading, member, rest, value)
            for base in islice(objects(reading, flat, 0, name), bases):
                yield from ({**base, name: inner} for inner in inners)
        case ("name",) if _may_be(flat, "object"):
            free = flat.get("additionalProperties", Schema({}, ""))
            member = next(iter(flat.get("patternProperties", {}).values()), free)
            for base in islice(objects(reading, flat, 0), bases):
                held = samples(reading, member, 1)[:2]
                yield from ({**base, value: v} for v in held if isinstance(value, str))


def _lists(
    reading: Reading, flat: Schema, here: Step, rest: tuple[Step, ...], value: Any
) -> Iterator[Any]:
    start = flat.get("prefixItems", [])
    index = int(here[1]) if here[0] == "item" else len(start)
    open_item = flat.get("items", Schema({}, ""))
    before = [
        samples(reading, start[i] if i < len(start) else open_item, 1)
        for i in range(index)
    ]
    item = start[index] if index < len(start) else open_item
    if not all(before):
        return
    head = [values[0] for values in before]
    if flat.get("minItems", 0) > MAX_ITEMS:
        return
    missing = max(0, flat.get("minItems", 0) - index - 1)
    others = samples(reading, open_item, 0) if missing else []
    tail = [
        samples(reading, start[i], 0) if i < len(start) else others
        for i in range(index + 1, index + 1 + missing)
    ]
    for inner in embed(reading, item, rest, value):
        if not missing:
            yield [*head, inner]
            if flat.get("maxItems", 2) > index + 1:
                yield from ([*head, inner, v] for v in samples(reading, item, 1)[:4])
            continue
        yield [*head, inner, *[inner] * missing]
        if all(tail):
            yield [*head, inner, *[v[i % len(v)] for i, v in enumerate(tail)]]


def _may_be(flat: Schema, kind: str) -> bool:
    listed = flat.get("type", kind)
    return bool(kind == listed or kind in listed)


def shrunk(value: Any, path: tuple[Step, ...], holds: Callable[[Any], bool]) -> Any:
    """`value` without what `holds` does not need; what lies on `path` is kept.

    A bounded number of tries, so the result is small rather than the smallest.
    """
    tries = 0
    smaller = True
    while smaller:
        smaller = False
        for candidate in _smaller(value, path):
            tries += 1
            if tries > _SHRINKS:
                return value
            if holds(candidate):
                value, smaller = candidate, True
                break
    return value


def _smaller(value: Any, path: tuple[Step, ...] | None) -> Iterator[Any]:
    """The value with one part fewer; `path` is None beside the place to keep."""
    on_path = path is not None
    here = path[0] if path else None
    if isinstance(value, dict):
        kept = here[1] if here is not None and here[0] == "property" else None
        for name in value if (here is not None or not on_path) else ():
            if name != kept and not (here is not None and here[0] == "name"):
                yield {k: v for k, v in value.items() if k != name}
        for name, inner in value.items():
            rest = path[1:] if path and name == kept else None
            if here is None and on_path:
                continue
            yield from ({**value, name: s} for s in _smaller(inner, rest))
    elif (
        isinstance(value, list) and len(value) > 1 and (here is not None or not on_path)
    ):
        yield value[:1]
        yield value[:-1]
