"""Requests that name nothing which only one of the two sides may have stored.

A name that is taken here and free there, an order that exists on one side only: a
refusal of such a request proves nothing. Other names tell whether it was the name.
"""

import random
import string
import unicodedata
from collections.abc import Iterator
from typing import Any

from schemathesis import Case
from schemathesis.core.parameters import ParameterLocation

from gate.openapi.traffic.admission import Admission
from gate.suites.consumers.exchange import (
    Exchange,
    Place,
    as_request,
    copied,
    put,
    value_at,
)
from gate.suites.consumers.things import named_values, names_a_thing

NEAR = 40
SHORT = 8  # all shorter texts may be taken
HEX = "abcdef"
NAMING = frozenset({"name", "username", "email", "title", "sku", "number", "token"})


def loose(exchange: Exchange, old: Admission) -> tuple[Place, ...]:
    """Return the places of what may name something stored that nobody made here.

    Any text may, save one of a closed list that is called like none: a colour.
    """
    case = exchange.case
    found = []
    for place, name, value in named_values(case):
        if place in exchange.linked or value == "":
            continue
        by_name = place[0] is ParameterLocation.PATH or names_a_thing(name)
        by_name = by_name or name.lower() in NAMING
        if by_name or (isinstance(value, str) and _is_free(case, place, value, old)):
            found.append(place)
    return tuple(found)


def renamed(
    case: Case[Any] | None,
    places: tuple[Place, ...],
    old: Admission,
    *,
    as_short: bool = False,
) -> Case[Any] | None:
    """Return *case* with fresh texts of the same kind at *places*.

    A short one becomes a longer one, which nobody has stored, unless it is to stay
    *as_short*. None where the document allows no other text at any of them, or there is no case.
    """
    if case is None:
        return None
    twin, changed = copied(case), False
    for place in places:
        value = value_of(twin, place)
        if place[0] is ParameterLocation.PATH or not isinstance(value, str):
            continue
        longer = (value * SHORT)[: max(len(value), SHORT)]
        for text in (value,) if as_short else (longer, value):
            other = copied(twin)
            put(other, place, _fresh(text))
            if _allows(other, old):
                twin, changed = other, True
                break
    return twin if changed else None


def like(
    case: Case[Any], base: Case[Any], places: tuple[Place, ...], old: Admission
) -> Case[Any] | None:
    """Return *case* with what *base* names at *places*; None where it names nothing."""
    twin = copied(case)
    try:
        for place in places:
            put(twin, place, value_of(base, place))
    except (LookupError, TypeError, ValueError):
        return None
    return twin if _allows(twin, old) else None


def texts_of(case: Case[Any]) -> tuple[Place, ...]:
    """Return the places of all texts in query and body."""
    return tuple(
        place
        for place, _, value in named_values(case)
        if place[0] is not ParameterLocation.PATH and isinstance(value, str) and value
    )


def _is_free(case: Case[Any], place: Place, value: str, old: Admission) -> bool:
    twin = copied(case)
    put(twin, place, _fresh(value))
    return _allows(twin, old)


def value_of(case: Case[Any], place: Place) -> Any:
    """Return what stands at a place of a case; raises LookupError."""
    location, at = place
    if location is ParameterLocation.BODY:
        return value_at(case, at)
    container: Any = case.get_container(location)
    return container[at]


def _allows(case: Case[Any], old: Admission) -> bool:
    request = as_request(case)
    label = str(case.operation.label)
    return request is not None and old.refuses_request(label, request) is False


def _fresh(text: str) -> str:
    """Return another text of the same length and kinds of characters."""
    return "".join(map(_other, text))


def _other(character: str) -> str:
    alike = [
        each
        for each in _near(character)
        if each != character
        and unicodedata.category(each) == unicodedata.category(character)
    ]
    return random.choice(alike) if alike else character


def _near(character: str) -> Iterator[str]:
    """The characters around one; what separates words stays what it is."""
    if character.isascii() and not character.isalnum():
        return
    if character in HEX or character.isdecimal():
        yield from HEX if character in HEX else string.digits
        return
    code = ord(character)
    for each in range(max(1, code - NEAR), min(0x10FFFF, code + NEAR)):
        if chr(each).isascii() == character.isascii():
            yield chr(each)
