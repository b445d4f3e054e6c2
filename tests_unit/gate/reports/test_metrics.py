"""The five measures of delivery: what counts, what does not, and what nobody knows."""

from dataclasses import replace
from datetime import timedelta
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gate.ledger.journal import journals
from gate.ledger.records import ActionIntended, RunClosed, RunOpened
from gate.reports.metrics import Measures, deployments, measured
from gate.reports.metrics_text import NOTHING, metrics_document, metrics_lines
from tests_unit.gate.fakes.told_runs import (
    BEGIN,
    LEAD,
    PRODUCTION,
    PROMOTED,
    RESTORED,
    Kind,
    days_of,
    told,
)

KINDS: tuple[Kind, ...] = get_args(Kind)
DEPLOYED = {"kept", "taken back", "held"}
HISTORIES = st.lists(st.sampled_from(KINDS), max_size=12)
MINUTE = 60.0
DAY = 24 * 60 * MINUTE


def of(kinds: list[Kind], *, days: float = 10_000.0) -> Measures:
    """The measures of one run a day, at the end of the last day."""
    return measured(days_of(kinds), BEGIN + timedelta(days=len(kinds)), days)


def test_a_deployment_is_what_production_has_shown() -> None:
    """Two were kept, one was taken back; the rest never were in production."""
    seen = of(["kept", "blocked", "undecided", "failed", "taken back", "kept", "open"])
    assert seen.deployments == 3
    assert seen.per_day == pytest.approx(3 / 7)
    assert (seen.blocked, seen.undecided, seen.came_to_nothing) == (1, 1, 1)
    assert seen.unfinished == 1


def test_the_lead_time_is_from_the_commit_until_production_shows_it() -> None:
    """An hour until the run began, and a minute."""
    seen = of(["kept", "blocked", "kept"]).lead_time
    assert (seen.median, seen.count, seen.unknown) == (
        (LEAD + PROMOTED).total_seconds(),
        2,
        0,
    )


def test_a_failure_is_over_when_the_old_release_is_there() -> None:
    """Two minutes after the bad one was."""
    seen = of(["kept", "taken back"])
    assert (seen.fail_rate.count, seen.fail_rate.rate) == (1, 0.5)
    assert seen.recovery_time.median == (RESTORED - PROMOTED).total_seconds()
    assert seen.rework_rate.count == 0


def test_a_failure_without_a_rollback_is_over_with_the_next_good_release() -> None:
    """A day later; and the one that mended it is rework."""
    seen = of(["held", "kept"])
    assert seen.recovery_time.median == DAY
    assert seen.rework_rate.rate == 0.5


def test_a_failure_that_lasts_is_told_as_not_recovered() -> None:
    """It has no time, and is no time of 0."""
    seen = of(["kept", "held"])
    assert seen.recovery_time.median is None
    assert seen.recovery_time.unknown == 1
    assert ("failed deployment recovery time", f"{NOTHING}; 1 not recovered") in (
        metrics_lines(seen)
    )


def test_a_rollback_by_a_person_makes_the_deployment_before_it_a_failure() -> None:
    """No watch saw it; somebody did."""
    seen = of(["kept", "rollback", "kept"])
    assert seen.fail_rate.count == 1
    assert seen.recovery_time.median == (DAY + (RESTORED - PROMOTED).total_seconds())
    assert seen.rework_rate.count == 1


def test_who_puts_the_last_deployment_back_does_not_make_it_a_failure() -> None:
    """What it took the place of came from elsewhere."""
    records = [
        replace(record, slug="ours") if isinstance(record, ActionIntended) else record
        for number, kind in enumerate(("kept", "rollback"))
        for record in told(kind, number, BEGIN + timedelta(days=number))
    ]
    (deployment,) = deployments(journals(records, PRODUCTION))
    assert not deployment.failed


