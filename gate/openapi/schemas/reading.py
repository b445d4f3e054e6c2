"""Schemas as one direction of traffic sees them, in one dialect.

OpenAPI 3.0 spellings become JSON Schema 2020-12, annotations go, `readOnly`
properties leave requests and `writeOnly` ones leave answers. References stay, as
`#/$defs/<name>`, so that a component is compared once and not once per use.
"""

import re
from collections.abc import Iterator
from heapq import heapify, heappop, heappush
from math import inf
from typing import Any
from urllib.parse import quote, unquote

from gate.openapi.changes import Direction
from gate.openapi.documents.document import Document, Unresolvable, step
from gate.openapi.schemas.dialect import meant, modern
from gate.openapi.schemas.discriminators import discriminator
from gate.openapi.schemas.doubt import settled, steady
from gate.openapi.schemas.equality import equal
from gate.openapi.schemas.exact import exact
from gate.openapi.schemas.keywords import (
    COUNTS,
    DISCRIMINATOR,
    EXTENSIBLE,
    KNOWN,
    MANY,
    NAMED,
    NOTED,
    NOTES,
    ONE,
    PERHAPS,
    SHAPES,
    UNUSABLE,
    is_schema,
    says_nothing,
)
from gate.openapi.schemas.number_formats import bound_numbers
from gate.openapi.schemas.one_way import one_way
from gate.openapi.schemas.references import (
    COMPONENTS,
    component,
    depth_of,
    mentions,
    objects,
    readable,
    token,
)
from gate.openapi.schemas.relation import Validator, admits, usable, validator

_MAX_DEFINITIONS = 1500
_UNSEEN: dict[str, Any] = {}  # a definition that the value at hand does not come to
_WHOLE = -1  # for values of any depth

_Judge = tuple[dict[str, Any], Validator | None, tuple[bool, ...]]
"""A schema, what judges its values, and which of its verdicts are sure."""


class Schema(dict[str, Any]):
    """A normal schema, the pointer it was read from, and its component if it is one."""

    __slots__ = ("name", "pointer", "tags")

    def __init__(
        self,
        keywords: dict[str, Any],
        pointer: str,
        name: str = "",
        tags: tuple[tuple[str, str], ...] = (),
    ) -> None:
        super().__init__(keywords)
        self.pointer = pointer
        self.name = name
        self.tags = tags  # the discriminator and its values that announce this one


