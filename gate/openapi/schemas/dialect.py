"""Schema objects as people write them in the words of JSON Schema 2020-12."""

import json
import re
from typing import Any

from gate.openapi.schemas.keywords import BOUNDS, UNLISTED, UNTYPED

_NUMBER = re.compile(r"-?(0|[1-9]\d{0,300})(\.\d{1,300})?")
_FLAGS = frozenset(
    (
        *("nullable", "uniqueItems", "additionalProperties", "unevaluatedProperties"),
        *("exclusiveMinimum", "exclusiveMaximum", "readOnly", "writeOnly"),
    )
)
_EDGES = (("minimum", "exclusiveMinimum"), ("maximum", "exclusiveMaximum"))
_COMPOSED = frozenset(("allOf", "anyOf", "oneOf"))


def modern(raw: dict[str, Any]) -> tuple[dict[str, Any], str]:
    """One schema object of OpenAPI 3.0 as 2020-12 spells it, and why null is added.

    Its own level only. What stands beside a reference is ignored in 3.0. Whether
    `nullable` adds null around `allOf` and its like, and beside an `enum` without
    null, is read in two ways (OpenAPI 3.0.3 says no); it is added apart from the rest,
    because it is `UNTYPED` or `UNLISTED`. Else "".
    """
    if raw.get("$ref") is not None:
        return {"$ref": raw["$ref"]}, ""
    new = dict(raw)
    for edge, strict in _EDGES:
        told = meant(strict, new.get(strict))
        if (
            isinstance(told, bool)
            and new.pop(strict) is not None
            and told
            and edge in new
        ):
            new[strict] = new.pop(edge)
    if meant("nullable", new.pop("nullable", False)) is not True:
        return new, ""
    listed = new.get("enum")
    if isinstance(listed, list) and None not in listed:
        return new, UNLISTED
    if not isinstance(new.get("type"), str) or new.keys() & _COMPOSED:
        return new, UNTYPED
    new["type"] = [new["type"], "null"]
    return new, ""


def meant(keyword: str, value: Any) -> Any:
    """A keyword's value in the type that was meant, where there is no doubt.

    Numbers and flags in quotes are read; `required` on a property itself, as older
    drafts had it, says nothing any more, and is None.
    """
    if keyword == "required" and isinstance(value, bool):
        return None
    if keyword == "required" and isinstance(value, list):
        return _once(value)
    if not isinstance(value, str):
        return value
    if keyword in _FLAGS:
        return {"true": True, "false": False}.get(value.lower(), value)
    if keyword in BOUNDS and _NUMBER.fullmatch(value):
        return json.loads(value)
    return value


def _once(names: list[Any]) -> list[Any]:
    return [name for i, name in enumerate(names) if name not in names[:i]]
