"""Questions about plain JSON Schemas (2020-12), answered by `jsonschema_rs`.

The only module that knows the library. Its canonical form is experimental, so a
"yes" is a proof and everything else means no more than "not proved here".
"""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import jsonschema_rs as engine

Validator = engine.Draft202012Validator
_REFUSALS = (
    engine.canonical.CanonicalizationError,
    engine.ValidationError,
    engine.ReferencingError,
    ValueError,
)


def proves(left: Mapping[str, Any], right: Mapping[str, Any]) -> bool:
    """Whether every value of `left` is proved to be a value of `right`."""
    try:
        covered = _canonical(right).covers(_canonical(left))
    except _REFUSALS:
        return False
    return covered == engine.canonical.Containment.YES


def impossible(schema: Mapping[str, Any]) -> bool:
    """Whether `schema` is proved to admit no value at all."""
    try:
        satisfiable = _canonical(schema).satisfiability()
    except _REFUSALS:
        return False
    return satisfiable == engine.canonical.Satisfiability.NO


def difference(
    left: Mapping[str, Any], right: Mapping[str, Any]
) -> dict[str, Any] | None:
    """A schema of the values of `left` that `right` refuses, where it can be said."""
    try:
        schema = _canonical(left).subtract(_canonical(right)).to_json_schema()
    except _REFUSALS:
        return None
    return schema if isinstance(schema, dict) else None


def validator(schema: Mapping[str, Any]) -> Validator | None:
    """A validator that also checks formats, or None when there cannot be one."""
    try:
        return Validator(dict(schema), validate_formats=True)
    except _REFUSALS:
        return None


@lru_cache(maxsize=4096)
def matches(pattern: str, text: str) -> bool:
    """Whether an expression that the engine can compile matches somewhere in `text`."""
    judge = validator({"pattern": pattern})
    return judge is not None and judge.is_valid(text)


@lru_cache(maxsize=256)
def understands(name: str) -> bool:
    """Whether the engine checks this format, rather than taking it as a remark."""
    judge = validator({"format": name})
    return judge is not None and not judge.is_valid(" \n{")


@lru_cache(maxsize=4096)
def usable(pattern: str) -> bool:
    """Whether the engine can compile this regular expression."""
    return validator({"pattern": pattern}) is not None


def _canonical(schema: Mapping[str, Any]) -> engine.CanonicalSchema:
    return engine.canonicalize(
        dict(schema), draft=engine.Draft202012, validate_formats=True
    )
