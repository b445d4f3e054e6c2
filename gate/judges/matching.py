"""Which declared changes explain what an old consumer met on the candidate?"""

import re
from collections.abc import Collection, Mapping, Sequence

from gate.judges.grading import change_id
from gate.model.evidence import LiveBreak, Shown, Trial
from gate.openapi import Change, Direction, Level
from gate.openapi.documents.pointers import unescaped
from gate.openapi.traffic.admission import OF_MEMBERS

REFUSAL = "positive_data_acceptance"
SECURITY = "request-security"
ASKS_WHO = frozenset({401, 403})
# Of an answer's status or format, which no schema speaks of.
STRUCTURE = ("/responses", "/content")
_MISSING = re.compile(r'"[^"]*" is a required property')


def explanations(
    live: LiveBreak,
    changes: Sequence[Change],
    trials: Mapping[str, Trial],
    regraded: Collection[str],
) -> tuple[Change, ...]:
    """Return the changes that *live* shows; none where nothing declared explains it.

    An answer shows, for each keyword that it violates, the changes whose old pointers
    lie nearest to it. Where pointers do not tell, and the new document does say so, it is the
    only change that can be meant, or those whose own trial was confirmed. An answer that
    asks who is there shows the credentials that are declared and were seen to be needed.

    *trials* are by the id of their change. A notice explains nothing, unless the team
    itself made it one: its rule is in *regraded*.
    """
    if live.declared is False and live.candidate.status not in ASKS_WHO:
        return ()
    able = [
        each
        for each in changes
        if (each.level is not Level.NOTICE or each.rule in regraded)
        and _reaches(each, live.operation)
    ]
    if live.candidate.status in ASKS_WHO:
        guarded = [each for each in able if each.rule.startswith(SECURITY)]
        seen = [each for each in guarded if _shown(each, trials) is Shown.CONFIRMED]
        if seen or live.declared is False:
            return tuple(seen)
    found: list[Change] = []
    for violated in live.violated:
        placed = [(_nearness(violated, each), each) for each in able]
        nearest = max((near for near, _ in placed), default=0)
        at = [each for near, each in placed if near == nearest > 0]
        likeliest = _likeliest(at, live, trials, violated)
        found += [each for each in likeliest if each not in found]
    if found:
        return tuple(found)
    if live.declared is None:
        return ()
    meant = [each for each in able if _may_show(live, each)]
    shown = [each for each in meant if _shown(each, trials) is Shown.CONFIRMED]
    return tuple(shown or (meant if len(meant) == 1 else ()))


def _reaches(change: Change, operation: str) -> bool:
    """Whether a change concerns an operation, or names none at all."""
    named = change.reached
    if not named or operation in named:
        return True
    method, _, path = operation.partition(" ")
    methods, _, paths = change.operation.rpartition(" ")
    return path == paths and method in methods.split(", ")


def _nearness(violated: str, change: Change) -> int:
    """Return how well what is violated meets the change's old place; 0: not at all."""
    place = change.pointer_old
    if not place or not _meets(violated, place, change):
        return 0
    return len(place) if _within(violated, place) else len(violated)


def _meets(violated: str, place: str, change: Change) -> bool:
    schema, _, keyword = violated.rpartition("/")
    if violated.endswith(STRUCTURE):
        return _within(violated, place) or place.rpartition("/")[0] == violated
    if change.direction is Direction.REQUEST:
        return False  # what is wrong in an answer never shows a change of requests
    if keyword == "required" and place != schema and not _is_absence(change.rule):
        return _within(schema, place)
    inside = keyword in OF_MEMBERS and _within(place, schema)
    return _within(violated, place) or inside


def _is_absence(rule: str) -> bool:
    return "removed" in rule or "optional" in rule


def _within(pointer: str, place: str) -> bool:
    return bool(place) and (pointer == place or pointer.startswith(place + "/"))


def _likeliest(
    nearest: Sequence[Change],
    live: LiveBreak,
    trials: Mapping[str, Trial],
    violated: str,
) -> tuple[Change, ...]:
    """Of several at one place prefer what is named, then what no trial speaks against.

    One remains, unless another member is missing and no document says so.
    """
    named = [e for e in nearest if f'"{_member(e)}"' in live.message]
    missing = violated.endswith("/required") and _MISSING.search(live.message)
    if not named and live.declared is None and missing:
        return ()
    named = named or list(nearest)
    left = [e for e in named if _shown(e, trials) is not Shown.NOT_CONFIRMED]
    return tuple(left or named)


def _member(change: Change) -> str:
    """Return the name of the member that a change is about, as its pointer has it."""
    return unescaped(change.pointer_old.rpartition("/")[2])


def _may_show(live: LiveBreak, change: Change) -> bool:
    """Whether a break of this kind can come from such a change at all."""
    if any(not each.endswith(STRUCTURE) for each in live.violated):
        return change.direction is not Direction.REQUEST
    if live.check == REFUSAL:
        return change.direction is not Direction.RESPONSE
    return True


def _shown(change: Change, trials: Mapping[str, Trial]) -> Shown | None:
    trial = trials.get(change_id(change))
    return trial.shown if trial else None
