"""Small texts of a string schema, and texts of one that another refuses."""

import re
from collections.abc import Iterator
from functools import lru_cache
from itertools import islice
from typing import Any

from gate.openapi.schemas.expressions import looks_ahead
from gate.openapi.schemas.languages import Unclear, texts
from gate.openapi.schemas.relation import Validator, admits, validator

_MAX_LENGTH = 100_000
_ASKED = ("minLength", "maxLength", "pattern", "format")
_FROM_PATTERNS = 24
FORMATS: dict[str, tuple[str, ...]] = {  # values of each, the usual one first
    "date": ("2024-02-29", "1999-12-31"),
    "date-time": ("2024-02-29T12:00:00Z", "2024-02-29T12:00:00.5+01:00"),
    "time": ("12:00:00Z", "12:00:00.5+01:00"),
    "duration": ("P1D", "PT1H"),
    "email": ("a@example.com", "first.last+tag@example.com"),
    "idn-email": ("a@example.com", "é@example.com"),
    "hostname": ("example.com", "a"),
    "idn-hostname": ("example.com", "é.example"),
    "ipv4": ("192.0.2.1",),
    "ipv6": ("2001:db8::1", "::1"),
    "uri": ("https://example.com/", "urn:a:b"),
    "uri-reference": ("/a", "https://example.com/"),
    "iri": ("https://example.com/", "https://example.com/é"),
    "iri-reference": ("/a", "/é"),
    "uri-template": ("/a/{b}",),
    "uuid": (
        "00000000-0000-4000-8000-000000000000",
        "A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11",
    ),
    "json-pointer": ("/a", ""),
    "relative-json-pointer": ("0",),
    "regex": ("a", "^a+$"),
}
SHAPES = {  # what every text of the format matches, for proofs
    "date": r"^\d{4}-\d{2}-\d{2}$",
    "date-time": r"^\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}:\d{2}(\.\d+)?([Zz]|[+-]\d{2}:\d{2})$",
    "ipv4": r"^\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}$",
    "uuid": r"^[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}$",
}
WIDER = {  # a format -> the formats whose texts include all of its own
    "uri": {"uri-reference", "iri", "iri-reference"},
    "uri-reference": {"iri-reference"},
    "iri": {"iri-reference"},
    "email": {"idn-email"},
    "hostname": {"idn-hostname"},
}
_PLAIN = (
    *("a", "", "A", "0", "a b", "é", "-", "_", "aa", "a0", "A0", "/", ".", "1.5"),
    *("abc", "ABC", "123", "true", "\n", " "),
)


def strings(flat: dict[str, Any]) -> Iterator[str]:
    """Texts that have a flat string schema's length, pattern and format.

    Those of its `allOf` as well; the simplest first.
    """
    judge = _judge(tuple(_asked(flat)))
    yield from (v for v in _likely(flat) if judge is None or admits(judge, v))


