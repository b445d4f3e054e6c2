"""Every drawn request goes to both arms; what differs in a telling way is kept."""

import uuid
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from schemathesis import Case
from schemathesis.core.parameters import ParameterLocation

from gate.openapi import Document
from gate.openapi.traffic.admission import Admission
from gate.suites.consumers.arms import MOST_SILENCES, NO_JSON, Arm, FellSilent, Met
from gate.suites.consumers.budget import Budget
from gate.suites.consumers.complaints import (
    ACCEPTANCE,
    DIFFERS,
    SERVER_FAULT,
    TOLERATED,
    UNCHECKED,
    UNKNOWN_STATUS,
    Complaint,
    complaints,
    refused,
)
from gate.suites.consumers.correspondence import NAMES_A_THING, Correspondence
from gate.suites.consumers.exchange import (
    NOTHING_LINKED,
    Exchange,
    Links,
    copied,
    learn,
    translated,
    with_own_keys,
)
from gate.suites.consumers.shapes import Shape, contradictions, joined, shape, within
from gate.suites.consumers.silence import speaks_of

SAFE = frozenset({"GET", "HEAD", "OPTIONS", "TRACE", "QUERY"})
GONE = frozenset({404, 410})
TOO_MANY = 429
CONFLICT = 409
SAMPLES_EACH = 2
MOST_KEPT_EACH = 12
MOST_ACCEPTED_EACH = 8
MOST_SEEN = 20_000
_NOT_JSON = frozenset({"something that is no JSON"})
Answered = tuple[str, int]


@dataclass(frozen=True, slots=True)
class Kept:
    """An exchange that a consumer of the old document complains of.

    *shared*: the baseline does the same; null where that cannot be told. *place* is
    where the shapes of the two answers differ.
    """

    complaint: Complaint
    exchange: Exchange
    shared: bool | None
    place: str = ""


@dataclass(slots=True)
class _Shapes:
    """What one operation's answers of one status looked like on each side."""

    candidate: Shape = field(default_factory=dict)
    baseline: Shape = field(default_factory=dict)
    noise: set[str] = field(default_factory=set)
    exchanges: list[Exchange] = field(default_factory=list)


