"""Schemas as JSON Schema alone reads them: what OpenAPI adds is spelt out."""

from typing import Any

from gate.openapi.schemas.keywords import DATA, DISCRIMINATOR, NAMED, NOTES, PERHAPS
from gate.openapi.schemas.number_formats import written
from gate.openapi.schemas.references import referenced


def exact(schema: Any, *, loosely: bool, surely: bool) -> Any:
    """A copy in which discriminators are spelt out.

    `loosely`, `oneOf` is `anyOf`; `surely`, only what all read out of the document is
    admitted, and `int64` is bounded.
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
    for keyword, value in (written(schema) if surely else schema).items():
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
