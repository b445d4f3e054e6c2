"""A run in short, as status and history tell it."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from gate.ledger.journal import Journal, journals
from gate.ledger.records import HoldAcknowledged, Record, RunClosed
from gate.reports.durations import seconds_between, spell
from gate.reports.passages import NEXT, passage_of, passages_of
from tests_unit.gate.fakes.told_runs import BEGIN, Kind, told


def short(kind: Kind, *more: Record) -> Journal:
    """The journal of one run."""
    return Journal.of([*told(kind, 1, BEGIN), *more])


def test_a_run_that_ended_says_how_and_how_long_it_took() -> None:
    """Five minutes; nothing is left to be done."""
    run = passage_of(short("kept"))
    assert (run.exit_code, run.seconds, run.next) == (0, 300.0, "")
    assert (run.command, run.commit) == ("promote", f"{1:040x}")


def test_what_held_in_production_is_what_the_run_recorded() -> None:
    """Word for word."""
    end = RunClosed("run-1", "", 20, "rolled back", "the old release serves", "v3: ok")
    run = passage_of(Journal.of([told("open", 1, BEGIN)[0], end]))
    assert (run.standing, run.known) == ("the old release serves", "v3: ok")


def test_a_run_that_was_held_is_held_whoever_recorded_it() -> None:
    """An earlier gate recorded the exit code alone."""
    assert passage_of(short("held")).standing == "held"


def test_a_hold_that_was_acknowledged_is_still_told_as_held() -> None:
    """With who has seen it, and the reason."""
    seen = HoldAcknowledged("run-1", "", "Ada", "it was mine")
    run = passage_of(short("held", seen))
    assert (run.exit_code, run.standing) == (22, "held")
    assert run.acknowledged == "Ada: it was mine"
    assert run.in_production[-1] == "    held, acknowledged by Ada: it was mine"
    assert passage_of(short("held")).acknowledged == ""


def test_an_open_run_says_what_it_waits_for_and_what_goes_on_with_it() -> None:
    """A promotion of which nothing is known is at stake."""
    run = passage_of(short("open"))
    assert (run.exit_code, run.seconds) == (None, None)
    assert (run.says, run.standing, run.next) == ("silence", "held", NEXT)
    assert run.unconfirmed == "promote on shop-production"


def test_a_write_that_came_to_nothing_is_not_called_unknown() -> None:
    """The platform said so, or it was looked up; the promotion is not confirmed."""
    assert passage_of(short("failed")).unconfirmed == ""


def test_a_run_that_was_killed_before_it_did_anything_puts_nothing_at_stake() -> None:
    """It never ended, and that is all."""
    run = passage_of(Journal.of(told("open", 1, BEGIN)[:1]))
    assert (run.says, run.standing, run.next) == ("never ended", "", NEXT)


def test_a_run_that_somebody_goes_on_with_is_under_way() -> None:
    """The newest open one; what is older was broken off, and waits for a resume."""
    runs = journals(
        [*told("open", 1, BEGIN), *told("open", 2, BEGIN), *told("kept", 3, BEGIN)]
    )
    ended, newest, older = passages_of(runs, "gate promote (process 123)")
    assert (newest.says, newest.next) == ("under way: gate promote (process 123)", "")
    assert (older.says, older.next) == ("silence", NEXT)
    assert (ended.exit_code, ended.next) == (0, "")
    assert [each.next for each in passages_of(runs, "")] == ["", NEXT, NEXT]


@given(st.timedeltas(timedelta(days=-9), timedelta(days=9)))
def test_less_than_no_time_is_not_known(took: timedelta) -> None:
    """Clocks are set back."""
    seconds = seconds_between(BEGIN.isoformat(), (BEGIN + took).isoformat())
    assert seconds == (took.total_seconds() if took >= timedelta(0) else None)


def test_a_duration_is_told_in_one_unit() -> None:
    """The largest of which there are two."""
    told = [spell(each) for each in (0.25, 38, 90, 270, 5400, 8640, 181_440)]
    assert told == ["0.2 s", "38 s", "90 s", "4.5 min", "90 min", "2.4 h", "2.1 days"]
