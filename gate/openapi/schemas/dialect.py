"""Schema objects of OpenAPI 3.0 in the words of JSON Schema 2020-12."""

from typing import Any

_EDGES = (("minimum", "exclusiveMinimum"), ("maximum", "exclusiveMaximum"))
_COMPOSED = frozenset(("allOf", "anyOf", "oneOf"))


def modern(raw: dict[str, Any]) -> tuple[dict[str, Any], bool]:
    """One schema object of OpenAPI 3.0 as 2020-12 spells it, and whether null is added.

    Its own level only. What stands beside a reference is ignored in 3.0. Whether
    `nullable` adds null around `allOf` and its like, and beside an `enum` without
    null, is read in two ways (OpenAPI 3.0.3 says no); it is added apart from the rest.
    """
    if "$ref" in raw:
        return {"$ref": raw["$ref"]}, False
    new = dict(raw)
    for edge, strict in _EDGES:
        if isinstance(new.get(strict), bool) and new.pop(strict) and edge in new:
            new[strict] = new.pop(edge)
    if new.pop("nullable", False) is not True:
        return new, False
    listed = new.get("enum")
    apart = isinstance(listed, list) and None not in listed
    if not isinstance(new.get("type"), str) or new.keys() & _COMPOSED or apart:
        return new, True
    new["type"] = [new["type"], "null"]
    return new, False
