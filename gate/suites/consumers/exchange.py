"""A request of an old consumer, as drawn, and what it met on both sides."""

import contextlib
import copy
import uuid
import zlib
from collections.abc import MutableMapping
from dataclasses import dataclass
from typing import Any

from schemathesis import Case
from schemathesis.core import NOT_SET
from schemathesis.core.parameters import ParameterLocation

from gate.openapi import Request
from gate.openapi.documents.pointers import unescaped
from gate.openapi.traffic.admission import Admission
from gate.suites.consumers.arms import NO_JSON, Arm, Met
from gate.suites.consumers.complaints import Complaint
from gate.suites.consumers.correspondence import Correspondence

Links = frozenset[tuple[ParameterLocation, str | None]]
Place = tuple[ParameterLocation, str]
NOTHING_LINKED: Links = frozenset()
_JSON = (str, int, float, bool, type(None), list, dict)


@dataclass(frozen=True, slots=True, eq=False)
class Exchange:
    """One request to both arms, and the steps of its sequence that came before it.

    *case* is as drawn and never sent itself, since sending changes a case. *linked*
    names the values that were taken from answers to the *earlier* steps.
    """

    case: Case[Any]
    candidate: Met
    baseline: Met | None
    linked: Links = NOTHING_LINKED
    earlier: tuple["Exchange", ...] = ()

    @property
    def operation(self) -> str:
        """Such as ``GET /orders/{id}``."""
        return str(self.case.operation.label)

    @property
    def size(self) -> int:
        """A measure of how much there is to read."""
        body = self.candidate.request.body if self.candidate.request else None
        url = self.candidate.request.url if self.candidate.request else None
        return len(body or "") + len(url or "") + 1_000 * len(self.earlier)


@dataclass(frozen=True, slots=True)
class Kept:
    """An exchange that a consumer of the old document complains of.

    *shared*: the baseline does the same; null where that cannot be told. *place* is
    where the shapes of the two answers differ. *again* is how it went when it was sent
    again at once and showed each time.
    """

    complaint: Complaint
    exchange: Exchange
    shared: bool | None
    place: str = ""
    again: Exchange | None = None


def copied(case: Case[Any]) -> Case[Any]:
    """Return a case that can be sent or changed on its own."""
    twin = Case(
        operation=case.operation,
        method=case.method,
        path=case.path,
        path_parameters=copy.deepcopy(case.path_parameters),
        headers=case.headers.copy(),
        cookies=copy.deepcopy(case.cookies),
        query=copy.deepcopy(case.query),
        body=copy.deepcopy(case.body),
        media_type=case.media_type,
        multipart_content_types=case.multipart_content_types,
    )
    # Without it, credentials that a hook computes for each request are lost.
    twin._auth = case._auth  # noqa: SLF001
    return twin


def translated(case: Case[Any], linked: Links, known: Correspondence) -> Case[Any]:
    """Return *case* with what it took from answers as the other side answered it."""
    twin = copied(case)
    for location, named in linked:
        if location is ParameterLocation.BODY and named is None:
            twin.body = known.theirs(twin.body)
            continue
        if location is ParameterLocation.BODY and named and named.startswith("/"):
            with contextlib.suppress(LookupError, TypeError, ValueError):
                put(twin, (location, named), known.theirs(value_at(twin, named)))
            continue
        container: Any = twin.get_container(location)
        if isinstance(container, MutableMapping) and named in container:
            container[named] = known.theirs(container[named])
    return twin


def value_at(case: Case[Any], pointer: str) -> Any:
    """Return what stands at a JSON pointer (RFC 6901) in the body; raises LookupError."""
    here: Any = case.body
    for name in _steps(pointer):
        here = here[int(name) if isinstance(here, list) else name]
    return here


