"""Schemas as one direction of traffic sees them, in one dialect.

OpenAPI 3.0 spellings become JSON Schema 2020-12, annotations go, `readOnly`
properties leave requests and `writeOnly` ones leave answers. References stay, as
`#/$defs/<name>`, so that a component is compared once and not once per use.
"""

import json
import re
from typing import Any
from urllib.parse import quote, unquote

from gate.openapi.changes import Direction
from gate.openapi.documents.document import Document, Unresolvable, step
from gate.openapi.schemas.dialect import modern
from gate.openapi.schemas.discriminators import discriminator
from gate.openapi.schemas.keywords import (
    COUNTS,
    DATA,
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
from gate.openapi.schemas.references import (
    COMPONENTS,
    component,
    readable,
    referenced,
    references,
    token,
)
from gate.openapi.schemas.relation import Validator, usable, validator

_MAX_DEFINITIONS = 1500
_BOUNDS = {  # int64 is left out: nobody sends, and few can tell, more than that
    "int32": (-(2**31), 2**31 - 1),
}
_NUMBER_FORMATS = ("int32", "int64", "double")  # what is left out asks for nothing


class Schema(dict[str, Any]):
    """A normal schema, the pointer it was read from, and its component if it is one."""

    __slots__ = ("name", "pointer", "tags")

    def __init__(
        self,
        keywords: dict[str, Any],
        pointer: str,
        name: str = "",
        tags: tuple[str, ...] = (),
    ) -> None:
        super().__init__(keywords)
        self.pointer = pointer
        self.name = name
        self.tags = tags  # the discriminator's values that announce this alternative


class Reading:
    """The schemas of one document, read in one direction.

    With a `role`, "writer" or "reader", discriminators count: an alternative holds the
    values that announce it. The reader's `oneOf` is an `anyOf` in answers.
    """

    def __init__(
        self, document: Document, direction: Direction, *, role: str = ""
    ) -> None:
        self.document = document
        self.direction = direction
        self._role = role
        self._read: dict[str, tuple[Any, Schema]] = {}
        self._definitions: dict[str, Schema] = {}
        self._complete: dict[str, dict[str, Any]] = {}
        self._unreadable: set[str] = set()
        self._validators: dict[int, tuple[dict[str, Any], Validator | None]] = {}
        self.hints: dict[tuple[str, str], list[str]] = {}  # discriminators' values
        self.found: dict[tuple[str, int], list[Any]] = {}  # what `samples` found

    def schema(self, raw: Any, pointer: str) -> Schema:
        """The normal form of the schema object (or boolean) `raw`, worked out once."""
        known = self._read.get(pointer)
        if known is None or known[0] is not raw:
            known = self._read[pointer] = raw, self._schema(raw, pointer)
        return known[1]

    def _schema(
        self, raw: Any, pointer: str, dropped: frozenset[str] = frozenset()
    ) -> Schema:
        """`dropped` are properties that a schema around it flags as one-way."""
        if raw is True:
            return Schema({}, pointer)
        if raw is False:
            return Schema({"not": {}}, pointer)
        if not isinstance(raw, dict):
            return Schema({UNUSABLE: {"schema": repr(raw)[:200]}}, pointer)
        null = False
        if self.document.is_3_0:
            raw, null = modern(raw)
        dropped |= self._one_way(raw, frozenset())
        found: dict[str, Any] = {}
        for keyword, value in raw.items():
            self._keyword(found, keyword, value, pointer, dropped)
        _bound_numbers(found)
        if "discriminator" in raw:
            found |= self._discriminated(raw)
        if raw.get(EXTENSIBLE) is True:
            found[EXTENSIBLE] = True
        notes = {k: raw[k] for k in NOTED if k in raw}
        if null and found:
            inner = Schema(found, pointer)
            absent = Schema({"type": "null", PERHAPS: True}, pointer)
            found = {"anyOf": [inner, absent]}
        if notes:
            found[NOTES] = notes
        return Schema(found, pointer)

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
        if not readable(schema):
            return None
        definitions: dict[str, Any] = {}
        waiting = list(references(schema))
        while waiting:
            name = waiting.pop()
            if name not in definitions:
                definitions[name] = self._completed(name)
                waiting.extend(references(self.definition(name)))
                if len(definitions) > _MAX_DEFINITIONS or name in self._unreadable:
                    return None
        own = dict(self._relaxed(schema))
        return {**own, "$defs": definitions} if definitions else own

    def accepts(self, schema: Schema, value: Any) -> bool | None:
        """Whether `value` is valid; None when that cannot be told."""
        held = self._validators.get(id(schema))
        if held is None:
            complete = self.whole(schema)
            judge = None if complete is None else validator(complete)
            held = self._validators[id(schema)] = schema, judge  # keeps the id taken
        return None if held[1] is None else held[1].is_valid(value)

    def unread(self, schema: Schema) -> str:
        """Why a part of the schema could not be read; "" when all could."""
        for keyword, value in schema.get(UNUSABLE, {}).items():
            if keyword == "$ref":
                known = self.document.unfollowed.get(str(value))
                return known or f"{value!s:.80} names nothing in the document"
            return f"its {keyword} cannot be read: {value!r:.80}"
        return ""

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
        told = discriminator(raw, component)
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
            found[keyword] = [
                self._schema(v, step(at, i), inner) for i, v in enumerate(value)
            ]
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
        strange = {k: v for k, v in value.items() if not is_schema(v)}
        if keyword == "patternProperties":
            strange |= {k: v for k, v in value.items() if not usable(k)}
        if strange:
            found.setdefault(UNUSABLE, {}).update(strange)
            return
        gone = dropped if keyword == "properties" else ()
        found[keyword] = {
            k: self._schema(v, step(at, k)) for k, v in value.items() if k not in gone
        }

    def _pattern(self, found: dict[str, Any], pattern: str) -> None:
        # `[\w-.]` is fine in ECMAScript; elsewhere its hyphen has to be escaped.
        for spelt in (pattern, re.sub(r"(\\[wdsWDS])-(?!\])", r"\1\\-", pattern)):
            if usable(spelt):
                found |= {} if says_nothing("pattern", spelt) else {"pattern": spelt}
                return
        found.setdefault(UNUSABLE, {})["pattern"] = pattern

    def _one_way(self, raw: dict[str, Any], seen: frozenset[str]) -> frozenset[str]:
        """The properties that this direction does not carry, those of `allOf` too."""
        properties, branches = raw.get("properties"), raw.get("allOf")
        found = {
            name
            for name, value in (
                properties.items() if isinstance(properties, dict) else ()
            )
            if self._flagged(value)
        }
        for branch in branches if isinstance(branches, list) else ():
            if not isinstance(branch, dict):
                continue
            try:
                inner, at = self.document.follow(branch, "")
            except Unresolvable:
                continue
            if at not in seen or not at:
                found |= self._one_way(inner, seen | {at})
        return frozenset(found)

    def _flagged(self, raw: Any) -> bool:
        flag = "readOnly" if self.direction is Direction.REQUEST else "writeOnly"
        if not isinstance(raw, dict):
            return False
        if raw.get(flag) is True and not (self.document.is_3_0 and "$ref" in raw):
            return True
        if "$ref" not in raw:
            return False
        try:
            return self.document.follow(raw, "")[0].get(flag) is True
        except Unresolvable:
            return False


def _put(
    found: dict[str, Any], keyword: str, value: Any, dropped: frozenset[str]
) -> None:
    """Write a keyword down; `const` is an `enum` of one, counts are whole numbers."""
    if keyword == "required":
        value = [name for name in value if name not in dropped]
    if says_nothing(keyword, value):
        return
    if keyword == "const":
        found["enum"] = [v for v in found.get("enum", [value]) if same(v, value)]
    elif keyword == "enum" and "enum" in found:
        found["enum"] = [v for v in found["enum"] if any(same(v, w) for w in value)]
    else:
        found[keyword] = int(value) if keyword in COUNTS else value


def same(left: Any, right: Any) -> bool:
    """Whether two JSON values are equal: 1 is 1.0, and neither is true."""
    if isinstance(left, bool) or isinstance(right, bool):
        return left is right
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(same, left, right))
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(
            same(left[k], right[k]) for k in left
        )
    return bool(left == right)


