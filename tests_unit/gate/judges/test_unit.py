"""Unit: tests ran, none is red, and they executed what changed."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gate.judges.unit import judge_unit
from gate.model.evidence import CaseRun, ChangedLines, Completion, MissedLines
from gate.model.policy import Limits
from gate.model.verdict import Result
from tests_unit.gate.fakes.good_run import FAILED, PASSED, SKIPPED, UNIT


def test_green_tests_that_executed_the_change_pass() -> None:
    """The summary counts both."""
    judged = judge_unit(UNIT, Limits())
    assert judged.result is Result.PASSED
    assert judged.seen == "1 tests passed; 10 of 10 changed lines executed"


def test_skipped_tests_beside_a_passed_one_are_fine() -> None:
    """Only when nothing else is left does skipping count."""
    run = CaseRun(Completion.COMPLETE, (PASSED, SKIPPED))
    assert judge_unit(replace(UNIT, run=run), Limits()).result is Result.PASSED


@pytest.mark.parametrize(
    ("cases", "rule"),
    [
        ((PASSED, FAILED), "unit/test-failed"),
        ((), "unit/nothing-ran"),
        ((SKIPPED,), "unit/all-skipped"),
        ((SKIPPED, FAILED), "unit/test-failed"),
    ],
)
def test_red_empty_and_skipped_runs_fail_by_their_own_rules(
    cases: tuple[object, ...], rule: str
) -> None:
    """Vacuous success is not success."""
    run = CaseRun(Completion.COMPLETE, cases)  # type: ignore[arg-type]
    judged = judge_unit(replace(UNIT, run=run), Limits())
    assert judged.result is Result.FAILED
    assert [finding.rule for finding in judged.findings] == [rule]


@given(st.integers(0, 200), st.integers(0, 200), st.floats(0, 1))
def test_the_share_of_changed_lines_executed_decides(
    executed: int, missed: int, least: float
) -> None:
    """Passed exactly when it reaches the limit; no changed line is no problem."""
    lines = tuple(range(1, missed + 1))
    changed = ChangedLines(
        "b" * 40, executed + missed, (MissedLines("a.py", lines),) if lines else ()
    )
    judged = judge_unit(replace(UNIT, changed=changed), Limits(changed_lines=least))
    enough = executed >= least * (executed + missed)
    assert (judged.result is Result.PASSED) == enough


def test_untested_lines_are_named_with_their_places() -> None:
    """File and line numbers, so that the author knows where to begin."""
    changed = ChangedLines("b" * 40, 4, (MissedLines("app/price.py", (3, 4, 9)),))
    judged = judge_unit(replace(UNIT, changed=changed), Limits())
    (finding,) = judged.findings
    assert finding.rule == "unit/changed-lines-untested"
    assert "3 of 4 lines changed since bbbbbbbb" in finding.summary
    assert finding.example == "app/price.py:3,4,9"


def test_lines_that_could_not_be_measured_block() -> None:
    """Not known is not executed, and is not the release's fault either."""
    unknown = replace(UNIT, changed=None, trouble="fetch the whole history")
    judged = judge_unit(unknown, Limits())
    assert judged.result is Result.INSUFFICIENT
    assert judged.findings[0].rule == "evidence/changed-lines-unknown"
    assert "fetch the whole history" in judged.seen


def test_before_the_first_production_release_nothing_counts_as_changed() -> None:
    """The summary says so rather than claim coverage."""
    judged = judge_unit(replace(UNIT, changed=None, first=True), Limits())
    assert judged.result is Result.PASSED
    assert "no production release" in judged.seen


def test_many_red_tests_are_all_findings_and_some_are_told() -> None:
    """The summary stays short; nothing is lost."""
    red = tuple(replace(FAILED, id=f"t.py::test_{n}") for n in range(7))
    judged = judge_unit(replace(UNIT, run=CaseRun(Completion.COMPLETE, red)), Limits())
    assert len(judged.findings) == 7
    assert "and 4 more" in judged.seen


def test_no_evidence_at_all_is_missing_evidence() -> None:
    """It is called missing, about unit."""
    judged = judge_unit(None, Limits())
    assert judged.result is Result.INSUFFICIENT
    assert judged.findings[0].rule == "evidence/missing"