def put(case: Case[Any], place: Place, value: Any) -> None:
    """Write *value* to a named parameter of *case*, or to a place in its body.

    Raises LookupError, TypeError and ValueError where there is no such place.
    """
    location, at = place
    if location is not ParameterLocation.BODY:
        container: Any = case.get_container(location)
        container[at] = value
        return
    holder = value_at(case, at.rpartition("/")[0])
    last = _steps(at)[-1]
    holder[int(last) if isinstance(holder, list) else last] = copy.deepcopy(value)


def _steps(pointer: str) -> list[str]:
    parts = pointer.split("/")[1:]
    return [unescaped(each) for each in parts]


def learn(known: Correspondence, ours: Met, theirs: Met) -> None:
    """Add what two answers to the same request tell of each other's values."""
    if ours.accepted and theirs.accepted:
        if ours.data is not NO_JSON and theirs.data is not NO_JSON:
            known.learn(ours.data, theirs.data)
        known.learn_location(ours.header("location"), theirs.header("location"))


def replay(
    exchange: Exchange, case: Case[Any], arm: Arm, run: str, old: Admission
) -> Met:
    """Send *case* in the place of the exchange's own, after the steps before it.

    Declared idempotency keys are other ones in each *run*, or the answers would be old
    ones. Raises Unsendable.
    """
    return arm.send(with_own_keys(prepared(exchange, case, arm, run, old), run, old))


def prepared(
    exchange: Exchange, case: Case[Any], arm: Arm, run: str, old: Admission
) -> Case[Any]:
    """Take the steps before an exchange anew; return *case* about what they made."""
    known = Correspondence()
    for number, step in enumerate(exchange.earlier):
        twin = translated(step.case, step.linked, known)
        met = arm.send(with_own_keys(twin, f"{run}{number}", old))
        # What cannot be made twice is there still.
        there = step.baseline if arm.is_control else step.candidate
        learn(known, step.candidate, met if met.accepted or not there else there)
    return translated(case, exchange.linked, known)


def with_own_keys(case: Case[Any], run: str, old: Admission) -> Case[Any]:
    """Give *case* idempotency keys that are its own in this run; return it.

    Equal ones stay equal; but an app that keeps what it was asked would answer those
    of the last run with what it made then. What *old* does not take stays as drawn.
    """
    for name, value in list(case.headers.items()):
        if "idempotency" not in name.lower():
            continue
        made = f"{run}-{zlib.crc32(str(value).encode()):08x}"
        for key in (made, str(uuid.uuid5(uuid.NAMESPACE_URL, made))):
            case.headers[name] = key
            request = as_request(case)
            if request and not old.refuses_request(str(case.operation.label), request):
                break
            case.headers[name] = value
    return case


def from_request(case: Case[Any], request: Request) -> Case[Any]:
    """Return *case* with the parameters and the body of *request*."""
    twin = copied(case)
    twin.path_parameters = dict(request.in_path)
    twin.query, twin.cookies = dict(request.query), dict(request.cookies)
    twin.headers.clear()
    twin.headers.update(request.headers)
    twin.media_type = request.media or None
    twin.body = request.body if request.media else NOT_SET
    return twin


def as_request(case: Case[Any]) -> Request | None:
    """Return the case as the documents' own kind of request; None where it is none."""
    body: Any = None if case.media_type is None else case.body
    if "form" in (case.media_type or "") and isinstance(body, list):
        body = _form(body)
    parts: list[Any] = [case.path_parameters, case.query, case.cookies]
    if not all(isinstance(part, dict) for part in parts) or not isinstance(body, _JSON):
        return None
    return Request(
        method=case.method,
        path=case.path,
        in_path=dict(case.path_parameters),
        query=dict(case.query),
        headers={name: str(value) for name, value in case.headers.items()},
        cookies=dict(case.cookies),
        media=case.media_type or "",
        body=body,
    )


def _form(pairs: list[Any]) -> Any:
    """The fields of a form as an object; the pairs themselves where one repeats."""
    if not all(isinstance(pair, tuple) for pair in pairs):
        return pairs
    fields = dict(pairs)
    return fields if len(fields) == len(pairs) else object()
