"""Every drawn request goes to both arms; what differs in a telling way is kept."""

import uuid
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from schemathesis import Case
from schemathesis.core.parameters import ParameterLocation

from gate.openapi import Document
from gate.openapi.traffic.admission import Admission
from gate.suites.consumers.arms import MOST_SILENCES, Arm, FellSilent, Met
from gate.suites.consumers.budget import Budget
from gate.suites.consumers.complaints import refused
from gate.suites.consumers.correspondence import Correspondence
from gate.suites.consumers.exchange import (
    NOTHING_LINKED,
    Exchange,
    Kept,
    Links,
    Place,
    as_request,
    copied,
    learn,
    translated,
    with_own_keys,
)
from gate.suites.consumers.grounding import loose, value_of
from gate.suites.consumers.repeating import Repeating
from gate.suites.consumers.reshaping import Reshaping
from gate.suites.consumers.secrecy import Secrets
from gate.suites.consumers.telling import GONE, TOO_MANY, Telling
from gate.suites.consumers.things import Things

SAFE = frozenset({"GET", "HEAD", "OPTIONS", "TRACE", "QUERY"})
TURNED_AWAY = frozenset({401, 403, TOO_MANY})
ASKS_WHO = frozenset({401, 403})
SAMPLES_EACH = 2
MOST_KEPT_EACH = 12
MOST_ACCEPTED_EACH = 8
MOST_AT_ONCE = 3


