"""What old consumers complained of, sent again to both sides before it is told.

Only what shows twice more is a break; it is made smaller first, as long as it shows.
What may come from what the two have stored is asked about other things as well.
"""

import uuid
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from gate.model.evidence import LiveBreak
from gate.openapi.traffic.admission import Admission
from gate.suites.consumers.arms import NO_JSON, Met, Unsendable
from gate.suites.consumers.complaints import (
    ACCEPTANCE,
    DIFFERS,
    SERVER_FAULT,
    Complaint,
    refused,
)
from gate.suites.consumers.exchange import (
    Exchange,
    Kept,
    Place,
    as_request,
    copied,
    replay,
)
from gate.suites.consumers.grounding import like, renamed, texts_of
from gate.suites.consumers.playing import Play, accepted_by_both
from gate.suites.consumers.repeating import REPLAYS, Made
from gate.suites.consumers.secrecy import Secrets
from gate.suites.consumers.shrinking import smaller
from gate.suites.consumers.telling import CONFLICT, is_refusal

MOST_TRIED = 4
MOST_SHRINKS = 24
LEAST_REFUSED = 3
MOST_NAMES = 3
Places = tuple[Place, ...]


class Confirming:
    """Sends again what was kept, and tells the breaks; *new* is None without one."""

    def __init__(self, play: Play, secrets: Secrets, new: Admission | None) -> None:
        self._play = play
        self._secrets = secrets
        self._new = new
        self._repeating = play.repeating
        self.shrinks = MOST_SHRINKS
        self._told_already: set[tuple[str, tuple[str, ...]]] = set()
        self.unrepeated: list[str] = []  # nobody's break
        self.unsettled: list[str] = []  # nobody can tell
        self.unasked: list[str] = []  # operations that time did not suffice for

    def confirm(self, kept: tuple[Kept, ...]) -> LiveBreak | None:
        """Return the break that these exchanges show, or None when none repeats.

        It is told as it was seen, with no replays, where many different requests show
        it that are not taken twice. What time does not suffice for is `unasked`; what
        may be a break or may not is `unsettled`.
        """
        first = kept[0]
        for each in kept[:MOST_TRIED]:
            if self._play.exhausted:
                break
            shown = each.again or self._shown(each)
            if shown is None:
                continue
            least = shown if each.shared else self._least(each, shown)
            grounded = self._grounded(each, least)
            if grounded is None:
                return None
            if not each.shared:
                told = each.complaint.check, each.complaint.violated
                self._told_already.add(told)
            return self._told(each, grounded, replays=REPLAYS)
        if self._play.exhausted:
            if not first.shared:
                self.unasked.append(first.exchange.operation)
            return None
        if sum(self._is_taken_once(each) for each in kept[:MOST_TRIED]) > REPLAYS:
            return self._told(first, first.exchange, replays=0)
        noise = first.shared or self._play.telling.is_noise(first)
        seen = (first.complaint.check, first.complaint.violated)
        known = bool(first.complaint.violated) and seen in self._told_already
        if not known:
            (self.unrepeated if noise else self.unsettled).append(_said(first))
        return None

    def never(self, operation: str, lost: list[Exchange]) -> LiveBreak | None:
        """Return that production's release takes what the candidate never takes.

        It needs no replay: different requests showed it, about what both sides have.
        """
        if len(lost) < LEAST_REFUSED or self._play.accepted[operation]:
            return None
        first = min(lost, key=lambda each: each.size)
        sent = self._play.sent[operation]
        said = (
            f"answered none of {sent} requests with a success (this one {_status(first)})"
            f", of which production's release took {self._play.took[operation]}"
        )
        check = DIFFERS
        if refused(first.candidate):
            check = ACCEPTANCE
        elif first.candidate.response is None or first.candidate.status >= 500:
            check = SERVER_FAULT
        return self._told(Kept(Complaint(check, said), first, False), first, replays=0)

    def _shown(self, kept: Kept) -> Exchange | None:
        """Send it again, else with other names: what is unique is taken only once."""
        shown = self._repeating.again(kept, copied)
        if shown is None and kept.shared is False and not kept.place:
            places = tuple(
                each
                for each in texts_of(kept.exchange.case)
                if each not in kept.exchange.linked
            )
            old = self._play.old
            shown = self._repeating.again(kept, lambda case: renamed(case, places, old))
        return shown

    def _grounded(self, kept: Kept, shown: Exchange) -> Exchange | None:
        """Return how a refusal shows that cannot come from what is stored.

        None where it comes from that, or may.
        """
        places = self._play.loose(shown)
        if (
            kept.shared
            or not is_refusal(kept)
            or not places
            or self._is_declared(shown)
        ):
            return shown
        about = replace(kept, exchange=shown)
        for made in self._about_others(shown, places):
            found = self._repeating.again(about, made)
            if found is not None:
                return found
        if self._is_about_a_name(shown, places):
            self.unrepeated.append(f"{_said(kept)}, but only for what it names")
        else:
            why = "it may come from what the two have stored"
            self.unsettled.append(f"{_said(kept)}; {why}")
        return None

    def _is_about_a_name(self, shown: Exchange, places: Places) -> bool:
        """Whether the candidate takes the same with whatever other names."""
        old, times = self._play.old, range(MOST_NAMES)
        if shown.candidate.status == CONFLICT:
            ways = self._about_others(shown, places)
            return any(self._takes(shown, made) for made in ways)
        return all(
            self._takes(shown, lambda case: renamed(case, places, old)) for _ in times
        ) and any(
            self._takes(shown, lambda case: renamed(case, places, old, as_short=True))
            for _ in times
        )

    def _about_others(self, shown: Exchange, places: Places) -> Iterator[Made]:
        """Yield ways to ask the same about what is new, or known to exist."""
        old = self._play.old
        accepted = self._play.examples.get(shown.operation, ())
        base = next((each.case for each in accepted if not each.earlier), None)
        yield lambda case: renamed(case, places, old)
        if base is not None:
            yield lambda case: like(case, base, places, old)
        new = tuple(each for each in places if self._may_be_new(shown, each))
        rest = tuple(each for each in places if each not in new)
        if not new or not rest:
            return
        if base is not None:
            yield lambda case: renamed(like(case, base, rest, old), new, old)

    def _may_be_new(self, shown: Exchange, place: Place) -> bool:
        """Whether production's release takes any text at a place."""
        case = renamed(shown.case, (place,), self._play.old)
        met = None if case is None else self._repeating.sent(shown, case)
        theirs = None if met is None else met.baseline
        return theirs is not None and (theirs.accepted or theirs.status == CONFLICT)

    def _takes(self, shown: Exchange, made: Made) -> bool:
        """Whether the candidate takes it so."""
        case = made(shown.case)
        met = None if case is None else self._repeating.sent(shown, case)
        return met is not None and accepted_by_both(met)

    def _is_declared(self, shown: Exchange) -> bool:
        request = as_request(shown.case)
        if self._new is None or request is None:
            return False
        return self._new.refuses_request(shown.operation, request) is True

    def _is_taken_once(self, kept: Kept) -> bool:
        """Whether both sides took a request and now say that it was made already."""
        first = kept.exchange
        if kept.shared is not False or not (first.baseline and first.baseline.accepted):
            return False
        case, run = first.case, uuid.uuid4().hex[:8]
        arms = [each for each in (self._play.candidate, self._play.control) if each]
        try:
            met = [replay(first, case, arm, run, self._play.old) for arm in arms]
        except Unsendable:
            return False
        return all(each.status == CONFLICT for each in met)

    def _least(self, kept: Kept, shown: Exchange) -> Exchange:
        """Leave out of the request whatever it does not need to show it."""
        least, tries = shown, iter(range(self.shrinks))
        while True:
            less = (
                self._repeating.once(kept, case)
                for case, _ in zip(
                    smaller(least.case, self._play.old), tries, strict=False
                )
                if not self._play.exhausted
            )
            found = next((each for each in less if each is not None), None)
            if found is None:
                break
            least = found
        if least is shown:
            return shown
        return self._repeating.again(replace(kept, exchange=least), copied) or shown

    def _told(
        self, kept: Kept, exchange: Exchange, *, replays: int
    ) -> LiveBreak | None:
        ours, theirs = exchange.candidate, exchange.baseline
        if ours.request is None:
            return None
        return LiveBreak(
            operation=exchange.operation,
            check=kept.complaint.check,
            message=kept.complaint.message,
            request=self._secrets.wire(ours.request),
            candidate=ours.told(),
            baseline=None if theirs is None else theirs.told(),
            on_baseline=kept.shared,
            declared=False if kept.place else self._declared(kept, exchange),
            violated=kept.complaint.violated,
            replays=replays,
        )

    def _declared(self, kept: Kept, exchange: Exchange) -> bool | None:
        """Whether the candidate's own document speaks of it."""
        if self._new is None:
            return None
        check, met = kept.complaint.check, exchange.candidate
        refusal = check in (ACCEPTANCE, SERVER_FAULT)
        if refusal or (check == DIFFERS and not met.accepted):
            request = as_request(exchange.case)
            if request is None:
                return None
            return self._new.refuses_request(exchange.operation, request)
        headers = met.response.headers if met.response else {}
        return self._new.allows_answer(
            exchange.operation,
            met.status,
            met.media,
            _body(met),
            {name: values[0] for name, values in headers.items() if values},
        )


def _said(kept: Kept) -> str:
    return f"{kept.exchange.operation}: {kept.complaint.message}"


def _status(exchange: Exchange) -> str:
    return str(exchange.candidate.status or exchange.candidate.trouble)


def _body(met: Met) -> Any:
    return None if met.data is NO_JSON else met.data


def confirmed(confirming: Confirming, play: Play, most: int) -> Iterator[LiveBreak]:
    """Yield the breaks that repeat, for at most so many things to complain of."""
    groups = list(play.kept())
    told: set[str] = set()
    for number, kept in enumerate(groups):
        if number < most:
            # All of them are asked before one of them uses up what may be sent.
            left = play.left // (2 * (len(groups) - number))
            confirming.shrinks = min(MOST_SHRINKS, left)
            found = confirming.confirm(kept)
            if found is not None:
                told |= set() if found.on_baseline else {found.operation}
                yield found
        elif not kept[0].shared:
            confirming.unasked.append(kept[0].exchange.operation)
    for operation, lost in play.lost.items():
        found = None if operation in told else confirming.never(operation, lost)
        if found is not None:
            yield found
