"""Integration: red on the candidate alone is the release's doing."""

import pytest

from gate.judges.integration import judge_integration
from gate.model.evidence import Case, CaseRun, Completion, IntegrationEvidence, Outcome
from gate.model.verdict import Result
from tests_unit.gate.fakes.good_run import FAILED, INTEGRATION, PASSED, SKIPPED

OTHER = Case("tests/test_stock.py::test_stock", Outcome.FAILED, "E   out of stock")


def complete(*cases: Case) -> CaseRun:
    """A run of these cases that came to its end."""
    return CaseRun(Completion.COMPLETE, cases)


def test_green_tests_pass() -> None:
    """The summary counts them."""
    judged = judge_integration(INTEGRATION, serves=True)
    assert judged.result is Result.PASSED
    assert judged.seen == "1 tests passed"


def test_red_on_the_candidate_alone_is_a_regression() -> None:
    """The same test is green on the baseline beside it."""
    fine = complete(Case(FAILED.id, Outcome.PASSED))
    evidence = IntegrationEvidence(complete(PASSED, FAILED), fine)
    judged = judge_integration(evidence, serves=True)
    assert judged.result is Result.FAILED
    assert [finding.rule for finding in judged.findings] == ["integration/test-failed"]


def test_red_without_a_control_is_a_regression() -> None:
    """Where no baseline runs beside the candidate there is nobody else to blame."""
    judged = judge_integration(IntegrationEvidence(complete(FAILED)), serves=True)
    assert judged.result is Result.FAILED


def test_red_on_both_is_not_the_releases_doing() -> None:
    """The surroundings are at fault, or we cannot tell: block, never roll back."""
    evidence = IntegrationEvidence(complete(PASSED, FAILED), complete(FAILED))
    judged = judge_integration(evidence, serves=True)
    assert judged.result is Result.INSUFFICIENT
    (finding,) = judged.findings
    assert finding.rule == "evidence/fails-on-baseline-too"
    assert FAILED.id in finding.example


def test_a_shared_failure_does_not_excuse_another() -> None:
    """What fails on the candidate alone is still a regression."""
    evidence = IntegrationEvidence(complete(FAILED, OTHER), complete(FAILED))
    judged = judge_integration(evidence, serves=True)
    assert judged.result is Result.FAILED
    regressions = [f for f in judged.findings if f.rule == "integration/test-failed"]
    assert [finding.summary for finding in regressions] == [f"{OTHER.id} failed"]


@pytest.mark.parametrize(
    "control", [CaseRun(Completion.CRASHED), CaseRun(Completion.TIMED_OUT, (), "slow")]
)
def test_a_broken_control_excuses_nothing(control: CaseRun) -> None:
    """Only a test that was really red on the baseline is shared."""
    evidence = IntegrationEvidence(complete(FAILED), control)
    assert judge_integration(evidence, serves=True).result is Result.FAILED


def test_a_red_control_of_a_green_test_says_nothing() -> None:
    """The baseline may be worse than the candidate."""
    evidence = IntegrationEvidence(
        complete(PASSED), complete(Case(PASSED.id, Outcome.FAILED))
    )
    assert judge_integration(evidence, serves=True).result is Result.PASSED


@pytest.mark.parametrize("cases", [(), (SKIPPED,)])
def test_nothing_executed_blocks(cases: tuple[Case, ...]) -> None:
    """No test, or only skipped ones: we cannot tell."""
    judged = judge_integration(IntegrationEvidence(complete(*cases)), serves=True)
    assert judged.result is Result.INSUFFICIENT
    assert judged.findings[0].rule == "evidence/nothing-ran"


def test_without_evidence_it_depends_on_whether_anything_served() -> None:
    """Missing when it could have run, not run when there was nothing to ask."""
    assert judge_integration(None, serves=True).result is Result.INSUFFICIENT
    assert judge_integration(None, serves=False).result is Result.NOT_RUN
