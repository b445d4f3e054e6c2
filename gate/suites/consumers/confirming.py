"""What old consumers complained of, sent again to both sides before it is told.

Only what shows twice more is a break; it is made smaller first, as long as it shows.
"""

import uuid
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from schemathesis import Case

from gate.model.evidence import LiveBreak
from gate.openapi.traffic.admission import Admission
from gate.suites.consumers.arms import NO_JSON, Met, Unsendable
from gate.suites.consumers.complaints import (
    ACCEPTANCE,
    DIFFERS,
    SCHEMA,
    SERVER_FAULT,
    Complaint,
    complaints,
)
from gate.suites.consumers.exchange import Exchange, as_request, replay
from gate.suites.consumers.playing import (
    CONFLICT,
    Kept,
    Play,
    accepted_by_both,
    differences,
)
from gate.suites.consumers.secrecy import Secrets
from gate.suites.consumers.shrinking import smaller

REPLAYS = 2
MOST_TRIED = 4
MOST_SHRINKS = 24


class Confirming:
    """Sends again what was kept, and tells the breaks; *new* is None without one."""

    def __init__(self, play: Play, secrets: Secrets, new: Admission | None) -> None:
        self._play = play
        self._secrets = secrets
        self._new = new
        self.unrepeated: list[str] = []
        self.unasked: list[str] = []  # operations that time did not suffice for

    def confirm(self, kept: tuple[Kept, ...]) -> LiveBreak | None:
        """Return the break that these exchanges show, or None when none repeats.

        It is told as it was seen, with no replays, where many different requests show
        it that are not taken twice. What time does not suffice for is `unasked`.
        """
        first = kept[0]
        for each in kept[:MOST_TRIED]:
            if self._play.budget.late:
                if not first.shared:
                    self.unasked.append(first.exchange.operation)
                return None
            shown = self._again(each, each.exchange.case)
            if shown is None:
                continue
            least = shown if each.shared else self._least(each, shown)
            return self._told(each, least, replays=REPLAYS)
        if sum(self._is_taken_once(each) for each in kept[:MOST_TRIED]) > REPLAYS:
            return self._told(first, first.exchange, replays=0)
        self.unrepeated.append(f"{first.exchange.operation}: {first.complaint.message}")
        return None

    def _is_taken_once(self, kept: Kept) -> bool:
        """Whether both sides took a request and now say that it was made already."""
        first = kept.exchange
        if kept.shared is not False or not accepted_by_both(first):
            return False
        case, run = first.case, uuid.uuid4().hex[:8]
        arms = [each for each in (self._play.candidate, self._play.control) if each]
        try:
            met = [replay(first, case, arm, run, self._play.old) for arm in arms]
        except Unsendable:
            return False
        return all(each.status == CONFLICT for each in met)

    def _again(self, kept: Kept, case: Case[Any]) -> Exchange | None:
        """Send a request again, twice; return how it went when it shows both times."""
        shown: Exchange | None = None
        for _ in range(REPLAYS):
            shown = self._once(kept, case)
            if shown is None:
                return None
        return shown

    def _once(self, kept: Kept, case: Case[Any]) -> Exchange | None:
        play, control = self._play, self._play.control
        run, old = uuid.uuid4().hex[:8], play.old  # the same on both sides
        try:
            exchange = replace(
                kept.exchange,
                case=case,
                candidate=replay(kept.exchange, case, play.candidate, run, old),
                baseline=replay(kept.exchange, case, control, run, old)
                if control
                else None,
            )
        except Unsendable:
            return None
        return exchange if self._shows(kept, exchange) else None

    def _shows(self, kept: Kept, exchange: Exchange) -> bool:
        ours, theirs = exchange.candidate, exchange.baseline
        if kept.place:
            return kept.place in differences(exchange)
        if kept.complaint.check == DIFFERS:
            return (
                theirs is not None
                and theirs.accepted
                and ours.status == kept.exchange.candidate.status
            )
        old = self._play.old
        found = [
            each
            for each in complaints(exchange.case, ours, old)
            if each.check == kept.complaint.check and _meets(each, kept.complaint)
        ]
        if not found:
            return False
        shared = self._play.shares(found[0], exchange)
        if shared is None and kept.complaint.check == ACCEPTANCE:
            return False
        # That the baseline cannot be asked the same any more excuses nobody.
        return bool(shared) == bool(kept.shared)

    def _least(self, kept: Kept, shown: Exchange) -> Exchange:
        """Leave out of the request whatever it does not need to show it."""
        least, tries = shown, iter(range(MOST_SHRINKS))
        while True:
            less = (
                self._once(kept, case)
                for case, _ in zip(
                    smaller(least.case, self._play.old), tries, strict=False
                )
                if not self._play.budget.late
            )
            found = next((each for each in less if each is not None), None)
            if found is None:
                break
            least = found
        return shown if least is shown else self._again(kept, least.case) or shown

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
            declared=self._declared(kept.complaint.check, exchange),
            violated=kept.complaint.violated,
            replays=replays,
        )

    def _declared(self, check: str, exchange: Exchange) -> bool | None:
        """Whether the candidate's own document speaks of it."""
        if self._new is None:
            return None
        met = exchange.candidate
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


def _meets(one: Complaint, other: Complaint) -> bool:
    if one.check != SCHEMA or not one.violated or not other.violated:
        return True
    return bool({*one.violated} & {*other.violated})


def _body(met: Met) -> Any:
    return None if met.data is NO_JSON else met.data


def confirmed(confirming: Confirming, play: Play, most: int) -> Iterator[LiveBreak]:
    """Yield the breaks that repeat, for at most so many things to complain of."""
    for number, kept in enumerate(play.kept()):
        if number < most:
            found = confirming.confirm(kept)
            if found is not None:
                yield found
        elif not kept[0].shared:
            confirming.unasked.append(kept[0].exchange.operation)
