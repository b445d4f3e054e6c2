"""Questions about plain JSON Schemas (2020-12), answered by `jsonschema_rs`.

The only module that knows the library. Its canonical form is experimental, so a
"yes" is a proof and everything else means no more than "not proved here".
"""

from collections.abc import Iterator, Mapping
from functools import lru_cache
from math import prod
from typing import Any

import jsonschema_rs as engine

Validator = engine.Draft202012Validator
_MAX_WAYS = 250
_CASES = 3  # of an `if`: it holds and so does `then`, or it does not and `else` does
_REFUSALS = (
    engine.canonical.CanonicalizationError,
    engine.ValidationError,
    engine.ReferencingError,
    ValueError,
)


def proves(left: Mapping[str, Any], right: Mapping[str, Any]) -> bool:
    """Whether every value of `left` is proved to be a value of `right`."""
    if _ways(left) * _ways(right) > _MAX_WAYS:
        return False
    try:
        covered = _canonical(right).covers(_canonical(left))
    except _REFUSALS:
        return False
    return covered == engine.canonical.Containment.YES


def impossible(schema: Mapping[str, Any]) -> bool:
    """Whether `schema` is proved to admit no value at all."""
    if _ways(schema) > _MAX_WAYS:
        return False
    try:
        satisfiable = _canonical(schema).satisfiability()
    except _REFUSALS:
        return False
    return satisfiable == engine.canonical.Satisfiability.NO


def difference(
    left: Mapping[str, Any], right: Mapping[str, Any]
) -> dict[str, Any] | None:
    """A schema of the values of `left` that `right` refuses, where it can be said."""
    if _ways(left) * _ways(right) > _MAX_WAYS:
        return None
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


def admits(judge: Validator, value: Any) -> bool | None:
    """Whether a validator takes the value; None where it cannot read or judge it."""
    try:
        return judge.is_valid(value)
    except (*_REFUSALS, OverflowError, RecursionError):
        return None


@lru_cache(maxsize=4096)
def matches(pattern: str, text: str) -> bool:
    """Whether an expression that the engine can compile matches somewhere in `text`."""
    judge = validator({"pattern": pattern})
    return judge is not None and admits(judge, text) is True


@lru_cache(maxsize=256)
def understands(name: str) -> bool:
    """Whether the engine checks this format, rather than taking it as a remark."""
    judge = validator({"format": name})
    return judge is not None and not judge.is_valid(" \n{")


@lru_cache(maxsize=4096)
def usable(pattern: str) -> bool:
    """Whether the engine can compile this regular expression."""
    return validator({"pattern": pattern}) is not None


def _ways(schema: Any) -> int:
    """In how many ways the unions of a schema combine, where it has several at once.

    The canonical form multiplies them out. A union on its own counts as one way.
    """
    found, most, waiting = [], 1, [schema]
    while waiting:
        here = waiting.pop()
        if isinstance(here, dict):
            found.append(here)
            waiting.extend(here.values())
        elif isinstance(here, list):
            waiting.extend(here)
    for here in found:
        unions = [u for u in _unions(here) if u > 1]
        most = max(most, prod(unions) if len(unions) > 1 else 1)
    return most


def _unions(schema: Any) -> Iterator[int]:
    """The sizes of the unions that all have to hold of one value."""
    waiting = [schema]
    while waiting:
        here = waiting.pop()
        if isinstance(here, dict):
            yield from (len(here[k]) for k in ("anyOf", "oneOf") if k in here)
            if "if" in here:
                yield _CASES
            waiting.extend(here.get("allOf", ()))


def _canonical(schema: Mapping[str, Any]) -> engine.CanonicalSchema:
    return engine.canonicalize(
        dict(schema), draft=engine.Draft202012, validate_formats=True
    )
