"""Declared breaks, tried: is the request really refused, the answer really so?"""

import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import islice

from gate.model.evidence import LiveBreak, Shown, Trial
from gate.openapi import Change, Direction, Document, Level, Request
from gate.openapi.traffic.admission import OF_MEMBERS, Admission
from gate.openapi.traffic.styles import Unwritable
from gate.openapi.traffic.wire import written
from gate.suites.consumers.arms import Arm, Met, Unsendable
from gate.suites.consumers.complaints import SERVER_FAULT, TOLERATED, refused
from gate.suites.consumers.exchange import (
    Exchange,
    as_request,
    from_request,
    prepared,
    with_own_keys,
)
from gate.suites.consumers.grafting import grafts
from gate.suites.consumers.playing import Play
from gate.suites.consumers.secrecy import Secrets
from gate.suites.consumers.telling import CONFLICT, TOO_MANY

MOST_TRIALS = 200
MOST_TRIED = 3
GONE = frozenset({404, 405, 410, 501})


class Trials:
    """Sends counterexamples to both arms; *withheld* says why some may not be sent."""

    def __init__(
        self,
        play: Play,
        documents: tuple[Document, Document],
        secrets: Secrets,
        withheld: Mapping[str, str],
        breaks: Sequence[LiveBreak],
    ) -> None:
        self._play = play
        self._document, new = documents
        self._old, self._new = play.old, Admission(new)
        self._secrets = secrets
        self._withheld = withheld
        self._breaks = breaks

    def run(self, changes: Iterable[Change]) -> Iterator[Trial]:
        """Yield what became of each declared break, a bounded number of them."""
        breaking = [each for each in changes if each.level is Level.BREAKS]
        for number, change in enumerate(breaking):
            if number >= MOST_TRIALS:
                why = f"only the first {MOST_TRIALS} declared breaks are tried"
                yield _not_sent(change, why)
            elif change.direction is Direction.RESPONSE:
                yield self._answered(change)
            else:
                yield self._asked(change)

    def _answered(self, change: Change) -> Trial:
        """Look for the answer among those that old consumers got."""
        reached = change.reached
        for each in self._breaks:
            if each.operation in reached and shows(each, change):
                return Trial(
                    change.name,
                    each.operation,
                    Shown.CONFIRMED,
                    request=each.request,
                    candidate=each.candidate,
                    baseline=each.baseline,
                )
        held = [self._withheld[each] for each in reached if each in self._withheld]
        if held and len(held) == len(reached):
            return _not_sent(change, held[0])
        seen = sum(self._play.accepted[each] for each in reached)
        if not seen:
            return _not_sent(change, "no request to it was answered 2xx")
        why = f"none of {seen} answers showed it"
        return Trial(change.name, change.operation, Shown.NOT_CONFIRMED, why)

    def _asked(self, change: Change) -> Trial:
        """Send the request that is allowed no more."""
        example = change.counterexample
        request = change.request
        if request is None and example and isinstance(example.exchange, Request):
            request = example.exchange
        if request is None:
            return _not_sent(change, "no request could be made that shows it")
        operation = f"{request.method.upper()} {request.path}"
        if operation in self._withheld:
            return _not_sent(change, self._withheld[operation])
        if self._play.exhausted:
            return _not_sent(change, "all requests were sent, or their time was up")
        best: Trial | None = None
        for attempt, base in self._attempts(operation, request):
            found = self._tried(change, operation, attempt, base)
            if found.shown is Shown.CONFIRMED:
                return found
            best = best or found
        return best or _not_sent(change, "it could not be written as a request")

    def _attempts(
        self, operation: str, request: Request
    ) -> Iterator[tuple[Request, Exchange | None]]:
        """Yield the request as parts of an accepted one, then as it is.

        An accepted request names what exists, so that nothing else is wrong with it.
        """
        play = self._play
        accepted = play.examples.get(operation) or play.taken.get(operation, [])
        base = min(accepted, key=lambda each: each.size, default=None)
        mine = as_request(base.case) if base else None
        if base is not None and mine is not None:
            for each in islice(self._separating(operation, mine, request), MOST_TRIED):
                yield each, base
            if request.in_path:
                yield replace(request, in_path=mine.in_path), base
        yield request, None

    def _separating(
        self, operation: str, base: Request, request: Request
    ) -> Iterator[Request]:
        """Yield what only the new document refuses: small changes to *base*."""
        paths = {**base.in_path, **request.in_path}
        in_path = (
            replace(base, in_path={**base.in_path, name: paths[name]})
            for name in request.in_path
        )
        parts = [each for _, each in grafts(base, request)]
        for each in [*in_path, base, *reversed(parts)]:
            if (
                self._old.refuses_request(operation, each) is False
                and self._new.refuses_request(operation, each) is True
            ):
                yield each

    def _tried(
        self, change: Change, operation: str, request: Request, base: Exchange | None
    ) -> Trial:
        play, run = self._play, uuid.uuid4().hex[:8]  # the same on both sides
        try:
            candidate = self._send(play.candidate, operation, request, base, run)
            baseline = (
                self._send(play.control, operation, request, base, run)
                if play.control
                else None
            )
        except (Unsendable, Unwritable) as error:
            return _not_sent(change, str(error))
        shown, why = _verdict(candidate, baseline, removed=_is_removal(change))
        sent = candidate.request
        return Trial(
            change.name,
            operation,
            shown,
            why,
            None if sent is None else self._secrets.wire(sent),
            candidate.told(),
            None if baseline is None else baseline.told(),
        )

    def _send(
        self,
        arm: Arm,
        operation: str,
        request: Request,
        base: Exchange | None,
        run: str,
    ) -> Met:
        """Send it to one side, about what exists there when *base* comes before it."""
        if base is not None and base.earlier:
            case = from_request(base.case, request)
            there = prepared(base, case, arm, run, self._old)
            request = as_request(there) or replace(
                request, in_path=there.path_parameters
            )
        if base is not None:
            own = with_own_keys(from_request(base.case, request), run, self._old)
            request = replace(request, headers=dict(own.headers))
        wire = written(self._document, operation, request)
        more: dict[str, str] = {}
        play = self._play
        known = play.examples.get(operation) or play.taken.get(operation, [])
        for each in known[:1]:
            met = each.candidate if arm is self._play.candidate else each.baseline
            if met is not None and met.request is not None:
                more = self._secrets.given_by_hooks(met.request)
        return arm.send_written(operation, wire, more)


