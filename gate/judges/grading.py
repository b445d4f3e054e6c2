"""What a team's policy makes of the changes between two documents."""

import difflib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from gate.judges.live_rules import LIVE_RULES
from gate.model.exchange import short_id
from gate.model.plan import Acceptance, ContractPlan
from gate.openapi import Change, Level
from gate.openapi.rules import RULES

# In settings it means the rule of that name, and every change that is at that level.
ANY_UNDECIDED = Level.UNDECIDED.words


@dataclass(frozen=True, slots=True)
class Accepted:
    """Why a change is accepted, and the last day on which it is (ISO 8601)."""

    reason: str
    until: str


@dataclass(frozen=True, slots=True)
class Grade:
    """One change at the level that the policy gives it; *was* is the engine's.

    *id* is the one by which it is known in every report: its `change_id`, or made from
    that where several changes would have the same one. *accepted* is there when
    acceptances in force cover every operation that the change reaches: what reaches
    further than somebody has accepted is not hidden. Where they cover some only, *left*
    are the others. *expired* are the acceptances that would apply, had their day not
    passed.
    """

    id: str
    change: Change
    was: Level
    accepted: Accepted | None = None
    left: tuple[str, ...] = ()
    expired: tuple[Acceptance, ...] = ()


@dataclass(frozen=True, slots=True)
class Graded:
    """All changes, the worst first, and what to say about the policy itself.

    *expired* are acceptances whose day has passed, *unused* those in force that match
    no change. *remarks* says both in sentences, and names unknown rules of the policy.
    """

    changes: tuple[Grade, ...]
    expired: tuple[Acceptance, ...] = ()
    unused: tuple[Acceptance, ...] = ()
    remarks: tuple[str, ...] = ()

    @property
    def accepted(self) -> tuple[Grade, ...]:
        """What does not count, because the team accepts it."""
        return tuple(each for each in self.changes if each.accepted)

    def standing(self, level: Level) -> tuple[Grade, ...]:
        """Return what counts at one level."""
        return tuple(
            each
            for each in self.changes
            if not each.accepted and each.change.level is level
        )


def change_id(change: Change) -> str:
    """Return what stays the same of a change however it is told: its rule and place."""
    at = change.pointer_old, change.pointer_new
    return short_id(change.rule, *at, change.operation)


def grade(
    changes: Iterable[Change], plan: ContractPlan, day: str, *, seen: bool = False
) -> Graded:
    """Return *changes* as *plan* grades and accepts them on *day* (ISO 8601).

    Acceptances of rules that only a run can see are left aside, unless *seen* says that
    what it saw is among the changes. Where the day is not known none is in force.
    """
    changes = tuple(changes)
    accept = [each for each in plan.accept if seen or each.rule not in LIVE_RULES]
    valid = tuple(each for each in accept if day and each.until.isoformat() >= day)
    past = tuple(each for each in accept if each not in valid)
    graded = tuple(
        _grade(id, each, plan.levels, (valid, past))
        for id, each in _identified(changes)
    )
    unused = tuple(
        each for each in valid if not any(_matches(each, change) for change in changes)
    )
    remarks = (
        *(_expiry(each) for each in past),
        *(_idleness(each, graded) for each in unused),
        *(_unknown(each) for each in plan.levels if each not in {*RULES, *LIVE_RULES}),
    )
    ordered = sorted(graded, key=lambda each: each.change.level)
    return Graded(tuple(ordered), past, unused, remarks)


def _identified(changes: Iterable[Change]) -> Iterator[tuple[str, Change]]:
    """Yield each change with an id of its own."""
    times: Counter[str] = Counter()
    for change in changes:
        id = change_id(change)
        times[id] += 1
        yield id if times[id] == 1 else short_id(id, str(times[id])), change


def _grade(
    id: str,
    change: Change,
    levels: Mapping[str, str],
    acceptances: tuple[Iterable[Acceptance], Iterable[Acceptance]],
) -> Grade:
    valid, past = acceptances
    whole = levels.get(ANY_UNDECIDED) if change.level is Level.UNDECIDED else None
    words = levels.get(change.rule, whole or change.level.words)
    level = next(each for each in Level if each.words == words)
    matching = [each for each in valid if _matches(each, change)]
    covered = {
        operation: [each for each in matching if each.operation in {"", operation}]
        for operation in change.reached or ("",)
    }
    left = tuple(operation for operation, by in covered.items() if not by)
    return Grade(
        id,
        replace(change, level=level),
        change.level,
        None if left else _accepted(matching, covered.values()),
        left if matching else (),
        tuple(each for each in past if _matches(each, change)),
    )


def _accepted(
    matching: Iterable[Acceptance], covered: Iterable[Iterable[Acceptance]]
) -> Accepted:
    """Return why, and until when the last of the operations is still covered."""
    reasons = dict.fromkeys(each.reason for each in matching)
    until = min(max(each.until for each in by) for by in covered)
    return Accepted("; ".join(reasons), until.isoformat())


def _matches(acceptance: Acceptance, change: Change) -> bool:
    """Whether it speaks of this change, at one of the operations at least."""
    undecided = acceptance.rule == ANY_UNDECIDED and change.level is Level.UNDECIDED
    return (undecided or acceptance.rule == change.rule) and (
        not acceptance.operation or acceptance.operation in change.reached
    )


def _named(acceptance: Acceptance) -> str:
    return f"{acceptance.rule} at {acceptance.operation or 'every operation'}"


def _expiry(acceptance: Acceptance) -> str:
    until = acceptance.until.isoformat()
    return (
        f"the acceptance of {_named(acceptance)} expired on {until} and no longer "
        f"counts (its reason: {acceptance.reason})"
    )


def _idleness(acceptance: Acceptance, graded: Iterable[Grade]) -> str:
    """Say that an acceptance matches nothing, and what may have been meant."""
    same = [each.change for each in graded if each.change.rule == acceptance.rule]
    if same:
        operations = {operation for each in same for operation in each.reached}
        hint = _hint(acceptance.operation, operations)
    else:
        known = {*RULES, *LIVE_RULES}
        hint = "" if acceptance.rule in known else _hint(acceptance.rule, known)
    return f"the acceptance of {_named(acceptance)} matches no change; {hint or 'delete it'}"


def _unknown(rule: str) -> str:
    hint = _hint(rule, {*RULES, *LIVE_RULES})
    return f"there is no rule {rule} to grade" + (f"; {hint}" if hint else "")


def _hint(wrong: str, known: Iterable[str]) -> str:
    near = difflib.get_close_matches(wrong, sorted(known), n=1)
    return f"did you mean {near[0]}?" if near else ""
