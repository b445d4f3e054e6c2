"""What a test of a finding expects: that which the baseline does, the candidate not.

Read from what both sides answered, and from what production's document promises.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from gate.judges.joining import Joined, Sent
from gate.judges.matching import REFUSAL
from gate.model.evidence import Shown
from gate.model.exchange import WireAnswer
from gate.openapi import Direction, Document
from gate.openapi.traffic.admission import Admission
from gate.openapi.traffic.promises import Promise, promises

PROMISES = frozenset(
    {
        "response_schema_conformance",
        "response_headers_conformance",
        "content_type_conformance",
        "status_code_conformance",
    }
)
SERVED, FAILED = 2, 5


@dataclass(frozen=True, slots=True)
class Accepted:
    """An answer of this hundred of statuses: the request is taken, and does not fail.

    *status* is given where only the exact one tells the sides apart.
    """

    family: int = SERVED
    status: int | None = None


@dataclass(frozen=True, slots=True)
class Promised:
    """An answer that keeps a promise of production's document."""

    family: int | None
    promises: Mapping[str, Promise]


@dataclass(frozen=True, slots=True)
class Alike:
    """An answer that has these kinds of JSON values at these places, `*` for items."""

    family: int
    kinds: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Stays:
    """An answer in this format."""

    family: int
    content_type: str


Expectation = Accepted | Promised | Alike | Stays


def expectation(joined: Joined, old: Document) -> Expectation | None:
    """Return what separates the two sides; None where nothing seen or declared does.

    *old* is production's document.
    """
    sent, asks = joined.sent, joined.change.direction is Direction.REQUEST
    if sent is None or sent.candidate is None:
        return Accepted() if asks else None
    here, there = _family(sent.candidate), _family(sent.baseline)
    checks = {each.check for each in joined.lived}
    if there is not None and here != there:
        return Accepted(there)
    refused = asks or REFUSAL in checks or here in (None, FAILED)
    if there is None and here != SERVED and refused:
        return Accepted()
    if refused and sent.baseline and sent.baseline.status != sent.candidate.status:
        return Accepted(there or SERVED, sent.baseline.status)
    operation = joined.lived[0].operation if joined.lived else joined.change.operation
    if checks & PROMISES or _is_seen(joined) or _breaks(sent.candidate, operation, old):
        return Promised(there, promises(old, operation))
    return _difference(sent)


def _is_seen(joined: Joined) -> bool:
    """Whether an answer of the candidate was found that shows a declared change."""
    trial, answers = joined.trial, joined.change.direction is Direction.RESPONSE
    return answers and trial is not None and trial.shown is Shown.CONFIRMED


def _breaks(answer: WireAnswer, operation: str, old: Document) -> bool:
    value = _json(answer)
    if answer.status is None or value is _NOTHING:
        return False
    media = answer.content_type
    return Admission(old).allows_answer(operation, answer.status, media, value) is False


def _difference(sent: Sent) -> Expectation | None:
    """Return where the shapes of both answers differ, as the baseline has it."""
    family = _family(sent.baseline)
    if sent.baseline is None or sent.candidate is None or family is None:
        return None
    old, new = _kinds_of(sent.baseline), _kinds_of(sent.candidate)
    if old and new:
        differing = sorted(p for p in old | new if old.get(p) != new.get(p))
        return (
            Alike(family, {p: old.get(p, ()) for p in differing}) if differing else None
        )
    was, now = _media(sent.baseline), _media(sent.candidate)
    return Stays(family, was) if was != now else None


def _family(answer: WireAnswer | None) -> int | None:
    status = answer.status if answer is not None else None
    return None if status is None else status // 100


def _media(answer: WireAnswer) -> str:
    return answer.content_type.partition(";")[0].strip().lower()


_NOTHING = object()


def _json(answer: WireAnswer) -> Any:
    try:
        return json.loads(answer.body)
    except (ValueError, RecursionError):
        return _NOTHING


def _kinds_of(answer: WireAnswer) -> dict[str, tuple[str, ...]]:
    """Return the kinds of values at each place, the items of a list at one place."""
    value = _json(answer)
    found: dict[str, set[str]] = {}
    for place, kind in () if value is _NOTHING else _walk(value, ""):
        found.setdefault(place, set()).add(kind)
    return {place: tuple(sorted(kinds)) for place, kinds in found.items()}


def _walk(value: Any, place: str) -> Iterator[tuple[str, str]]:
    yield place, type(value).__name__
    if isinstance(value, dict):
        for name, member in value.items():
            yield from _walk(member, f"{place}/{name}")
    elif isinstance(value, list):
        for item in value:
            yield from _walk(item, f"{place}/*")