def shows(broken: LiveBreak, change: Change) -> bool:
    """Whether an answer breaks the old document just where the change says so."""
    if not broken.replays or broken.on_baseline:
        return False
    return any(_at(each, change.pointer_old, broken) for each in broken.violated)


def _at(keyword: str, place: str, broken: LiveBreak) -> bool:
    if not place:
        return False
    if keyword == place or keyword.startswith(place + "/"):
        return True
    schema, _, last = keyword.rpartition("/")
    if last not in OF_MEMBERS or not place.startswith(schema + "/"):
        return False
    member = place[len(schema) + 1 :].split("/")
    named = member[1] if len(member) > 1 and member[0] == "properties" else ""
    return last != "required" or not named or f'"{named}"' in broken.message


def _verdict(
    candidate: Met, baseline: Met | None, *, removed: bool
) -> tuple[Shown, str]:
    if candidate.accepted or candidate.status == TOO_MANY:
        return Shown.NOT_CONFIRMED, f"the candidate answered {candidate.status}"
    if baseline is not None:
        # A conflict is one with what is stored: the request itself was fine.
        if baseline.accepted or (baseline.status == CONFLICT and refused(candidate)):
            return Shown.CONFIRMED, ""
        said = baseline.status or baseline.trouble
        return Shown.NOT_CONFIRMED, f"the baseline answered {said} as well"
    if candidate.response is None or candidate.status >= 500:
        return Shown.NOT_CONFIRMED, f"the candidate failed ({SERVER_FAULT})"
    if candidate.status in TOLERATED and not (removed and candidate.status in GONE):
        return Shown.NOT_CONFIRMED, f"the candidate answered {candidate.status}"
    return Shown.CONFIRMED, ""


def _is_removal(change: Change) -> bool:
    return not change.pointer_new or change.rule.endswith("removed")


def _not_sent(change: Change, why: str) -> Trial:
    return Trial(change.name, change.operation, Shown.NOT_SENT, why)