def key(value: Any) -> Any:
    """Something hashable that is the same for values that are the same."""
    if isinstance(value, bool) or value is None:
        return str(value), None
    if isinstance(value, list | dict):
        return "", json.dumps(value, sort_keys=True)
    return type(value) is str, value


def _bound_numbers(found: dict[str, Any]) -> None:
    kinds = found.get("type", ())
    kinds = [kinds] if isinstance(kinds, str) else kinds
    if not {"integer", "number"} & set(kinds) or "string" in kinds:
        return
    if found.get("format") in _NUMBER_FORMATS:
        low, high = _BOUNDS.get(found.pop("format"), (None, None))
        if low is not None and high is not None:
            found["minimum"] = max(found.get("minimum", low), low)
            found["maximum"] = min(found.get("maximum", high), high)


def exact(schema: Any, *, loosely: bool, surely: bool) -> Any:
    """A copy in which discriminators are spelt out.

    `loosely`, `oneOf` is `anyOf`; `surely`, only what all read out of the document is
    admitted.
    """
    how = {"loosely": loosely, "surely": surely}
    if isinstance(schema, list):
        kept = (
            i for i in schema if not (surely and isinstance(i, dict) and PERHAPS in i)
        )
        return [exact(item, **how) for item in kept]
    if not isinstance(schema, dict):
        return schema
    copy: dict[str, Any] = {}
    for keyword, value in schema.items():
        if keyword in NAMED:
            copy[keyword] = {n: exact(v, **how) for n, v in value.items()}
        elif keyword not in DATA:
            copy[keyword] = exact(value, **how)
        elif keyword not in (DISCRIMINATOR, NOTES):
            copy[keyword] = value
    for keyword in ("oneOf", "anyOf") if DISCRIMINATOR in schema else ():
        if keyword in copy:
            copy[keyword] = [_tagged(b, schema[DISCRIMINATOR]) for b in copy[keyword]]
    if loosely and "oneOf" in copy:
        copy["allOf"] = [*copy.get("allOf", ()), {"anyOf": copy.pop("oneOf")}]
    return copy


def _tagged(branch: dict[str, Any], told: dict[str, Any]) -> dict[str, Any]:
    condition = announced(referenced(branch), told)
    return {"allOf": [branch, condition]} if condition else branch


def announced(name: str, told: dict[str, Any]) -> dict[str, Any]:
    """What a discriminator asks of the alternative that is the component `name`."""
    values = [tag for tag, target in told["tags"].items() if name and target == name]
    if not values:
        return {}
    property_ = told["property"]
    return {"required": [property_], "properties": {property_: {"enum": values}}}