class Play:
    """What old consumers met, request by request."""

    def __init__(
        self,
        candidate: Arm,
        control: Arm | None,
        document: Document,
        budget: Budget,
        newer: Document | None = None,
    ) -> None:
        self.candidate = candidate
        self.control = control
        self._documents = [document] if newer is None else [document, newer]
        self.old = Admission(document)
        self.budget = budget
        self.sent: Counter[str] = Counter()
        self.accepted: Counter[str] = Counter()
        self.refused: Counter[str] = Counter()
        self.compared = 0
        # Why answers could not be held against the document, by operation.
        self.unchecked: dict[str, str] = {}
        self._run = uuid.uuid4().hex[:8]
        self._makers: dict[str, Exchange] = {}
        self.examples: dict[str, list[Exchange]] = defaultdict(list)
        self._kept: dict[tuple[str, ...], list[Kept]] = {}
        self._shapes: dict[Answered, _Shapes] = defaultdict(_Shapes)
        self._sampled: Counter[str] = Counter()
        # What answers named, by the collection that was asked.
        self._seen: dict[str, set[str]] = defaultdict(set)
        # What the baseline itself was seen to break, by operation.
        self._faults: dict[str, set[tuple[str, str]]] = defaultdict(set)

    def meet(
        self,
        case: Case[Any],
        linked: Links = NOTHING_LINKED,
        earlier: tuple[Exchange, ...] = (),
    ) -> Exchange:
        """Send one drawn request to both arms.

        Raises Spent when the budget is, FellSilent when an arm answers no more, and
        Unsendable.
        """
        self.budget.spend()
        pristine = with_own_keys(copied(case), self._run, self.old)
        if not earlier:
            linked, earlier = self._made_by(pristine)
        ours = self.candidate.send(copied(pristine))
        theirs = self._on_baseline(pristine, linked, earlier)
        exchange = Exchange(pristine, ours, theirs, linked, earlier)
        self._count(exchange)
        for kept in self._telling(exchange):
            self._keep(kept)
        for arm in (self.candidate, self.control):
            if arm is not None and arm.silences >= MOST_SILENCES:
                raise FellSilent(f"{arm.name} answered no more")
        return exchange

    def shares(self, complaint: Complaint, exchange: Exchange) -> bool | None:
        """Whether the baseline gives the same cause; None: it did not come so far.

        An answer that breaks a promise which the baseline keeps is not excused by
        another promise that the baseline breaks as well.
        """
        ours, theirs = exchange.candidate, exchange.baseline
        if theirs is None:
            return None
        found = complaints(exchange.case, theirs, self.old)
        alike = [each for each in found if each.check == complaint.check]
        faults = self._faults[exchange.operation]
        faults |= {fault for each in alike for fault in each.faults}
        if complaint.check == SERVER_FAULT:
            return bool(alike)
        if complaint.check == ACCEPTANCE:
            # A conflict is one with what is stored: the request itself was fine.
            fine = theirs.accepted or theirs.status == CONFLICT
            return refused(theirs) or (False if fine else None)
        if complaint.check == UNKNOWN_STATUS:
            if ours.status == theirs.status:
                return True
            return False if theirs.accepted else None
        if ours.status // 100 != theirs.status // 100:
            return None
        if complaint.faults and all(each.faults for each in alike):
            return complaint.faults <= faults
        return bool(alike)

    def kept(self) -> Iterator[tuple[Kept, ...]]:
        """Yield, for each thing to complain of, the exchanges that show it.

        What is the candidate's alone comes first, and of that the smallest.
        """
        for (operation, status), seen in self._shapes.items():
            for kept in self._reshaped(operation, status, seen):
                self._keep(kept)
        groups = [tuple(sorted(g, key=_telling_first)) for g in self._kept.values()]
        yield from sorted(groups, key=lambda group: bool(group[0].shared))

    def _on_baseline(
        self, case: Case[Any], linked: Links, earlier: tuple[Exchange, ...]
    ) -> Met | None:
        if self.control is None:
            return None
        known = Correspondence()
        for step in earlier:
            if step.baseline is not None:
                learn(known, step.candidate, step.baseline)
        twin = translated(case, linked, known)
        met = self.control.send(copied(twin))
        self.compared += 1
        label = str(case.operation.label)
        # What the baseline does not do twice in the same way is nobody's break.
        if (
            met.accepted
            and case.method.upper() in SAFE
            and self._sampled[label] < SAMPLES_EACH
        ):
            self._sampled[label] += 1
            again = self.control.send(twin)
            if again.status == met.status:
                self._shapes[label, met.status].noise |= _unsteady(met, again)
        return met

    def _made_by(self, case: Case[Any]) -> tuple[Links, tuple[Exchange, ...]]:
        """What made the things that a path names, where old consumers made them."""
        linked: set[tuple[ParameterLocation, str | None]] = set()
        earlier: list[Exchange] = []
        for name, value in case.path_parameters.items():
            maker = self._makers.get(str(value))
            if maker is not None:
                linked.add((ParameterLocation.PATH, name))
                steps = (*maker.earlier, maker)
                earlier += [each for each in steps if each not in earlier]
        return frozenset(linked), tuple(earlier)

    def _count(self, exchange: Exchange) -> None:
        name, ours = exchange.operation, exchange.candidate
        self.sent[name] += 1
        self.accepted[name] += ours.accepted
        self.refused[name] += refused(ours)
        seen = self._seen[_collection(exchange.case)]
        if ours.accepted and ours.data is not NO_JSON and len(seen) < MOST_SEEN:
            seen |= _things(ours.data)
        if not accepted_by_both(exchange):
            return
        if exchange.case.method.upper() not in SAFE and len(self._makers) < MOST_SEEN:
            self._makers |= dict.fromkeys(_names(ours), exchange)
        if len(self.examples[name]) < MOST_ACCEPTED_EACH:
            self.examples[name].append(exchange)

    def _telling(self, exchange: Exchange) -> Iterator[Kept]:
        """Yield what an old consumer complains of, compared with the baseline."""
        ours, theirs = exchange.candidate, exchange.baseline
        told = complaints(exchange.case, ours, self.old)
        found = tuple(each for each in told if each.check != UNCHECKED)
        for each in set(told) - set(found):
            self.unchecked.setdefault(exchange.operation, each.message)
        if theirs is None:
            # Nobody can say whether production would have accepted it.
            for each in found:
                if each.check != ACCEPTANCE and not _by_chance(each, ours):
                    yield Kept(each, exchange, None)
            return
        kept = tuple(self._alone_or_shared(found, exchange))
        yield from kept
        if not all(each.shared for each in kept):
            return
        if theirs.accepted and not ours.accepted:
            if self._is_its_doing(exchange):
                said = f"answered {ours.status} where production's release answers "
                complaint = Complaint(DIFFERS, f"{said}{theirs.status}")
                yield Kept(complaint, exchange, shared=False)
        elif ours.accepted and ours.status == theirs.status:
            self._compare(exchange, ours, theirs)

    def _alone_or_shared(
        self, found: tuple[Complaint, ...], exchange: Exchange
    ) -> Iterator[Kept]:
        for each in found:
            chance = _by_chance(each, exchange.candidate)
            if chance and not self._is_its_doing(exchange):
                continue
            shared = self.shares(each, exchange)
            if shared is not None or self._counts(each, exchange):
                yield Kept(each, exchange, shared)

    def _counts(self, complaint: Complaint, exchange: Exchange) -> bool:
        """Whether it counts though the baseline answered in another way altogether."""
        if complaint.check == ACCEPTANCE:
            return False
        return exchange.candidate.accepted or complaint.check == UNKNOWN_STATUS

    def _is_its_doing(self, exchange: Exchange) -> bool:
        """Whether the status cannot come from what the two happen to have stored."""
        status = exchange.candidate.status
        if status == TOO_MANY:
            return False
        if status not in GONE or exchange.linked:
            return True
        values = (exchange.case.path_parameters or {}).values()
        seen = self._seen[_collection(exchange.case)]
        return all(str(value) in seen for value in values)

    def _compare(self, exchange: Exchange, ours: Met, theirs: Met) -> None:
        if theirs.data is NO_JSON:
            return
        seen = self._shapes[exchange.operation, ours.status]
        here, there = _shape(ours), _shape(theirs)
        seen.candidate = joined((seen.candidate, here)) if seen.exchanges else here
        seen.baseline = joined((seen.baseline, there)) if seen.exchanges else there
        if len(seen.exchanges) < MOST_KEPT_EACH or contradictions(there, here):
            seen.exchanges = [*seen.exchanges[-MOST_KEPT_EACH:], exchange]

    def _reshaped(self, operation: str, status: int, seen: _Shapes) -> Iterator[Kept]:
        """Yield where the candidate never answers in the shape of the baseline."""
        found = contradictions(seen.baseline, seen.candidate)
        for place, (was, now) in found.items():
            if any(within(place, each) for each in seen.noise):
                continue
            for exchange in seen.exchanges:
                media = exchange.candidate.media
                if place not in differences(exchange):
                    continue
                if any(
                    speaks_of(each, operation, status, media, place)
                    for each in self._documents
                ):
                    break
                said = (
                    f"{now} at {place or 'the top'} of an answer, where production's "
                )
                said += f"release answers with {was}"
                yield Kept(
                    Complaint(DIFFERS, said), exchange, shared=False, place=place
                )

    def _keep(self, kept: Kept) -> None:
        told = kept.complaint
        about = told.violated or (
            kept.place or "".join(filter(_no_digit, told.message)),
        )
        key = (kept.exchange.operation, told.check, *about)
        group = self._kept.setdefault(key, [])
        alike = [each for each in group if bool(each.shared) == bool(kept.shared)]
        others = [each for each in group if bool(each.shared) != bool(kept.shared)]
        best = sorted([*alike, kept], key=_telling_first)[:MOST_KEPT_EACH]
        self._kept[key] = [*others, *best]


