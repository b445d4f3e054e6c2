"""The gate's own account of its tests."""

from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gate.model.evidence import Category, Completion, Outcome
from gate.suites.case_recorder import (
    CATEGORY_PROPERTY,
    MEASURED_PROPERTY,
    MOST_MESSAGE,
    CaseRecorder,
)


@dataclass
class Phase:
    """One phase of one test, as pytest reports it."""

    when: str
    outcome: str
    nodeid: str = "t.py::test_a"
    longreprtext: str = "what went wrong"
    user_properties: list[tuple[str, object]] = field(
        default_factory=lambda: [(CATEGORY_PROPERTY, "unit")]
    )


def recorded(*phases: Phase, skip_reason: str = "") -> tuple[Outcome, ...]:
    """How the unit tests ended, after these phases."""
    recorder = CaseRecorder()
    for phase in phases:
        recorder.note(phase, skip_reason=skip_reason)
    return tuple(case.outcome for case in recorder.run(Category.UNIT).cases)


@pytest.mark.parametrize(
    ("setup", "call", "teardown", "outcome"),
    [
        ("passed", "passed", "passed", Outcome.PASSED),
        ("passed", "failed", "passed", Outcome.FAILED),
        ("failed", None, "passed", Outcome.FAILED),
        ("passed", "passed", "failed", Outcome.FAILED),
        ("skipped", None, "passed", Outcome.SKIPPED),
        ("passed", "skipped", "passed", Outcome.SKIPPED),
        ("passed", "skipped", "failed", Outcome.FAILED),
    ],
)
def test_the_worst_phase_of_a_test_counts(
    setup: str, call: str | None, teardown: str, outcome: Outcome
) -> None:
    """Also an error in setup or teardown makes a test red."""
    told = {"setup": setup, "call": call, "teardown": teardown}
    phases = [Phase(when, how) for when, how in told.items() if how]
    assert recorded(*phases) == (outcome,)


def test_a_test_that_never_came_to_its_call_has_not_passed() -> None:
    """A setup that went well is not a pass."""
    assert recorded(Phase("setup", "passed"), Phase("teardown", "passed")) == ()


@given(st.permutations(["a", "b", "c", "d"]))
def test_cases_are_in_the_order_of_their_names(names: list[str]) -> None:
    """However workers interleave: equal runs give equal evidence."""
    recorder = CaseRecorder()
    for name in names:
        recorder.note(Phase("call", "passed", nodeid=name))
    assert [case.id for case in recorder.run(Category.UNIT).cases] == list("abcd")


def test_categories_are_kept_apart_and_foreign_tests_left_out() -> None:
    """A test without a category is none of the gate's."""
    recorder = CaseRecorder()
    recorder.note(Phase("call", "passed"))
    recorder.note(Phase("call", "failed", "x", "", [(CATEGORY_PROPERTY, "load")]))
    recorder.note(Phase("call", "failed", "y", "", []))
    assert len(recorder.run(Category.UNIT).cases) == 1
    assert len(recorder.run(Category.LOAD).cases) == 1
    assert recorder.run(Category.HEALTH).cases == ()


def test_messages_are_kept_short_and_at_their_telling_end() -> None:
    """A pass needs no message, a skip tells its reason."""
    recorder = CaseRecorder()
    recorder.note(Phase("call", "failed", "a", "x" * 10_000 + "the end"))
    recorder.note(Phase("call", "passed", "b", "noise"))
    recorder.note(Phase("setup", "skipped", "c", "noise"), skip_reason="not today")
    failed, passed, skipped = recorder.run(Category.UNIT).cases
    assert failed.message.endswith("the end")
    assert len(failed.message) == MOST_MESSAGE
    assert (passed.message, skipped.message) == ("", "not today")


def test_what_could_not_be_collected_breaks_the_suite() -> None:
    """The first trouble is told, however many cases did run."""
    recorder = CaseRecorder()
    recorder.note(Phase("call", "passed"))
    recorder.note_broken(Category.UNIT, "ImportError: first")
    recorder.note_broken(Category.UNIT, "ImportError: second")
    run = recorder.run(Category.UNIT)
    assert run.completion is Completion.CRASHED
    assert run.trouble == "ImportError: first"
    assert len(run.cases) == 1
    assert recorder.run(Category.LOAD).completion is Completion.COMPLETE


def test_tests_that_only_measure_are_marked() -> None:
    """Their colour is the measurement's, which is judged by itself."""
    properties: list[tuple[str, object]] = [
        (CATEGORY_PROPERTY, "load"),
        (MEASURED_PROPERTY, True),
    ]
    recorder = CaseRecorder()
    recorder.note(Phase("call", "failed", user_properties=properties))
    (case,) = recorder.run(Category.LOAD).cases
    assert case.measured
