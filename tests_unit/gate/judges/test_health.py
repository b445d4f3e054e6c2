"""Health: a rate over a hold time, and the watch of production afterwards."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gate.judges import judge_watch
from gate.judges.health import judge_health
from gate.model.evidence import AppLog, BarrierEvidence, Category, Probe, WatchEvidence
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
WATCH = WatchEvidence(BARRIER, probes(), AppLog("shop-production"), 8.0)


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
    assert judge_watch(replace(WATCH, barrier=silent), 0.9).result is not Result.FAILED


@pytest.mark.parametrize(("barrier", "health"), [(None, HEALTH), (BARRIER, None)])
def test_half_of_the_evidence_is_not_enough(
    barrier: BarrierEvidence | None, health: object
) -> None:
    """Good probes prove nothing without the barrier, nor it without them."""
    judged = judge_health(barrier, health, Limits())  # type: ignore[arg-type]
    assert judged.result is Result.INSUFFICIENT


def test_a_quiet_watch_passes_and_says_what_it_could_not_see() -> None:
    """Later faults are not excluded by a short watch."""
    judged = judge_watch(WATCH, 0.95)
    assert judged.result is Result.PASSED
    assert "20 of 20 answers good" in judged.seen
    assert "later faults are not excluded" in judged.seen


def test_bad_answers_in_production_are_a_regression() -> None:
    """Whatever path they came from."""
    bad = Probe("/orders", 1.0, 500, good=False, seen="500")
    judged = judge_watch(replace(WATCH, probes=(*probes(9), bad)), 0.95)
    assert judged.result is Result.FAILED
    assert "/orders: 500" in judged.seen


def test_one_crash_in_production_is_a_regression() -> None:
    """Also when the probes were all good: the router hid it."""
    log = AppLog("shop", crashes=("web.1: State changed from up to crashed",))
    judged = judge_watch(replace(WATCH, log=log), 0.95)
    assert judged.result is Result.FAILED
    assert judged.findings[0].rule == "health/dyno-crashed"
    assert "crashed" in judged.findings[0].example


@pytest.mark.parametrize("code", ["H10", "H13", "R14", "R15"])
def test_faults_of_the_app_in_the_platforms_log_are_a_regression(code: str) -> None:
    """What the router and the dyno manager say of the app counts."""
    judged = judge_watch(replace(WATCH, log=AppLog("shop", codes={code: 2})), 0.95)
    assert judged.result is Result.FAILED
    assert f"{code} 2×" in judged.seen


@pytest.mark.parametrize("code", ["H27", "H28", "H80", "H81", "H99", "R99", "L10"])
def test_faults_of_clients_and_of_the_platform_are_not_the_releases(code: str) -> None:
    """A consumer that hung up, or Heroku's own error, does not roll back."""
    judged = judge_watch(replace(WATCH, log=AppLog("shop", codes={code: 5})), 0.95)
    assert judged.result is Result.PASSED


def test_a_watch_without_a_single_answer_proves_nothing() -> None:
    """No probe is neither good nor bad: somebody has to look."""
    judged = judge_watch(replace(WATCH, probes=()), 0.95)
    assert judged.result is Result.INSUFFICIENT
    assert judged.findings[0].about is Category.HEALTH


def test_a_watch_that_could_not_read_the_log_cannot_say_no_crash() -> None:
    """Half of what a watch looks at was not seen."""
    log = AppLog("shop", lost="no log session")
    judged = judge_watch(replace(WATCH, log=log), 0.95)
    assert judged.result is Result.INSUFFICIENT


def test_production_that_does_not_serve_is_a_regression() -> None:
    """Without a probe being sent."""
    judged = judge_watch(replace(WATCH, barrier=DOWN, probes=()), 0.95)
    assert judged.result is Result.FAILED
    assert [f.rule for f in judged.findings] == ["health/release-does-not-serve"]