@given(HISTORIES)
def test_what_failed_and_what_mended_it_is_counted_once(kinds: list[Kind]) -> None:
    """Against a count by hand: the last deployment's state decides."""
    bad: list[bool] = []
    rework = 0
    for kind in kinds:
        if kind in DEPLOYED:
            rework += bool(bad and bad[-1])
            bad.append(kind != "kept")
        elif kind == "rollback" and bad:
            bad[-1] = True
    seen = of(kinds)
    assert seen.deployments == len(bad)
    assert seen.fail_rate.count == sum(bad)
    assert seen.rework_rate.count == rework
    assert seen.recovery_time.count + seen.recovery_time.unknown == sum(bad)


@given(HISTORIES, st.data())
def test_blocked_releases_move_none_of_the_five(
    kinds: list[Kind], data: st.DataObject
) -> None:
    """Wherever they come: they are counted apart, and only there."""
    where = data.draw(st.integers(0, len(kinds)))
    what = data.draw(st.sampled_from(["blocked", "undecided", "failed"]))
    plain = deployments(days_of(kinds))
    more = deployments(days_of([*kinds[:where], what, *kinds[where:]]))
    assert [(d.failed, d.rework, bool(d.recovered), d.lead) for d in more] == [
        (d.failed, d.rework, bool(d.recovered), d.lead) for d in plain
    ]


@given(HISTORIES, st.integers(0, 12))
def test_two_windows_add_up_to_the_whole(kinds: list[Kind], cut: int) -> None:
    """A deployment is in one of them, with what is known of it from both."""
    whole = of(kinds)
    early = measured(days_of(kinds), BEGIN + timedelta(days=cut, hours=-2), 10_000)
    late = of(kinds, days=max(len(kinds) - cut, 0) + 1 / 12)
    for name in ("deployments", "blocked", "undecided", "came_to_nothing"):
        assert getattr(early, name) + getattr(late, name) == getattr(whole, name)
    for name in ("fail_rate", "rework_rate"):
        counts = [getattr(each, name).count for each in (early, late, whole)]
        assert counts[0] + counts[1] == counts[2]


def test_a_rejected_commit_that_is_promoted_again_is_one_blocked_release() -> None:
    """Two runs, and one that was interrupted: it came to nothing."""
    once, again = told("blocked", 1, BEGIN), told("blocked", 1, BEGIN)
    again = [replace(each, run="run-2") for each in again]
    broken = [told("open", 3, BEGIN)[0], RunClosed("run-3", "", 130, "interrupted")]
    runs = journals([*once, *again, *broken])
    seen = measured(runs, BEGIN + timedelta(days=1), 30)
    assert (len(runs), seen.blocked, seen.undecided, seen.came_to_nothing) == (
        3,
        1,
        0,
        1,
    )


def test_nothing_is_told_as_nothing() -> None:
    """Neither 0 % nor a division by it."""
    empty = of([])
    assert {line for name, line in metrics_lines(empty) if "rate" in name} == {NOTHING}
    document = metrics_document(empty)
    assert document["change_fail_rate"] == {"rate": None, "count": 0, "of": 0}
    assert document["change_lead_time"]["median_seconds"] is None
    assert document["deployment_frequency"]["per_day"] is None


@pytest.mark.parametrize("committed", ["", "2031-01-01T00:00:00+02:00", "soon"])
def test_a_commit_of_which_the_time_is_not_known_has_no_lead_time(
    committed: str,
) -> None:
    """Not made, made later than it was promoted, or no time: clocks are set back."""
    head, *rest = told("kept", 1, BEGIN)
    assert isinstance(head, RunOpened)
    opened = RunOpened(
        head.run, head.at, head.command, "s", PRODUCTION, head.commit, committed
    )
    seen = measured(journals([opened, *rest]), BEGIN + timedelta(days=2), 30)
    assert (seen.lead_time.count, seen.lead_time.unknown) == (0, 1)


def test_another_pipeline_in_the_same_ledger_does_not_count() -> None:
    """Several may share one."""
    records = [*told("kept", 1, BEGIN), *told("held", 2, BEGIN)]
    assert len(journals(records, PRODUCTION)) == 2
    assert journals(records, "another-production") == ()


def test_days_before_the_first_run_do_not_thin_the_frequency() -> None:
    """A ledger of four days tells of four, whatever was asked."""
    assert of(["kept"] * 4, days=365).per_day == pytest.approx(1.0)
