"""Health: a rate of good answers over a hold time."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gate.judges.health import judge_health
from gate.model.evidence import BarrierEvidence
from gate.model.policy import Limits
from gate.model.verdict import Result
from tests_unit.gate.fakes.good_run import BARRIER, HEALTH, probes

DOWN = BarrierEvidence(
    "shop v12",
    False,
    "platform only",
    "crashed",
    ("2025-01-02T03:04:05+00:00 app[web.1]: last words",),
)


@given(st.integers(0, 60), st.integers(0, 60), st.floats(0, 1))
def test_the_rate_of_good_answers_decides(good: int, bad: int, rate: float) -> None:
    """Passed exactly when the share of good answers reaches what is demanded."""
    judged = judge_health(
        BARRIER, replace(HEALTH, probes=probes(good, bad)), Limits(good_rate=rate)
    )
    if good + bad == 0:
        assert judged.result is Result.INSUFFICIENT
    else:
        assert (judged.result is Result.PASSED) == (good >= rate * (good + bad))


def test_a_pass_tells_how_many_answers_and_how_it_knows() -> None:
    """Number, hold time, and whether answers named the release."""
    judged = judge_health(BARRIER, HEALTH, Limits())
    assert "20 of 20 answers good over 3 s" in judged.seen
    assert "identity: X-Release" in judged.seen


def test_bad_answers_are_told_with_what_was_really_seen() -> None:
    """The commonest bad answer is in the summary, the first one is the example."""
    judged = judge_health(BARRIER, replace(HEALTH, probes=probes(10, 10)), Limits())
    (finding,) = judged.findings
    assert finding.rule == "health/bad-answers"
    assert "10 of 20" in finding.summary
    assert "/readyz: 503 no" in finding.summary
    assert "after 9 s" in finding.example


def test_a_release_that_does_not_serve_is_a_regression_with_its_last_words() -> None:
    """The end of its log is the example."""
    judged = judge_health(DOWN, None, Limits())
    assert judged.result is Result.FAILED
    assert "last words" in judged.findings[0].example


def test_a_platform_that_could_not_be_asked_is_no_regression() -> None:
    """Its silence says nothing about the release."""
    silent = replace(DOWN, asked=False, seen="the platform does not answer")
    judged = judge_health(silent, None, Limits())
    assert judged.result is Result.INSUFFICIENT
    assert judged.findings[0].rule == "evidence/platform-silent"


@pytest.mark.parametrize(("barrier", "health"), [(None, HEALTH), (BARRIER, None)])
def test_half_of_the_evidence_is_not_enough(
    barrier: BarrierEvidence | None, health: object
) -> None:
    """Good probes prove nothing without the barrier, nor it without them."""
    judged = judge_health(barrier, health, Limits())  # type: ignore[arg-type]
    assert judged.result is Result.INSUFFICIENT
