"""Schemas as one direction of traffic sees them, in one dialect.

OpenAPI 3.0 spellings become JSON Schema 2020-12, annotations go, `readOnly`
properties leave requests and `writeOnly` ones leave answers. References stay, as
`#/$defs/<name>`, so that a component is compared once and not once per use.
"""

from collections.abc import Callable, Iterator
from enum import StrEnum
from typing import Any
from urllib.parse import quote, unquote

from gate.openapi.documents import Document, Unresolvable, step
from gate.openapi.relation import Validator, usable, validator

UNUSABLE = "x-unusable"
_COMPONENTS = "#/components/schemas/"
_MAX_DEFINITIONS = 400
TYPES = ("object", "array", "string", "number", "integer", "boolean", "null")
_INT32 = 2**31  # int64 is left out: nobody sends, and few can tell, more than that


class Direction(StrEnum):
    """Who writes the data: the consumer (request) or the service (response)."""

    REQUEST = "request"
    RESPONSE = "response"


class Schema(dict[str, Any]):
    """A normal schema, the pointer it was read from, and its component if it is one."""

    __slots__ = ("name", "pointer")

    def __init__(self, keywords: dict[str, Any], pointer: str, name: str = "") -> None:
        super().__init__(keywords)
        self.pointer = pointer
        self.name = name


def _number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _names(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(item, str) for item in value)


def _types(value: Any) -> bool:
    listed = value if isinstance(value, list) else [value]
    return bool(listed) and all(item in TYPES for item in listed)


def _is_schema(value: Any) -> bool:
    return isinstance(value, dict | bool)


_SHAPES: dict[str, Callable[[Any], bool]] = {
    "type": _types,
    "enum": lambda value: isinstance(value, list) and bool(value),
    "const": lambda _value: True,
    "required": _names,
    "uniqueItems": lambda value: isinstance(value, bool),
    "pattern": lambda value: isinstance(value, str) and usable(value),
    "format": lambda value: isinstance(value, str),
    "x-extensible-enum": lambda value: value is True,
    "multipleOf": lambda value: _number(value) and value > 0,
    "dependentRequired": lambda value: (
        isinstance(value, dict) and all(map(_names, value.values()))
    ),
}
_SHAPES |= dict.fromkeys(
    ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"), _number
)
_SHAPES |= dict.fromkeys(
    (
        *("minLength", "maxLength", "minItems", "maxItems"),
        *("minProperties", "maxProperties", "minContains", "maxContains"),
    ),
    _count,
)
_ONE = frozenset(
    (
        *("items", "additionalProperties", "not", "if", "then", "else"),
        *("contains", "propertyNames", "unevaluatedProperties", "unevaluatedItems"),
    )
)
_MANY = frozenset(("allOf", "anyOf", "oneOf", "prefixItems"))
_NAMED = frozenset(("properties", "patternProperties", "dependentSchemas"))
_DATA = frozenset((UNUSABLE, "$ref", "enum", "const", "required"))
_SILENT_WHEN_FALSE = frozenset(("uniqueItems", "x-extensible-enum"))