def differences(exchange: Exchange) -> dict[str, tuple[str, str]]:
    """Return where the shapes of the two answers contradict each other."""
    ours, theirs = exchange.candidate, exchange.baseline
    if theirs is None or ours.response is None or theirs.data is NO_JSON:
        return {}
    return contradictions(_shape(theirs), _shape(ours))


def _shape(met: Met) -> Shape:
    return {"": _NOT_JSON} if met.data is NO_JSON else shape(met.data)


def _telling_first(kept: Kept) -> tuple[bool, bool, bool, int]:
    """What changes data shows again only where its whole sequence is known."""
    exchange = kept.exchange
    fine = exchange.baseline is None or exchange.baseline.accepted
    unsafe = exchange.case.method.upper() not in SAFE
    alone = unsafe and not exchange.earlier and bool(exchange.case.path_parameters)
    return bool(kept.shared), alone, not fine, exchange.size


def _names(met: Met) -> set[str]:
    """What the thing that was made may be called by in a path."""
    location = met.header("location").rstrip("/").rpartition("/")[2]
    body = met.data if isinstance(met.data, dict) else {}
    found = {
        str(value)
        for name, value in body.items()
        if NAMES_A_THING.fullmatch(name) and isinstance(value, str | int)
    }
    return {each for each in (*found, location) if each}


def _unsteady(one: Met, other: Met) -> set[str]:
    first, second = _shape(one), _shape(other)
    places = {*first, *second}
    return {each for each in places if first.get(each) != second.get(each)}


def _collection(case: Case[Any]) -> str:
    """The path up to its first parameter: order 1 is not customer 1."""
    return str(case.path).partition("{")[0].rstrip("/")


def _things(value: Any) -> set[str]:
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


def accepted_by_both(exchange: Exchange) -> bool:
    """Whether the request was a success wherever it was sent."""
    theirs = exchange.baseline
    return exchange.candidate.accepted and (theirs is None or theirs.accepted)


def _by_chance(complaint: Complaint, met: Met) -> bool:
    """Whether it may come from what the app happens to have stored."""
    return complaint.check == UNKNOWN_STATUS and met.status in TOLERATED


def _no_digit(character: str) -> bool:
    return not character.isdigit()
