"""What an old consumer complains of at one exchange, compared with the baseline."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import replace

from schemathesis.core.parameters import ParameterLocation

from gate.openapi import Document
from gate.openapi.documents.operations import locate
from gate.openapi.traffic.admission import Admission
from gate.suites.consumers.arms import Met
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
from gate.suites.consumers.exchange import Exchange, Kept
from gate.suites.consumers.things import Things

GONE = frozenset({404, 410})
TOO_MANY = 429
CONFLICT = 409


class Telling:
    """Holds answers against the old *document*; *things* are what both sides have."""

    def __init__(self, document: Document, old: Admission, things: Things) -> None:
        self._document = document
        self._old = old
        self._things = things
        # Why answers could not be held against the document, by operation.
        self.unchecked: dict[str, str] = {}
        # What the baseline itself was seen to break, by operation.
        self._faults: dict[str, set[tuple[str, str]]] = defaultdict(set)
        # How often each side failed, by status.
        self._failed: dict[bool, Counter[int]] = {True: Counter(), False: Counter()}

    def of(self, exchange: Exchange) -> Iterator[Kept]:
        """Yield what an old consumer complains of."""
        ours, theirs = exchange.candidate, exchange.baseline
        told = self.complaints(exchange)
        found = tuple(each for each in told if each.check != UNCHECKED)
        for each in set(told) - set(found):
            self.unchecked.setdefault(exchange.operation, each.message)
        if theirs is None:
            # Nobody can say whether production would have accepted it.
            for each in found:
                if each.check != ACCEPTANCE and not _by_chance(each, ours):
                    yield Kept(each, exchange, None)
            return
        self._failed[True][ours.status] += _failed(ours)
        self._failed[False][theirs.status] += _failed(theirs)
        kept = tuple(self._alone_or_shared(found, exchange))
        yield from kept
        if not all(each.shared for each in kept):
            return
        if theirs.accepted and not ours.accepted and self._is_its_doing(exchange):
            said = f"answered {ours.status} where production's release answers "
            complaint = Complaint(DIFFERS, f"{said}{theirs.status}")
            yield Kept(complaint, exchange, shared=False)

    def complaints(self, exchange: Exchange) -> tuple[Complaint, ...]:
        """Return what the document's reader says of the candidate's answer.

        A status that the document does not name is said to be just that, beside the
        status that production's release answers with.
        """
        ours, theirs = exchange.candidate, exchange.baseline
        found = complaints(exchange.case, ours, self._old)
        if theirs is None or not theirs.accepted or ours.status == theirs.status:
            return found
        said = (
            f"answered {ours.status}, which production's document does not name, where "
            f"production's release answers {theirs.status}"
        )
        if ours.accepted and not _names(
            self._document, exchange.operation, ours.status
        ):
            return (Complaint(UNKNOWN_STATUS, said),)
        return tuple(
            replace(each, message=said) if each.check == UNKNOWN_STATUS else each
            for each in found
        )

    def shares(self, complaint: Complaint, exchange: Exchange) -> bool | None:
        """Whether the baseline gives the same cause; None: it did not come so far.

        An answer that breaks a promise which the baseline keeps is not excused by
        another promise that the baseline breaks as well.
        """
        ours, theirs = exchange.candidate, exchange.baseline
        if theirs is None:
            return None
        found = complaints(exchange.case, theirs, self._old)
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
            return faults.issuperset(complaint.faults)
        return bool(alike)

    def is_noise(self, kept: Kept) -> bool:
        """Whether what did not show again is what equal apps differ in now and then.

        That is what they happen to have stored, and failures that come by chance on
        the baseline as well.
        """
        met = kept.exchange.candidate
        if kept.complaint.check == SERVER_FAULT:
            here, there = (self._failed[side][met.status] for side in (True, False))
            return here <= 3 * there
        if kept.complaint.check in (ACCEPTANCE, DIFFERS):
            return True
        return kept.complaint.check == UNKNOWN_STATUS and met.status >= 400

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
        return status not in GONE or self._is_known(exchange)

    def _is_known(self, exchange: Exchange) -> bool:
        made = {place for place, _ in exchange.linked}
        return ParameterLocation.PATH in made or self._things.knows(exchange.case)


def is_refusal(kept: Kept) -> bool:
    """Whether the candidate took the request for wrong, where the baseline did not."""
    check = kept.complaint.check
    met = kept.exchange.candidate
    return check == ACCEPTANCE or (check == DIFFERS and 400 <= met.status < 500)


def _names(document: Document, operation: str, status: int) -> bool:
    """Whether the document names a status, alone or in a range."""
    found = locate(document, operation)
    named = {name.upper() for name in found.own.members("responses")} if found else ()
    return str(status) in named or f"{status // 100}XX" in named


def _failed(met: Met) -> bool:
    return met.response is None or met.status >= 500


def _by_chance(complaint: Complaint, met: Met) -> bool:
    """Whether it may come from what the app happens to have stored."""
    return complaint.check == UNKNOWN_STATUS and met.status in TOLERATED