class Reading:
    """The schemas of one document, read in one direction.

    With a `role`, "writer" or "reader", discriminators count: an alternative holds the
    values that announce it. The reader's `oneOf` is an `anyOf` in answers.

    A property that one part of an `allOf` flags as one-way is so in the others too
    (JSON Schema validation, section 9.4), or, read `apart`, not where they declare it.
    """

    def __init__(
        self,
        document: Document,
        direction: Direction,
        *,
        role: str = "",
        apart: bool = False,
    ) -> None:
        self.document = document
        self.direction = direction
        self._role, self._apart = role, apart
        self._other: Reading | None = None  # the one `apart`, where it differs
        self._read: dict[str, tuple[Any, Schema]] = {}
        self._definitions: dict[str, Schema] = {}
        self._complete: dict[str, dict[str, Any]] = {}
        self._unreadable: set[str] = set()
        self._mentions: dict[str, list[tuple[str, int]]] = {}
        self._validators: dict[tuple[int, int], _Judge] = {}  # by depth of values
        self.hints: dict[tuple[str, str], list[str]] = {}  # discriminators' values
        self.found: dict[tuple[str, int], list[Any]] = {}  # what `samples` found
        self.folded: dict[int, tuple[Schema, Schema]] = {}  # what `fold` made, by id
        self.cuts = 0  # how often `fold` left out a schema that is a part of itself

    def schema(self, raw: Any, pointer: str) -> Schema:
        """The normal form of the schema object (or boolean) `raw`, worked out once."""
        known = self._read.get(pointer)
        if known is None or known[0] is not raw:
            known = self._read[pointer] = raw, self._schema(raw, pointer)
        return known[1]

    def computed(self, raw: dict[str, Any], pointer: str) -> Schema:
        """The normal form of a schema that is not the document's; nothing is kept."""
        return self._schema(raw, pointer)

    def _schema(
        self, raw: Any, pointer: str, dropped: frozenset[str] = frozenset()
    ) -> Schema:
        """`dropped` are properties that a schema around it flags as one-way."""
        if raw is None or isinstance(raw, bool):
            return Schema({"not": {}} if raw is False else {}, pointer)
        if not isinstance(raw, dict):
            return Schema({UNUSABLE: {"schema": repr(raw)[:200]}}, pointer)
        null = ""
        if self.document.is_3_0:
            raw, null = modern(raw)
        dropped = self._dropped(raw, dropped)
        found: dict[str, Any] = {}
        for keyword, written in raw.items():
            value = meant(keyword, written)
            if value is not None or keyword == "const":  # an empty member says nothing
                self._keyword(found, keyword, value, pointer, dropped)
        bound_numbers(found)
        if "discriminator" in raw:
            found |= self._discriminated(raw)
        if raw.get(EXTENSIBLE) is True:
            found[EXTENSIBLE] = True
        notes = {k: raw[k] for k in NOTED if k in raw}
        if null and found:
            inner = Schema(found, pointer)
            absent = Schema({"type": "null", PERHAPS: null}, pointer)
            found = {"anyOf": [inner, absent]}
        if notes:
            found[NOTES] = notes
        return Schema(found, pointer)

    def _dropped(self, raw: dict[str, Any], above: frozenset[str]) -> frozenset[str]:
        """The one-way properties of `raw`, and those that a schema `above` flags."""
        own = one_way(self.document, self.direction, raw)
        declared = raw.get("properties")
        both = (above - own).intersection(
            declared if isinstance(declared, dict) else ()
        )
        if self._apart:
            return own | (above - both)
        if both and self._other is None:
            how = self.document, self.direction
            self._other = Reading(*how, role=self._role, apart=True)
        return own | above

    def definition(self, name: str) -> Schema:
        """The component (or other referenced schema) called `name` in `$defs`."""
        if name not in self._definitions:
            reference = name if name.startswith("#") else COMPONENTS + quote(name)
            try:
                found = self.schema(self.document.at(reference), unquote(reference[1:]))
            except Unresolvable:
                found = Schema({UNUSABLE: {"$ref": name}}, unquote(reference[1:]))
            found.name = name
            self._definitions[name] = found
            if not readable(found):
                self._unreadable.add(name)
        return self._definitions[name]

    def whole(self, schema: dict[str, Any]) -> dict[str, Any] | None:
        """`schema` with the definitions it needs.

        None when they are too many, and when a part of them is unusable, since what
        a schema admits is not known then.
        """
        needed = self._needed(schema) if readable(schema) else None
        return None if needed is None else self._joined(needed)

    def _joined(self, needed: dict[str, Any]) -> dict[str, Any] | None:
        if any(n in self._unreadable and p is not _UNSEEN for n, p in needed.items()):
            return None
        own = dict(needed[""])
        defs = {name: part for name, part in needed.items() if name}
        return {**own, "$defs": defs} if defs else own

    def _needed(
        self, schema: dict[str, Any], depth: float = inf
    ) -> dict[str, Any] | None:
        """`schema`, called "", and the definitions it needs; None if too many.

        What no value of this depth can come to stays unseen.
        """
        found = {"": self._relaxed(schema)}
        waiting = [(far, name) for name, far in mentions(schema)]
        heapify(waiting)
        while waiting:
            far, name = heappop(waiting)
            if name in found:
                continue
            found[name] = _UNSEEN
            if far <= depth:
                found[name] = self._completed(name)
                for inner, more in self._mentioned(name):
                    if inner not in found:
                        heappush(waiting, (far + more, inner))
            if len(found) > _MAX_DEFINITIONS:
                return None
        return found

    def _mentioned(self, name: str) -> list[tuple[str, int]]:
        if name not in self._mentions:
            self._mentions[name] = list(mentions(self.definition(name)))
        return self._mentions[name]

    def accepts(self, schema: Schema, value: Any) -> bool | None:
        """Whether `value` is valid; None when that cannot be told."""
        found = self._accepts(schema, value)
        known = self._read.get(schema.pointer)
        if self._other is None or known is None or known[1] != schema:
            return found
        again = self._other.schema(known[0], schema.pointer)
        return found if self._other.accepts(again, value) is found else None

    def _accepts(self, schema: Schema, value: Any) -> bool | None:
        # The schema is kept so that its id stays taken.
        depth = 1 << max(0, depth_of(value) - 1).bit_length()  # few are compiled, then
        held = self._validators.get((id(schema), _WHOLE))
        held = held or self._validators.get((id(schema), depth))
        if held is None:
            parts = self._needed(schema, depth)
            cut = any(part is _UNSEEN for part in (parts or {}).values())
            held = self._judge(schema, parts)
            self._validators[id(schema), depth if cut else _WHOLE] = held
        _, judge, sure = held
        found = None if judge is None else admits(judge, value)
        return found if found in sure else None

    def _judge(self, schema: Schema, parts: dict[str, Any] | None) -> "_Judge":
        complete = self._joined(parts) if parts and readable(schema) else None
        if complete is not None:
            return schema, validator(complete), (True, False)
        if not self._role:
            return schema, None, ()
        widest = self._role == "reader"
        if parts is None or not steady(parts.values()):
            return schema, None, ()
        near = {n: settled(part, widest=widest) for n, part in parts.items()}
        own = near.pop("")
        return schema, validator({**own, "$defs": near}), (not widest,)

    def unread(self, schema: dict[str, Any]) -> str:
        """Why a part of the schema could not be read; "" when all could."""
        for here in self._parts(schema):
            for keyword, value in here.get(UNUSABLE, {}).items():
                if keyword == "$ref":
                    known = self.document.unfollowed.get(str(value))
                    return known or f"{value!s:.80} names nothing in the document"
                return f"its {keyword} cannot be read: {value!r:.80}"
        return ""

    def _parts(self, schema: dict[str, Any]) -> Iterator[dict[str, Any]]:
        """All schemas in `schema` and in what it refers to."""
        for part in (self._needed(schema) or {"": schema}).values():
            yield from objects(part)

    def _completed(self, name: str) -> dict[str, Any]:
        if name not in self._complete:
            self._complete[name] = self._relaxed(self.definition(name))
        return self._complete[name]

    def _relaxed(self, schema: Any) -> Any:
        if not self._role:
            return schema
        answers = self._role == "reader" and self.direction is Direction.RESPONSE
        return exact(schema, loosely=answers, surely=self._role == "writer")

    def _discriminated(self, raw: dict[str, Any]) -> dict[str, Any]:
        told = discriminator(raw)
        if told is None:
            return {}
        for tag, name in told["tags"].items():
            at = unquote((name if name.startswith("#") else COMPONENTS + name)[1:])
            self.hints.setdefault((at, told["property"]), []).append(tag)
        return {DISCRIMINATOR: told}

    def _keyword(
        self,
        found: dict[str, Any],
        keyword: str,
        value: Any,
        pointer: str,
        dropped: frozenset[str],
    ) -> None:
        at = step(pointer, keyword)
        if keyword == "$ref" and isinstance(value, str) and value.startswith("#"):
            found["$ref"] = "#/$defs/" + token(component(value))
        elif keyword in ONE and is_schema(value):
            found[keyword] = self._schema(value, at)
        elif keyword in MANY and isinstance(value, list) and value:
            inner = dropped if keyword == "allOf" else frozenset[str]()
            parts = [(step(at, i), v) for i, v in enumerate(value) if v is not None]
            if keyword == "allOf":  # what is asked twice is asked once
                parts = [
                    p
                    for i, p in enumerate(parts)
                    if not any(equal(p[1], q) for _, q in parts[:i])
                ]
            if parts:
                found[keyword] = [self._schema(v, place, inner) for place, v in parts]
        elif keyword in NAMED and isinstance(value, dict):
            self._named(found, keyword, value, at, dropped)
        elif keyword == "pattern" and isinstance(value, str):
            self._pattern(found, value)
        elif keyword in SHAPES and SHAPES[keyword](value):
            _put(found, keyword, value, dropped)
        elif keyword in KNOWN:
            found.setdefault(UNUSABLE, {})[keyword] = value

    def _named(
        self,
        found: dict[str, Any],
        keyword: str,
        value: dict[str, Any],
        at: str,
        dropped: frozenset[str],
    ) -> None:
        strange = {}
        if keyword == "patternProperties":
            strange = {k: v for k, v in value.items() if not usable(k)}
        elif isinstance(value.get("$ref"), str):  # a map of names cannot be referred to
            strange = {"$ref": value["$ref"]}
        if strange:
            found.setdefault(UNUSABLE, {}).update(strange)
        gone = dropped if keyword == "properties" else ()
        found[keyword] = {
            k: self._schema(v, step(at, k))
            for k, v in value.items()
            if k not in gone and k not in strange
        }

    def _pattern(self, found: dict[str, Any], pattern: str) -> None:
        # `[\w-.]` is fine in ECMAScript; elsewhere its hyphen has to be escaped.
        for spelt in (pattern, re.sub(r"(\\[wdsWDS])-(?!\])", r"\1\\-", pattern)):
            if usable(spelt):
                found |= {} if says_nothing("pattern", spelt) else {"pattern": spelt}
                return
        found.setdefault(UNUSABLE, {})["pattern"] = pattern


def _put(
    found: dict[str, Any], keyword: str, value: Any, dropped: frozenset[str]
) -> None:
    """Write a keyword down; `const` is an `enum` of one, counts are whole numbers."""
    if keyword == "required":
        value = [name for name in value if name not in dropped]
    if says_nothing(keyword, value):
        return
    if keyword == "const":
        found["enum"] = shared(found.get("enum", [value]), [value])
    elif keyword == "enum" and "enum" in found:
        found["enum"] = shared(found["enum"], value)
    else:
        found[keyword] = int(value) if keyword in COUNTS else value


def key(value: Any) -> Any:
    """Something hashable, the same for equal JSON values: 1 is 1.0, neither is true."""
    if isinstance(value, bool) or value is None:
        return str(value), None
    if isinstance(value, list):
        return "[]", tuple(map(key, value))
    if isinstance(value, dict):
        return "{}", frozenset((name, key(item)) for name, item in value.items())
    return type(value) is str, value


def shared(left: Any, right: Any) -> list[Any]:
    """The values of one list that are in the other too."""
    taken = {key(value) for value in right}
    return [value for value in left if key(value) in taken]