def _asked(flat: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    yield from ((keyword, flat[keyword]) for keyword in _ASKED if keyword in flat)
    for branch in flat.get("allOf", ()):
        yield from _asked(branch)


@lru_cache(maxsize=1024)
def _judge(asked: tuple[tuple[str, Any], ...]) -> Validator | None:
    parts = [{keyword: value} for keyword, value in asked]
    return validator({"allOf": parts}) if parts else None


def _likely(flat: dict[str, Any]) -> Iterator[str]:
    least, most = flat.get("minLength", 0), flat.get("maxLength")
    if least > _MAX_LENGTH:
        return
    matching, refusing = _conditions(flat)
    if matching or refusing:
        yield from _found(matching, refusing, least, most)
    for text in FORMATS.get(flat.get("format", ""), ()):
        yield from _stretched(text, flat["format"], least)
    for text in _PLAIN:
        long = text + (text or "a")[-1] * max(0, least - len(text))
        if most is None or len(long) <= most:
            yield long
    if "format" not in flat:
        yield from (v for values in FORMATS.values() for v in values if len(v) >= least)


def refused(flat: dict[str, Any], target: dict[str, Any]) -> Iterator[str]:
    """Texts that are likely values of `flat` and violate the keywords of `target`."""
    least, most = flat.get("minLength", 0), flat.get("maxLength")
    for matching, refusing in _violations(flat, target):
        for text in _found(matching, refusing, least, most):
            if text.endswith("\n"):  # some engines let `$` match before it
                yield text + "a"
            yield text
    if "maxLength" in target and target["maxLength"] < _MAX_LENGTH:
        longer = max(least, target["maxLength"] + 1)
        yield from islice(strings({**flat, "minLength": longer}), 4)
    if "minLength" in target and target["minLength"] > 0:
        shorter = min(target["minLength"] - 1, most or target["minLength"])
        yield from islice(strings({**flat, "maxLength": shorter}), 4)
    if target.get("format") == "regex":
        yield "["  # no dialect takes it


def excluded(flat: dict[str, Any], target: dict[str, Any]) -> bool:
    """Whether no text of `flat` is proved to violate `target`'s pattern, length or enum."""
    if target.keys() - {"type", "pattern", "minLength", "maxLength", "enum"}:
        return False
    bounds = flat.get("minLength", 0), flat.get("maxLength")
    shape = SHAPES.get(flat.get("format", ""))
    known = {**flat, "allOf": [*flat.get("allOf", ()), {"pattern": shape}]}
    lengths = {k: v for k, v in target.items() if k in ("minLength", "maxLength")}
    if lengths:
        size = f"{lengths.get('minLength', 0)},{lengths.get('maxLength', '')}"
        target = {**target, "pattern": rf"^[\s\S]{{{size}}}$"}
    ways = list(_violations(known if shape else flat, target))
    return bool(ways) and all(_none(*way, *bounds) for way in ways)


@lru_cache(maxsize=1024)
def _none(
    matching: tuple[str, ...],
    refusing: tuple[str, ...],
    least: int,
    most: int | None,
) -> bool:
    """Whether it is proved that there is no such text.

    Lengths are counted only where it matters.
    """
    try:
        free = any(True for _ in texts(matching, refusing))
        return not free or not any(True for _ in texts(matching, refusing, least, most))
    except Unclear:
        return False


def _violations(
    flat: dict[str, Any], target: dict[str, Any]
) -> Iterator[tuple[tuple[str, ...], tuple[str, ...]]]:
    """The ways to violate a pattern or enum: what to match, and what not to match."""
    matching, refusing = _conditions(flat)
    wanted, unwanted = _conditions({"pattern": target.get("pattern", "")})
    for each in wanted:
        yield matching, (*refusing, each)
    for each in unwanted:
        yield (*matching, each), refusing
    if "enum" in target:
        yield matching, (*refusing, listed(target))


def _conditions(flat: dict[str, Any]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The expressions that a text has to match and not to match, those of `allOf` too."""
    matching, refusing = (
        looks_ahead(flat["pattern"]) if flat.get("pattern") else ((), ())
    )
    for branch in flat.get("allOf", ()):
        more, less = _conditions(branch)
        matching, refusing = (*matching, *more), (*refusing, *less)
    return matching, refusing


def listed(target: dict[str, Any]) -> str:
    """An expression for exactly the texts that `enum` lists."""
    choices = "|".join(_escaped(v) for v in target["enum"] if isinstance(v, str))
    return f"^(?:{choices})$" if choices else r"[^\s\S]"


def _escaped(text: str) -> str:
    return re.sub(r"([\^$\\.*+?()\[\]{}|/])", r"\\\1", text)


def _found(
    matching: tuple[str, ...],
    refusing: tuple[str, ...],
    least: int,
    most: int | None,
) -> Iterator[str]:
    try:
        yield from islice(texts(matching, refusing, least, most), _FROM_PATTERNS)
    except Unclear:
        if refusing:
            yield from _found(matching, (), least, most)


def _stretched(text: str, kind: str, least: int) -> Iterator[str]:
    yield text
    missing = least - len(text)
    if missing <= 0:
        return
    if kind in ("uri", "uri-reference", "iri", "iri-reference"):
        yield text + "a" * missing
    elif kind == "date-time":
        yield text[:19] + "." + "0" * max(1, missing - 1) + "Z"
    elif kind in ("email", "idn-email"):
        yield "a" * missing + text
