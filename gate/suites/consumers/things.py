"""What old consumers made in this run, and which requests name it.

Order 7 was made by a request that both sides accepted: it exists on both, whatever it
is called there. What else a request names may exist on one side only, by chance.
"""

import re
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from schemathesis import Case
from schemathesis.core.parameters import ParameterLocation

from gate.openapi.documents.pointers import escaped
from gate.suites.consumers.arms import NO_JSON, Met
from gate.suites.consumers.correspondence import NAMES_A_THING
from gate.suites.consumers.exchange import Exchange, Links, Place, put

MOST_SEEN = 20_000
MOST_DEPTH = 6
UUID = 36  # characters
LONG = 8  # nobody draws a text of this length twice by chance
_AN_ID = re.compile(r"(?i)(.+?)?[_-]?(?:ids?|uuids?|keys?|slugs?|codes?|pks?)")
_A_VALUE = re.compile(r"-?[0-9]{1,30}(\.[0-9]+)?([eE][-+]?[0-9]+)?|true|false|null")
Steps = tuple[Exchange, ...]


class Things:
    """What exists on both sides, by the names that the candidate gave it."""

    def __init__(self) -> None:
        self._makers: dict[str, Exchange] = {}
        # The latest of each kind that was made, as it is called on the candidate.
        self._latest: dict[str, list[tuple[str | int, Exchange]]] = defaultdict(list)
        # What answers named, by the collection that was asked.
        self._seen: dict[str, set[str]] = defaultdict(set)

    def note(self, exchange: Exchange, *, changes: bool) -> None:
        """Remember what an exchange named, and what it made where both accepted it."""
        ours = exchange.candidate
        seen = self._seen[_collection(exchange.case)]
        if ours.accepted and ours.data is not NO_JSON and len(seen) < MOST_SEEN:
            seen |= _named(ours.data)
        if not changes or len(self._makers) >= MOST_SEEN:
            return
        if exchange.case.method.upper() == "DELETE":
            self._forget(exchange.case)
            return
        names = _names(ours)
        self._makers |= dict.fromkeys(map(str, names), exchange)
        if exchange.case.method.upper() == "POST":
            kind = _singular(_collection(exchange.case).rpartition("/")[2])
            self._latest[kind] += [(each, exchange) for each in names]

    def knows(self, case: Case[Any]) -> bool:
        """Whether answers named everything that the path does."""
        seen = self._seen[_collection(case)]
        return all(
            str(value) in seen for value in (case.path_parameters or {}).values()
        )

    def made(self, case: Case[Any]) -> tuple[Links, Steps]:
        """Return which values of *case* were made, and the steps that made them."""
        linked: set[tuple[ParameterLocation, str | None]] = set()
        earlier: list[Exchange] = []
        for place, name, value in named_values(case):
            maker = self._makers.get(str(value))
            if maker is None or not self._means(place, name, value):
                continue
            linked.add(place)
            steps = (*maker.earlier, maker)
            earlier += [each for each in steps if each not in earlier]
        return frozenset(linked), tuple(earlier)

    def with_made(self, case: Case[Any]) -> Case[Any]:
        """Return *case* about what was made, where it names a thing of some kind."""
        for (location, at), name, value in list(named_values(case)):
            if location is ParameterLocation.PATH or str(value) in self._makers:
                continue
            latest = self._latest.get(_kind(name, value) or "-", ())
            fitting = [each for each, _ in latest if type(each) is type(value)]
            if fitting:
                put(case, (location, at), fitting[-1])
        return case

    def _means(self, place: Place, name: str, value: Any) -> bool:
        """Whether a value that something is called by is meant to name it here."""
        if place[0] is ParameterLocation.PATH:
            return True
        if isinstance(value, str) and len(value) >= LONG:
            return True
        kind = _kind(name, value)
        return any(value == each for each, _ in self._latest.get(kind or "-", ()))

    def _forget(self, case: Case[Any]) -> None:
        gone = {str(each) for each in (case.path_parameters or {}).values()}
        for kind, made in self._latest.items():
            self._latest[kind] = [each for each in made if str(each[0]) not in gone]


def named_values(case: Case[Any]) -> Iterator[tuple[Place, str, str | int]]:
    """Yield each text and integer of path, query and body: its place and its name.

    In a body the place is a JSON pointer (RFC 6901), and the name that of the member.
    """
    for location, held in (
        (ParameterLocation.PATH, case.path_parameters),
        (ParameterLocation.QUERY, case.query),
    ):
        for name, value in (held or {}).items():
            plain = value if location is ParameterLocation.PATH else _read(value)
            if _is_name(plain):
                yield (location, name), name, plain
    if case.media_type is not None:
        for pointer, name, value in _scalars(case.body):
            yield (ParameterLocation.BODY, pointer), name, value


def names_a_thing(name: str) -> bool:
    """Whether a member of this name tells one thing from all others of its kind."""
    return bool(_AN_ID.fullmatch(name))


def _kind(name: str, value: str | int) -> str | None:
    """The kind of thing that a member names: ``project``, ``project_id``."""
    found = _AN_ID.fullmatch(name)
    if found is not None:
        return _singular(found[1] or "")
    plain = isinstance(value, int) or len(value) == UUID
    return _singular(name) if plain else None


def _singular(name: str) -> str:
    plain = re.sub(r"[^a-z0-9]", "", name.lower())
    if plain.endswith("ies"):
        return plain[:-3] + "y"
    return plain[:-1] if plain.endswith("s") and not plain.endswith("ss") else plain


def _scalars(
    value: Any, pointer: str = "", name: str = "", depth: int = 0
) -> Iterator[tuple[str, str, str | int]]:
    if depth > MOST_DEPTH:
        return
    if isinstance(value, dict):
        for key, item in value.items():
            yield from _scalars(item, f"{pointer}/{escaped(key)}", key, depth + 1)
    elif isinstance(value, list):
        for number, item in enumerate(value):
            yield from _scalars(item, f"{pointer}/{number}", name, depth + 1)
    elif pointer and _is_name(value):
        yield pointer, name, value


def _read(value: Any) -> Any:
    """A parameter as what it was before it became text; None where that is no name."""
    if not isinstance(value, str) or not _A_VALUE.fullmatch(value):
        return value
    return int(value) if value.lstrip("-").isdecimal() else None


def _is_name(value: Any) -> bool:
    return isinstance(value, str | int) and not isinstance(value, bool)


def _collection(case: Case[Any]) -> str:
    """The path up to its first parameter: order 1 is not customer 1."""
    return str(case.path).partition("{")[0].rstrip("/")


def _names(met: Met) -> list[str | int]:
    """What the thing that was made may be called by."""
    location = met.header("location").rstrip("/").rpartition("/")[2]
    body = met.data if isinstance(met.data, dict) else {}
    found = [
        value
        for name, value in body.items()
        if NAMES_A_THING.fullmatch(name) and _is_name(value)
    ]
    return [each for each in (*found, location) if each != ""]


def _named(value: Any) -> set[str]:
    """What an answer may call things by; most numbers in it are amounts."""
    found: set[str] = set()
    pending = [("", value)]
    while pending and len(found) < MOST_SEEN:
        name, here = pending.pop()
        if isinstance(here, dict):
            pending += here.items()
        elif isinstance(here, list):
            pending += [(name, each) for each in here]
        elif isinstance(here, str) or (
            isinstance(here, int) and NAMES_A_THING.fullmatch(name)
        ):
            found.add(str(here))
    return found
