"""One request's parts put into another that is known to be accepted.

A value that nothing else is wrong with shows what is refused, and why.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, replace
from itertools import islice, zip_longest
from typing import Any

from gate.openapi import Request

MOST_GRAFTS = 200
MOST_DEPTH = 6


def grafts(base: Request, other: Request) -> Iterator[tuple[str, Request]]:
    """Yield *base* with one part of *other*, and the name of that part.

    A part is a parameter or a piece of the body; one that *other* has not is left out.
    The smallest pieces of the body come last.
    """
    if base.media != other.media:
        yield "body", replace(base, media=other.media, body=other.body)
    elif base.media:
        for place, body in islice(_bodies("body", base.body, other.body), MOST_GRAFTS):
            yield place, replace(base, body=body)
    for name, query in _members(base.query, other.query):
        yield f"query {name}", replace(base, query=query)
    for name, headers in _members(base.headers, other.headers):
        yield f"header {name}", replace(base, headers=headers)
    for name, cookies in _members(base.cookies, other.cookies):
        yield f"cookie {name}", replace(base, cookies=cookies)


def crossed(base: Request, others: Iterable[Request]) -> Iterator[Request]:
    """Yield *base* with each part of the others in turn, none twice.

    The largest of them first, since it is limits that are narrowed most.
    """
    parts: dict[str, dict[str, Request]] = {}
    for other in sorted(others, key=lambda each: -len(repr(each))):
        for part, request in grafts(base, other):
            text = json.dumps(asdict(request), sort_keys=True, default=str)
            parts.setdefault(part, {})[text] = request
    # Names that only one of them has were made up at random.
    common = [each for each in parts.values() if len(each) > 1] or parts.values()
    for row in zip_longest(*(each.values() for each in common)):
        yield from (each for each in row if each is not None)


def _members(
    mine: Mapping[str, Any], theirs: Mapping[str, Any]
) -> Iterator[tuple[str, dict[str, Any]]]:
    for name in sorted({*mine, *theirs}):
        if name not in theirs:
            yield name, {key: value for key, value in mine.items() if key != name}
        elif name not in mine or mine[name] != theirs[name]:
            yield name, {**mine, name: theirs[name]}


def _bodies(place: str, mine: Any, theirs: Any) -> Iterator[tuple[str, Any]]:
    if place.count("/") > MOST_DEPTH or mine == theirs:
        return
    if isinstance(mine, dict) and isinstance(theirs, dict):
        yield from _objects(place, mine, theirs)
    elif isinstance(mine, list) and isinstance(theirs, list) and mine and theirs:
        # As many as the other has, all like the one that is known to work.
        if len(mine) != len(theirs):
            yield f"{place}/*", [mine[0] for _ in theirs]
        for inner, value in _bodies(f"{place}/0", mine[0], theirs[0]):
            yield inner, [value, *mine[1:]]
    elif place == "body":
        yield place, theirs


def _objects(
    place: str, mine: dict[str, Any], theirs: dict[str, Any]
) -> Iterator[tuple[str, Any]]:
    for name, members in _members(mine, theirs):
        # What holds parts itself is taken part by part below.
        if not _alike(mine.get(name), theirs.get(name)):
            yield f"{place}/{name}", members
    for name in sorted(mine.keys() & theirs.keys()):
        for inner, value in _bodies(f"{place}/{name}", mine[name], theirs[name]):
            yield inner, {**mine, name: value}


def _alike(one: Any, other: Any) -> bool:
    return type(one) is type(other) and isinstance(one, dict | list) and bool(one)
