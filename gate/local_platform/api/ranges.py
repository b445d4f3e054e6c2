"""Pages of a list: the Range header, as Heroku documents it."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, Literal, TypeVar

from gate.local_platform.api.problems import unsatisfiable_range

DEFAULT_PAGE = 200
LARGEST_PAGE = 1000
_MOST_DIGITS = 18

_HEADER = re.compile(
    r"^\s*(?P<attribute>[a-z_]+)\s*"
    r"(?P<after>\])?(?P<start>[^\s.;\[\]]*)\.\.(?P<end>[^\s.;\[\]]*)(?P<before>\[)?"
    r"\s*(?:;(?P<params>.*))?$"
)
Order = Literal["asc", "desc"]
Item = TypeVar("Item")
_Place = tuple[Any, ...]  # a value, and where several items share it, an id
_TIE = ","  # in our own Next-Range, between the two


@dataclass(frozen=True, slots=True)
class Range:
    """Which part of a list; `start` comes first in the asked order."""

    attribute: str
    start: str = ""
    end: str = ""
    after_start: bool = False
    before_end: bool = False
    max: int = DEFAULT_PAGE
    order: Order = "asc"


@dataclass(frozen=True, slots=True)
class Page(Generic[Item]):
    """One page and the headers that go with it; 206 if more follows."""

    items: list[Item]
    status: int
    headers: dict[str, str]


def parse(header: str, attributes: Sequence[str]) -> Range:
    """Read a Range header; params in any order, separated by `,` or `;`.

    Raises a 416 problem for what cannot be read.
    """
    if not header.strip():
        return Range(attributes[0])
    match = _HEADER.match(header)
    if match is None:
        raise unsatisfiable_range(f"The Range {header[:80]!r} cannot be read.")
    if match["attribute"] not in attributes:
        raise unsatisfiable_range(f"Lists here have ranges of {', '.join(attributes)}.")
    limit, order = _params(match["params"] or "")
    return Range(
        attribute=match["attribute"],
        start=match["start"],
        end=match["end"],
        after_start=bool(match["after"]),
        before_end=bool(match["before"]),
        max=limit,
        order=order,
    )


def _params(text: str) -> tuple[int, Order]:
    limit = DEFAULT_PAGE
    order: Order = "asc"
    for part in filter(None, (p.strip() for p in re.split("[;,]", text))):
        name, _, value = (piece.strip() for piece in part.partition("="))
        match name, value:
            case "max", _ if _is_number(value):
                limit = int(value)
            case "order", "asc" | "desc":
                order = "desc" if value == "desc" else "asc"
            case _:
                raise unsatisfiable_range(f"{part[:80]!r} is no parameter of a Range.")
    if not 1 <= limit <= LARGEST_PAGE:
        raise unsatisfiable_range(f"max must be between 1 and {LARGEST_PAGE}.")
    return limit, order


def page(
    items: Sequence[Item],
    keys: Mapping[str, Callable[[Item], int | str]],
    header: str,
) -> Page[Item]:
    """The page of `items` that a Range header asks for.

    `keys` are the attributes that the list can be ordered by, the default first.
    """
    asked = parse(header, tuple(keys))
    key, id = keys[asked.attribute], keys.get("id")

    def place(item: Item) -> _Place:
        return key(item), str(id(item)) if id else ""

    rows = sorted(items, key=place, reverse=asked.order == "desc")
    bounded = [item for item in rows if _within(place(item), asked)]
    chosen = bounded[: asked.max]
    headers = {"Accept-Ranges": ", ".join(keys)}
    if chosen:
        first, last = key(chosen[0]), key(chosen[-1])
        headers["Content-Range"] = f"{asked.attribute} {first}..{last}"
    if len(bounded) <= asked.max:
        return Page(chosen, 200, headers)
    value, last_id = place(chosen[-1])
    is_tied = key(bounded[asked.max]) == value
    start = f"{value}{_TIE}{last_id}" if is_tied else value
    end = f"{asked.end}{'[' if asked.before_end else ''}"
    headers["Next-Range"] = (
        f"{asked.attribute} ]{start}..{end}; max={asked.max}, order={asked.order}"
    )
    return Page(chosen, 206, headers)


def _within(place: _Place, asked: Range) -> bool:
    descends = asked.order == "desc"
    start, end = _bound(asked.start, place), _bound(asked.end, place)
    return _beyond(place, start, descends, asked.after_start) and _beyond(
        place, end, not descends, asked.before_end
    )


def _bound(text: str, like: _Place) -> _Place:
    """The bound in the type of the values it is compared with; empty if there is none."""
    value, _, id = text.partition(_TIE)
    if not text or isinstance(like[0], str):
        return tuple(filter(None, (value, id)))
    if not _is_number(value):
        raise unsatisfiable_range(f"{text[:40]!r} is no number.")
    return (int(value), id) if id else (int(value),)


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= _MOST_DIGITS


def _beyond(place: _Place, bound: _Place, descends: bool, strictly: bool) -> bool:
    """Whether a place comes after a bound in a direction, or at it unless *strictly*."""
    place = place[: len(bound)]
    if place == bound:
        return not (strictly and bound)
    return place < bound if descends else place > bound