class Reading:
    """The schemas of one document, read in one direction."""

    def __init__(self, document: Document, direction: Direction) -> None:
        self.document = document
        self.direction = direction
        self._definitions: dict[str, Schema] = {}
        self._unreadable: set[str] = set()
        self._validators: dict[int, tuple[Schema, Validator | None]] = {}
        self.smallest: dict[str, list[Any]] = {}  # what `samples` found, by component

    def schema(self, raw: Any, pointer: str) -> Schema:
        """The normal form of the schema object (or boolean) `raw`."""
        if raw is True:
            return Schema({}, pointer)
        if raw is False:
            return Schema({"not": {}}, pointer)
        if not isinstance(raw, dict):
            return Schema({UNUSABLE: {"schema": repr(raw)[:200]}}, pointer)
        if self.document.is_3_0:
            raw = _modern(raw)
        found: dict[str, Any] = {}
        for keyword, value in raw.items():
            self._keyword(found, keyword, value, pointer)
        self._bound_integers(found)
        self._drop_one_way_properties(found, raw)
        return Schema(found, pointer)

    def definition(self, name: str) -> Schema:
        """The component (or other referenced schema) called `name` in `$defs`."""
        if name not in self._definitions:
            reference = name if name.startswith("#") else _COMPONENTS + quote(name)
            try:
                found = self.schema(self.document.at(reference), unquote(reference[1:]))
            except Unresolvable:
                found = Schema({UNUSABLE: {"$ref": name}}, unquote(reference[1:]))
            found.name = name
            self._definitions[name] = found
            if not _readable(found):
                self._unreadable.add(name)
        return self._definitions[name]

    def whole(self, schema: dict[str, Any]) -> dict[str, Any] | None:
        """`schema` with the definitions it needs.

        None when they are too many, and when a part of them is unusable, since what
        a schema admits is not known then.
        """
        if not _readable(schema):
            return None
        definitions: dict[str, Schema] = {}
        waiting = list(references(schema))
        while waiting:
            name = waiting.pop()
            if name not in definitions:
                definitions[name] = self.definition(name)
                waiting.extend(references(definitions[name]))
                if len(definitions) > _MAX_DEFINITIONS or name in self._unreadable:
                    return None
        return {**schema, "$defs": definitions} if definitions else dict(schema)

    def accepts(self, schema: Schema, value: Any) -> bool | None:
        """Whether `value` is valid; None when that cannot be told."""
        held = self._validators.get(id(schema))
        if held is None:
            complete = self.whole(schema)
            judge = None if complete is None else validator(complete)
            held = self._validators[id(schema)] = schema, judge  # keeps the id taken
        return None if held[1] is None else held[1].is_valid(value)

    def components(self) -> set[str]:
        """The names of the document's component schemas."""
        components = self.document.root.get("components")
        schemas = components.get("schemas") if isinstance(components, dict) else None
        return set(schemas) if isinstance(schemas, dict) else set()

    def _keyword(
        self, found: dict[str, Any], keyword: str, value: Any, pointer: str
    ) -> None:
        at = step(pointer, keyword)
        if keyword == "$ref" and isinstance(value, str) and value.startswith("#"):
            found["$ref"] = "#/$defs/" + _token(_name(value))
        elif keyword in _ONE and _is_schema(value):
            found[keyword] = self.schema(value, at)
        elif keyword in _MANY and isinstance(value, list) and value:
            found[keyword] = [self.schema(v, step(at, i)) for i, v in enumerate(value)]
        elif keyword in _NAMED and isinstance(value, dict):
            found[keyword] = {k: self.schema(v, step(at, k)) for k, v in value.items()}
        elif keyword in _SHAPES and _SHAPES[keyword](value):
            if value is not False or keyword not in _SILENT_WHEN_FALSE:
                found[keyword] = value
        elif keyword == "discriminator" and isinstance(value, dict):
            found["x-discriminator"] = value.get("propertyName")
        elif keyword == "x-extensible-enum":
            pass
        elif keyword in _SHAPES or keyword in _ONE | _MANY | _NAMED | {
            "$ref",
            "$dynamicRef",
        }:
            found.setdefault(UNUSABLE, {})[keyword] = value

    def _bound_integers(self, found: dict[str, Any]) -> None:
        kinds = found.get("type", ())
        if "integer" not in kinds or "string" in kinds:
            return
        if found.get("format") in ("int32", "int64") and found.pop("format") == "int32":
            found["minimum"] = max(found.get("minimum", -_INT32), -_INT32)
            found["maximum"] = min(found.get("maximum", _INT32 - 1), _INT32 - 1)

    def _drop_one_way_properties(self, found: dict[str, Any], raw: Any) -> None:
        request = self.direction is Direction.REQUEST
        flag = "readOnly" if request else "writeOnly"
        properties = raw.get("properties")
        if not isinstance(properties, dict) or "properties" not in found:
            return
        dropped = {name for name, value in properties.items() if self._has(value, flag)}
        for name in dropped:
            del found["properties"][name]
        if dropped and "required" in found:
            found["required"] = [n for n in found["required"] if n not in dropped]

    def _has(self, raw: Any, flag: str) -> bool:
        if isinstance(raw, dict) and raw.get(flag) is True:
            return True
        try:
            return self.document.follow(raw, "")[0].get(flag) is True
        except Unresolvable:
            return False


def references(schema: Any) -> Iterator[str]:
    """The names in `$defs` that `schema` mentions, at any depth."""
    for here in _objects(schema):
        if isinstance(here.get("$ref"), str):
            yield referenced(here)


def _readable(schema: Any) -> bool:
    return not any(UNUSABLE in here for here in _objects(schema))


def _objects(schema: Any) -> Iterator[dict[str, Any]]:
    """All schemas in `schema`; what `enum` and `const` hold is data and left out."""
    waiting = [schema]
    while waiting:
        here = waiting.pop()
        if isinstance(here, list):
            waiting.extend(here)
        elif isinstance(here, dict):
            yield here
            waiting.extend(v for k, v in here.items() if k not in _DATA)


def referenced(schema: dict[str, Any]) -> str:
    """The name in `$defs` that a schema with a `$ref` points to, else ""."""
    target = schema.get("$ref")
    if not isinstance(target, str):
        return ""
    token = unquote(target.removeprefix("#/$defs/"))
    return token.replace("~1", "/").replace("~0", "~")


def _name(reference: str) -> str:
    name = unquote(reference.removeprefix(_COMPONENTS))
    return name if reference == _COMPONENTS + quote(name) else reference


def _token(name: str) -> str:
    return quote(name.replace("~", "~0").replace("/", "~1"))


def _modern(raw: dict[str, Any]) -> dict[str, Any]:
    """An OpenAPI 3.0 schema object in the words of 2020-12 (its own level only)."""
    if "$ref" in raw:
        return {"$ref": raw["$ref"]}  # 3.0 ignores what stands beside a reference
    new = dict(raw)
    for edge, strict in (
        ("minimum", "exclusiveMinimum"),
        ("maximum", "exclusiveMaximum"),
    ):
        if isinstance(new.get(strict), bool) and new.pop(strict) and edge in new:
            new[strict] = new.pop(edge)
    if new.pop("nullable", False) is not True:
        return new
    if isinstance(new.get("type"), str):
        new["type"] = [new["type"], "null"]
        if isinstance(new.get("enum"), list) and None not in new["enum"]:
            new["enum"] = [*new["enum"], None]
        return new
    one_way: dict[str, Any] = {
        k: new.pop(k) for k in ("readOnly", "writeOnly") if k in new
    }
    return {**one_way, "anyOf": [new, {"type": "null"}]} if new else new