class Play:
    """What old consumers met, request by request."""

    def __init__(
        self,
        candidate: Arm,
        control: Arm | None,
        documents: tuple[Document, Document | None],
        budget: Budget,
        secrets: Secrets,
    ) -> None:
        self.candidate = candidate
        self.control = control
        self.old = Admission(documents[0])
        self.budget = budget
        self._secrets = secrets
        self.sent: Counter[str] = Counter()
        self.accepted: Counter[str] = Counter()
        self.refused: Counter[str] = Counter()
        self.turned_away: Counter[str] = Counter()
        self.compared = 0
        self._run = uuid.uuid4().hex[:8]
        self._things = Things()
        self.telling = Telling(documents[0], self.old, self._things)
        self.repeating = Repeating(candidate, control, self.old, self.telling)
        self._reshaping = Reshaping(tuple(each for each in documents if each))
        self.examples: dict[str, list[Exchange]] = defaultdict(list)
        # What the baseline took, and of that what the candidate did not.
        self.taken: dict[str, list[Exchange]] = defaultdict(list)
        self.took: Counter[str] = Counter()
        self.lost: dict[str, list[Exchange]] = defaultdict(list)
        self._kept: dict[tuple[str, ...], list[Kept]] = {}
        self._at_once: Counter[tuple[str, ...]] = Counter()
        self._sampled: Counter[str] = Counter()

    @property
    def left(self) -> int:
        """How many requests may still be sent to the candidate, drawn or not."""
        return self.candidate.most - self.candidate.asked

    @property
    def exhausted(self) -> bool:
        """Whether nothing more may be sent, or time is up."""
        return self.budget.late or self.left <= 0

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
            pristine = self._about_what_exists(pristine)
            linked, earlier = self._things.made(pristine)
        exchange = self._met(pristine, linked, earlier)
        self._count(exchange)
        told = list(self.telling.of(exchange))
        for kept in told:
            self._keep(self._seen_at_once(kept))
        if all(each.shared for each in told):
            self._compare(exchange)
        for arm in (self.candidate, self.control):
            if arm is not None and arm.silences >= MOST_SILENCES:
                raise FellSilent(f"{arm.name} answered no more")
        return exchange

    def kept(self) -> Iterator[tuple[Kept, ...]]:
        """Yield, for each thing to complain of, the exchanges that show it.

        What is the candidate's alone comes first, and of that the smallest.
        """
        for kept in self._reshaping.found():
            self._keep(kept)
        groups = [tuple(sorted(g, key=_telling_first)) for g in self._kept.values()]
        yield from sorted(groups, key=lambda group: bool(group[0].shared))

    def loose(self, exchange: Exchange) -> tuple[Place, ...]:
        """Return the places of what only one side may have, or have in this state.

        What answers named is there, to be read or to be missed.
        """
        places = loose(exchange, self.old)
        safe = exchange.case.method.upper() in SAFE
        if self._things.knows(exchange.case) and (
            safe or exchange.candidate.status in GONE
        ):
            return tuple(
                each for each in places if each[0] is not ParameterLocation.PATH
            )
        return places

    def _about_what_exists(self, case: Case[Any]) -> Case[Any]:
        """Name what old consumers made, where the document still allows it."""
        twin = self._things.with_made(copied(case))
        request, label = as_request(twin), str(case.operation.label)
        fits = request is not None and self.old.refuses_request(label, request) is False
        return twin if fits else case

    def _met(
        self, case: Case[Any], linked: Links, earlier: tuple[Exchange, ...]
    ) -> Exchange:
        ours = self.candidate.send(copied(case))
        theirs = self._on_baseline(case, linked, earlier)
        label = str(case.operation.label)
        if (
            theirs is not None
            and theirs.status in ASKS_WHO
            and self._secrets.are_kept_from(label)
        ):
            # Whatever the document says, production asks for credentials here.
            self._secrets.are_needed_by(label)
            ours = self.candidate.send(copied(case))
            theirs = self._on_baseline(case, linked, earlier)
        return Exchange(case, ours, theirs, linked, earlier)

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
            self._reshaping.unsteady(label, met, self.control.send(twin))
        return met

    def _count(self, exchange: Exchange) -> None:
        name, ours = exchange.operation, exchange.candidate
        self.sent[name] += 1
        self.accepted[name] += ours.accepted
        self.refused[name] += refused(ours)
        self.turned_away[name] += ours.status in TURNED_AWAY
        both = accepted_by_both(exchange)
        unsafe = exchange.case.method.upper() not in SAFE
        self._things.note(exchange, changes=unsafe and both)
        if exchange.baseline is not None and exchange.baseline.accepted:
            self.took[name] += 1
            _add(self.taken[name], exchange)
            if (
                not ours.accepted
                and ours.status != TOO_MANY
                and self._is_sure(exchange)
            ):
                _add(self.lost[name], exchange)
        if both:
            _add(self.examples[name], exchange)

    def _is_sure(self, exchange: Exchange) -> bool:
        """Whether a request names only what both sides have, apart from texts."""
        return not any(
            place[0] is ParameterLocation.PATH
            or not isinstance(value_of(exchange.case, place), str)
            for place in self.loose(exchange)
        )

    def _compare(self, exchange: Exchange) -> None:
        ours, theirs = exchange.candidate, exchange.baseline
        if theirs is not None and ours.accepted and ours.status == theirs.status:
            self._reshaping.compare(exchange)

    def _seen_at_once(self, kept: Kept) -> Kept:
        """Ask again what changes nothing, before what it shows is changed by others."""
        safe = kept.exchange.case.method.upper() in SAFE
        key = _key(kept)
        if (
            kept.shared
            or not safe
            or kept.exchange.candidate.response is None
            or self._at_once[key] >= MOST_AT_ONCE
            or self.candidate.asked - self.budget.sent > self.budget.requests // 4
        ):
            return kept
        again = self.repeating.again(kept, copied)
        self._at_once[key] += MOST_AT_ONCE if again else 1
        return replace(kept, again=again)

    def _keep(self, kept: Kept) -> None:
        key = _key(kept)
        group = self._kept.setdefault(key, [])
        alike = [each for each in group if bool(each.shared) == bool(kept.shared)]
        others = [each for each in group if bool(each.shared) != bool(kept.shared)]
        best = sorted([*alike, kept], key=_telling_first)[:MOST_KEPT_EACH]
        self._kept[key] = [*others, *best]


def accepted_by_both(exchange: Exchange) -> bool:
    """Whether the request was a success wherever it was sent."""
    theirs = exchange.baseline
    return exchange.candidate.accepted and (theirs is None or theirs.accepted)


def _add(exchanges: list[Exchange], one: Exchange) -> None:
    if len(exchanges) < MOST_ACCEPTED_EACH:
        exchanges.append(one)


def _key(kept: Kept) -> tuple[str, ...]:
    told = kept.complaint
    about = told.violated or (kept.place or "".join(filter(_no_digit, told.message)),)
    return (kept.exchange.operation, told.check, *about)


def _telling_first(kept: Kept) -> tuple[bool, bool, bool, bool, int]:
    """What changes data shows again only where its whole sequence is known."""
    exchange = kept.exchange
    fine = exchange.baseline is None or exchange.baseline.accepted
    unsafe = exchange.case.method.upper() not in SAFE
    alone = unsafe and not exchange.earlier and bool(exchange.case.path_parameters)
    again = kept.again is not None
    return bool(kept.shared), not again, alone, not fine, exchange.size


def _no_digit(character: str) -> bool:
    return not character.isdigit()
