"""An independent judge of values: python-jsonschema, and nothing of the product."""

from typing import Any

import jsonschema

Json = Any
_DATA = ("enum", "const", "default", "example", "examples")
_CHECKER = jsonschema.FormatChecker()


@_CHECKER.checks("int32")
def _int32(value: Json) -> bool:
    return not isinstance(value, int) or -(2**31) <= value < 2**31


def valid(root: Json, pointer: str, value: Json) -> bool:
    """Whether `value` is valid under the schema at `pointer` of a whole document."""
    if root["openapi"].startswith("3.0"):
        root = {**root, **{k: _modern(root[k]) for k in ("paths", "components")}}
    schema = {k: root[k] for k in ("paths", "components") if k in root}
    judge = jsonschema.Draft202012Validator(
        {**schema, "$ref": "#" + pointer.replace("%", "%25")},
        format_checker=_CHECKER,
    )
    return judge.is_valid(value)


def _modern(schema: Json) -> Json:
    """OpenAPI 3.0 in the words of JSON Schema, as far as the tests use it."""
    if isinstance(schema, list):
        return [_modern(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    if isinstance(schema.get("$ref"), str):
        return {"$ref": schema["$ref"]}
    new = {k: v if k in _DATA else _modern(v) for k, v in schema.items()}
    for plain, strict in (
        ("minimum", "exclusiveMinimum"),
        ("maximum", "exclusiveMaximum"),
    ):
        if new.get(strict) is True:
            new[strict] = new.pop(plain)
        elif new.get(strict) is False:
            del new[strict]
    if new.pop("nullable", False) is True:
        return {"anyOf": [new, {"type": "null"}]}
    return new
