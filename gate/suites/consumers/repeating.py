"""One request sent again to both sides: does it show the same once more?"""

import uuid
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from schemathesis import Case

from gate.openapi.traffic.admission import Admission
from gate.suites.consumers.arms import Arm, Unsendable
from gate.suites.consumers.complaints import ACCEPTANCE, DIFFERS, SCHEMA, Complaint
from gate.suites.consumers.exchange import Exchange, Kept, replay
from gate.suites.consumers.reshaping import differences
from gate.suites.consumers.telling import Telling

REPLAYS = 2
Made = Callable[[Case[Any]], Case[Any] | None]


class Repeating:
    """Sends requests again to the *candidate*, and to *control* where there is one."""

    def __init__(
        self, candidate: Arm, control: Arm | None, old: Admission, telling: Telling
    ) -> None:
        self._candidate = candidate
        self._control = control
        self._old = old
        self._telling = telling

    def again(self, kept: Kept, made: Made) -> Exchange | None:
        """Send it twice; return how it went when both show what *kept* does.

        Each time *made* gives the case to send, from the one of *kept*.
        """
        shown: Exchange | None = None
        for _ in range(REPLAYS):
            shown = self.once(kept, made(kept.exchange.case))
            if shown is None:
                return None
        return shown

    def once(self, kept: Kept, case: Case[Any] | None) -> Exchange | None:
        """Send *case* in the place of the one of *kept*; return it when it shows."""
        exchange = None if case is None else self.sent(kept.exchange, case)
        return exchange if exchange and self.shows(kept, exchange) else None

    def sent(self, first: Exchange, case: Case[Any]) -> Exchange | None:
        """Send *case* in the place of the one of *first*; None where it cannot be."""
        run, old, control = uuid.uuid4().hex[:8], self._old, self._control
        try:
            ours = replay(first, case, self._candidate, run, old)
            theirs = replay(first, case, control, run, old) if control else None
        except Unsendable:
            return None
        return replace(first, case=case, candidate=ours, baseline=theirs)

    def shows(self, kept: Kept, exchange: Exchange) -> bool:
        """Whether an exchange shows what *kept* does."""
        ours, theirs = exchange.candidate, exchange.baseline
        if kept.place:
            return kept.place in differences(exchange)
        if kept.complaint.check == DIFFERS:
            return (
                theirs is not None
                and theirs.accepted
                and ours.status == kept.exchange.candidate.status
            )
        found = [
            each
            for each in self._telling.complaints(exchange)
            if each.check == kept.complaint.check and _meets(each, kept.complaint)
        ]
        if not found:
            return False
        shared = self._telling.shares(found[0], exchange)
        if shared is None and kept.complaint.check == ACCEPTANCE:
            return False
        # That the baseline cannot be asked the same any more excuses nobody.
        return bool(shared) == bool(kept.shared)


def _meets(one: Complaint, other: Complaint) -> bool:
    if one.check != SCHEMA or not one.violated or not other.violated:
        return True
    return bool({*one.violated} & {*other.violated})
