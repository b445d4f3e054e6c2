"""A mistake in the settings, in words: where it is, and what was meant."""

import difflib
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from typing import Any, get_type_hints

from gate.model.plan import Acceptance
from gate.model.questions import FORMS, ways
from gate.settings.shape import Settings

_QUESTIONS = {*FORMS, "latency"}


def paths(kind: type, prefix: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Yield where each setting is in the table, such as ``("load", "users")``."""
    hints = get_type_hints(kind)
    for each in fields(kind):
        hint = hints[each.name]
        if isinstance(hint, type) and is_dataclass(hint):
            yield from paths(hint, (*prefix, each.name))
        elif each.name != "config":
            yield (*prefix, each.name)


def tell(details: Any, below: tuple[str, ...] = ()) -> str:
    """Return one mistake that pydantic found, for a person."""
    location = [*below, *(str(part) for part in details["loc"])]
    place = "[tool.gate" + "".join(f".{p}" for p in location[:-1]) + "]"
    name = location[-1] if location else ""
    if details["type"] == "unexpected_keyword_argument":
        near = difflib.get_close_matches(name, _names_beside(location), n=1)
        hint = f"; did you mean {near[0]}?" if near else ""
        return f"{place} {name}: no such setting{hint}"
    if details["type"] in {"missing", "missing_argument"}:
        answer = "an answer, block or roll back"
        wanted = answer if location[0] == "policy" else "to be stated"
        return f"{place} {name}: needs {wanted}"
    if details["type"] == "predicate_failed":
        wanted = {
            "platform": "local, heroku or an address",
            "path": "a path that begins with /",
            "document": "a path that begins with /",
            "app_root": "a folder of the repository, like services/orders",
            "listen": "an address, like 127.0.0.1:5557",
        }.get(name, "a usable name")
        return f"{place} {name}: {details['input']!r} is not {wanted}"
    if details["type"] == "value_error":
        return f"{place} {name}: {details['ctx']['error']}"
    if location[0] in {"load", "watch"} and name in _QUESTIONS:
        return f"{place} {name}: {details['input']!r} is no question; {_wanted(name)}"
    return f"{place} {name}: {details['msg']}, not {details['input']!r}"


def _wanted(name: str) -> str:
    if name != "latency":
        return ways(*FORMS[name])
    return 'write latency.p50 = "exclude > +20%" and latency.p95 = "exclude > +50%"'


def _names_beside(location: list[str]) -> list[str]:
    if location[:2] == ["contract", "accept"]:
        return [each.name for each in fields(Acceptance)]
    depth = len(location)
    deep = [p for p in paths(Settings) if len(p) >= depth]
    return [p[depth - 1] for p in deep if list(p[: depth - 1]) == location[:-1]]
