"""Which holds still stand: a run or a person has dealt with the others."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gate.ledger.holds import Hold, holds
from gate.ledger.journal import journals
from gate.ledger.records import (
    ActionConfirmed,
    ActionIntended,
    HoldAcknowledged,
    Record,
    RunClosed,
    RunOpened,
)
from gate.model.ending import Standing
from tests_unit.gate.fakes.told_runs import BEGIN, PRODUCTION, Kind, told

Event = Kind | Literal["acknowledged"]
SERVES: dict[Kind, Standing] = {
    "kept": Standing.NEW_SERVES,
    "taken back": Standing.OLD_SERVES,
    "rollback": Standing.OLD_SERVES,
}
UNTOUCHED: tuple[Kind, ...] = ("blocked", "undecided", "failed", "open")
EVENTS: tuple[Event, ...] = (*SERVES, *UNTOUCHED, "held", "acknowledged")


def run(
    kind: Kind, number: int, *, production: str = PRODUCTION, platform: str = ""
) -> list[Record]:
    """One run as a gate of today records it: with what held in production."""
    standing = SERVES.get(kind, Standing.OLD_SERVES)
    changed: list[Record] = []
    for record in told(kind, number, BEGIN + timedelta(days=number)):
        match record:
            case RunOpened():
                changed.append(
                    replace(record, production=production, platform=platform)
                )
            case RunClosed():
                ends = Standing.HELD if kind == "held" else standing
                changed.append(replace(record, standing=ends, known="v3: it answers"))
            case _:
                changed.append(record)
    return changed


def ending(records: Sequence[Record], **changes: object) -> list[Record]:
    """The same run, ended otherwise."""
    return [
        replace(record, **changes) if isinstance(record, RunClosed) else record  # type: ignore[arg-type]
        for record in records
    ]


def seen(number: int) -> Record:
    """Ada has seen that a run ended held."""
    at = (BEGIN + timedelta(days=number)).isoformat()
    return HoldAcknowledged(f"run-{number}", at, "Ada", "it was mine")


def standing(records: Sequence[Record], platform: str = "") -> list[str]:
    """The runs whose holds stand."""
    return [each.run for each in holds(records, PRODUCTION, platform)]


def test_a_hold_says_since_when_and_what_the_run_knew() -> None:
    """Whoever reads it was not there."""
    (hold,) = holds(run("held", 1), PRODUCTION)
    at = (BEGIN + timedelta(days=1, minutes=5)).isoformat()
    assert hold == Hold("run-1", at, "held", "v3: it answers")
    assert hold.since == "2025-01-03 00:05 UTC"


@pytest.mark.parametrize("kind", SERVES)
def test_a_later_run_that_saw_what_it_did_to_production_deals_with_it(
    kind: Kind,
) -> None:
    """Kept, taken back, or rolled back by hand; what was before it did not."""
    held, later = run("held", 1), run(kind, 2)
    assert standing([*held, *later]) == []
    assert standing([*later, *held]) == ["run-1"]


@pytest.mark.parametrize("kind", UNTOUCHED)
def test_a_run_that_left_production_alone_deals_with_nothing(kind: Kind) -> None:
    """However it ended."""
    assert standing([*run("held", 1), *run(kind, 2)]) == ["run-1"]


@pytest.mark.parametrize("kind", ["blocked", "failed"])
@pytest.mark.parametrize("code", [0, 20])
def test_that_there_was_nothing_to_do_deals_with_nothing(kind: Kind, code: int) -> None:
    """Nor does a rollback of staging, nor a request that came to nothing."""
    idle = ending(run(kind, 2), exit_code=code)
    assert standing([*run("held", 1), *idle]) == ["run-1"]


@pytest.mark.parametrize("code", [10, 11, 69, 75, 130])
def test_a_run_that_did_not_end_well_deals_with_nothing(code: int) -> None:
    """Though it changed production, and the old release serves."""
    ended = ending(run("rollback", 2), exit_code=code)
    assert standing([*run("held", 1), *ended]) == ["run-1"]


def test_what_was_not_seen_to_serve_deals_with_nothing() -> None:
    """An exit code alone is no look at production."""
    blind = ending(run("kept", 2), standing="")
    assert standing([*run("held", 1), *blind]) == ["run-1"]


def test_who_acknowledges_one_hold_has_not_seen_another() -> None:
    """Each has a record of its own."""
    records = [*run("held", 1), *run("held", 2)]
    assert standing([*records, seen(2)]) == ["run-1"]
    assert standing([*records, seen(1)]) == ["run-2"]
    assert standing([*records, seen(1), seen(2)]) == []


def test_the_end_of_a_run_counts_and_not_its_begin() -> None:
    """A run that was held when it was resumed is not dealt with by one before that."""
    begun, *rest = run("held", 1)
    assert standing([begun, *run("kept", 2), *rest]) == ["run-1"]


def test_a_rollback_of_another_app_is_no_hold_of_production() -> None:
    """A person is needed for that app; production is as it was."""
    records = [
        replace(record, app="shop-staging")
        if isinstance(record, ActionIntended | ActionConfirmed)
        else record
        for record in ending(run("rollback", 1), exit_code=22, standing="")
    ]
    assert standing(records) == []
    assert standing(ending(run("rollback", 1), exit_code=22)) == ["run-1"]


def test_a_run_that_began_before_a_hold_deals_with_it_no_more() -> None:
    """It was broken off, and is resumed after: it knows nothing of what was held."""
    begun, *rest = run("rollback", 1)
    assert standing([begun, *run("held", 2), *rest]) == ["run-2"]


def test_each_production_app_and_each_platform_has_its_own_holds() -> None:
    """Several pipelines may share a ledger, and one app's name be in use twice."""
    ours = run("held", 1, platform="here")
    other = run("kept", 2, production="another-production", platform="here")
    there = run("kept", 3, platform="there")
    records = [*ours, *other, *there]
    assert standing(records, "here") == ["run-1"]
    assert standing(records, "there") == []
    assert holds(records, "another-production") == ()
    assert standing([*ours, *run("kept", 4)], "here") == []


@given(st.lists(st.sampled_from(EVENTS), max_size=12))
def test_a_hold_stands_until_a_person_or_a_later_run_has_dealt_with_it(
    events: list[Event],
) -> None:
    """And no longer: whatever came before, in between and after."""
    records: list[Record] = []
    last = 0
    for number, event in enumerate(events):
        if event == "acknowledged":
            records.append(seen(last))
        else:
            records += run(event, number)
            last = number if event == "held" else last
    expected = [
        f"run-{number}"
        for number, event in enumerate(events)
        if event == "held" and not _dealt_with(events[number + 1 :])
    ]
    assert standing(records) == expected


def _dealt_with(later: Sequence[Event]) -> bool:
    """Whether a run was, or a person: before another hold there is none else to mean."""
    own = later[: later.index("held")] if "held" in later else later
    return "acknowledged" in own or any(event in SERVES for event in later)


def test_a_run_knows_by_whom_it_was_acknowledged() -> None:
    """It is among its own records."""
    (journal,) = journals([*run("held", 1), seen(1)])
    assert journal.acknowledged == seen(1)
    assert journals(run("held", 1))[0].acknowledged is None
