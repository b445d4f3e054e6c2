"""Whether the same value is written differently: style, explode and content."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from gate.openapi.documents.media import Carried, is_json, schema_of
from gate.openapi.documents.operations import Part
from gate.openapi.schemas.folding import TooWide, alternatives
from gate.openapi.schemas.keywords import types
from gate.openapi.schemas.reading import Reading, Schema
from gate.openapi.schemas.samples import samples
from gate.openapi.schemas.texts import compact
from gate.openapi.traffic.styles import Style, Unwritable, spelled, style_of

_TRIED = 12
_PROBES: dict[str, Any] = {
    "array": ["a", "b"],
    "object": {"a": "b", "c": "d"},
    "string": "a",
    "number": 1,
    "integer": 1,
    "boolean": True,
}


@dataclass(frozen=True, slots=True)
class Way:
    """How a parameter, header or form field is written; *media* "" without content."""

    style: Style
    media: str = ""

    def __str__(self) -> str:
        """As documents say it."""
        return self.media or str(self.style)

    def write(self, value: Any) -> str | None:
        """The text of a value, all of it percent-encoded; None where there is none."""
        try:
            sent = compact(value) if is_json(self.media) else value
            return spelled(replace(self.style, reserved=False), "x", sent)
        except Unwritable:
            return None


def way_of(part: Part, place: str) -> Way:
    """How a parameter or header object says that it is written."""
    return Way(style_of(part.value, place), schema_of(part).media)


def written_differently(
    reading: Reading, carried: Carried, before: Way, after: Way
) -> tuple[Any, ...] | None:
    """(a value) that the two ways write differently; None where no value is.

    () when it is known of the kind of value only.
    """
    if before == after:
        return None
    tried = 0
    for value in valid_values(reading, carried):
        was, now = before.write(value), after.write(value)
        tried += was is not None
        if was is not None and was != now:
            return (value,)
    kinds = _kinds(reading, carried)
    if tried and not {"array", "object"} & set(kinds):
        return None
    probes = [_PROBES[kind] for kind in kinds if kind in _PROBES]
    return () if any(before.write(v) != after.write(v) for v in probes) else None


def valid_values(reading: Reading, carried: Carried) -> Iterator[Any]:
    """Small values of a schema; arrays of two items and full objects among them."""
    schema = reading.schema(carried.schema, carried.pointer)
    found = samples(reading, schema)[:_TRIED]
    for flat in _flats(reading, schema):
        kinds = types(flat.get("type", ()))
        if "array" in kinds:
            fuller = {**flat, "type": "array", "minItems": 2}
        elif "object" in kinds:
            fuller = {**flat, "required": list(flat.get("properties", {}))}
        else:
            continue
        found += samples(reading, Schema(fuller, flat.pointer))[:_TRIED]
    return (value for value in found if reading.accepts(schema, value) is True)


def _flats(reading: Reading, schema: Schema) -> list[Schema]:
    try:
        return alternatives(reading, schema)
    except TooWide:
        return []


def _kinds(reading: Reading, carried: Carried) -> list[str]:
    flats = _flats(reading, reading.schema(carried.schema, carried.pointer))
    return [kind for flat in flats for kind in types(flat.get("type", list(_PROBES)))]
