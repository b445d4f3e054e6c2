"""The way back, judged: unsafe blocks, consent is no pass, and nothing missing passes."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gate.errors import ExitCode
from gate.judges import judge
from gate.judges.rollback import judge_rollback
from gate.model.evidence import SUITES, Category
from gate.model.rollback import (
    Against,
    Consent,
    Rehearsal,
    RollbackEvidence,
    RollbackPlan,
    Stop,
    WayBack,
)
from gate.model.verdict import Action, Judgement, Result
from tests_unit.gate.fakes.anything import any_of
from tests_unit.gate.fakes.good_run import ASKED, BUNDLE, POLICY, subject

PLAN = RollbackPlan(
    "shop-production",
    "shop-staging v12",
    "shop-production v7",
    "slug-7",
    WayBack.SAFE,
    verified="it serves: 3 answers",
)
GONE = Against("rollback/slug-gone", "the slug of v7 is gone", "release it anew")
UNSAFE = replace(PLAN, slug="", way=WayBack.UNSAFE, because=(GONE,))
BACK = Stop("shop-staging v13", "b" * 40, 4.07, serves=True, seen="3 answers")
FORTH = Stop("shop-staging v14", "c" * 40, 3.9, serves=True, seen="3 answers")
MIGRATED = ("app/migrations/0002.py",)
REHEARSED = RollbackEvidence(PLAN, MIGRATED, Rehearsal(BACK, FORTH))
ADA = Consent("Ada", "the old schema is gone for good")
BACK_FAILS = replace(BACK, troubles=("test_orders: no such column: total",))
OK = {Result.PASSED, Result.ACCEPTED}


def rules(judged: Judgement) -> set[str]:
    """The rules that speak against it."""
    return {finding.rule for finding in judged.findings}


def test_a_safe_plan_passes_and_says_to_what_and_that_it_was_not_rehearsed() -> None:
    """A pass says what it has not seen."""
    judged = judge_rollback(RollbackEvidence(PLAN))
    assert judged.result is Result.PASSED
    assert "back to shop-production v7 (it serves: 3 answers)" in judged.seen
    assert "not rehearsed" in judged.seen


def test_a_rehearsal_that_went_well_passes_with_the_measured_seconds() -> None:
    """Both ways."""
    judged = judge_rollback(REHEARSED)
    assert judged.result is Result.PASSED
    assert "back in 4.1 s, forth in 3.9 s" in judged.seen


def test_what_differs_is_named() -> None:
    """The old slug would run with today's config."""
    way = WayBack.SAFE_WITH_TODAYS_CONFIG
    plan = replace(PLAN, way=way, differs=("config var PRICE was added since",))
    judged = judge_rollback(RollbackEvidence(plan))
    assert judged.result is Result.PASSED
    assert judged.seen.endswith(f"{way.value}: config var PRICE was added since")


def test_the_first_release_needs_no_way_back() -> None:
    """And it is said what becomes of a bad one."""
    plan = RollbackPlan("shop", "shop-staging v1", "", "", WayBack.NONE_NEEDED)
    judged = judge_rollback(RollbackEvidence(plan))
    assert judged.result is Result.PASSED
    assert "held for a person" in judged.seen


def test_no_evidence_is_no_pass() -> None:
    """As in every category."""
    judged = judge_rollback(None)
    assert (judged.result, rules(judged)) == (
        Result.INSUFFICIENT,
        {"evidence/missing"},
    )


@pytest.mark.parametrize("plan", [UNSAFE, replace(UNSAFE, because=())])
def test_an_unsafe_plan_blocks_and_says_what_next(plan: RollbackPlan) -> None:
    """With the rule of the plan; also where nobody said why."""
    judged = judge_rollback(RollbackEvidence(plan))
    assert judged.result is Result.FAILED
    (finding,) = judged.findings
    assert finding.rule == (GONE.rule if plan.because else "rollback/unsafe")
    assert "--accept-rollback" in finding.example
    verdict = judge(
        subject(),
        replace(BUNDLE, rollback=RollbackEvidence(plan)),
        POLICY,
        ASKED,
    )
    assert verdict.action is Action.BLOCK
    assert verdict.exit_code is ExitCode.BLOCKED


@pytest.mark.parametrize(
    ("rehearsal", "rule", "result"),
    [
        (
            Rehearsal(BACK_FAILS, FORTH),
            "rollback/old-code-fails-on-new-schema",
            Result.FAILED,
        ),
        (
            Rehearsal(replace(BACK, serves=False), FORTH),
            "rollback/old-release-does-not-serve",
            Result.FAILED,
        ),
        (
            Rehearsal(BACK, replace(FORTH, serves=False)),
            "rollback/candidate-does-not-return",
            Result.FAILED,
        ),
        (
            Rehearsal(None, None, "staging is locked"),
            "evidence/rehearsal-broken",
            Result.INSUFFICIENT,
        ),
        (Rehearsal(BACK, None), "evidence/rehearsal-broken", Result.INSUFFICIENT),
        (None, "evidence/rehearsal-missing", Result.INSUFFICIENT),
    ],
)
def test_a_rehearsal_that_went_wrong_or_was_due_blocks(
    rehearsal: Rehearsal | None, rule: str, result: Result
) -> None:
    """By its own rule; what could not be done is nobody's regression."""
    judged = judge_rollback(replace(REHEARSED, rehearsal=rehearsal))
    assert (judged.result, rules(judged)) == (result, {rule})


def test_what_the_old_code_stumbled_over_is_told() -> None:
    """As its checks said it, and how such a change is released all the same."""
    judged = judge_rollback(replace(REHEARSED, rehearsal=Rehearsal(BACK_FAILS, FORTH)))
    (finding,) = judged.findings
    assert "no such column: total" in finding.example
    assert "split the change" in finding.example
    assert finding.reproduce == "python -m gate rehearse"


def test_the_last_words_of_what_does_not_serve_are_told() -> None:
    """A release command's traceback says more than that it failed."""
    logged = ("2025-01-02T03:04:05+00:00 app[release.1]: Can't locate revision 0002",)
    mute = replace(BACK, serves=False, log=logged)
    judged = judge_rollback(replace(REHEARSED, rehearsal=Rehearsal(mute, mute)))
    for finding in judged.findings:
        assert "Can't locate revision 0002" in finding.example


@pytest.mark.parametrize(
    "unsafe",
    [
        RollbackEvidence(UNSAFE),
        replace(REHEARSED, rehearsal=Rehearsal(BACK_FAILS, FORTH)),
        replace(REHEARSED, rehearsal=Rehearsal(replace(BACK, serves=False), FORTH)),
    ],
)
def test_a_person_accepts_an_unsafe_way_back_by_name_and_reason(
    unsafe: RollbackEvidence,
) -> None:
    """It is promoted, never shown as a pass, and nothing unsafe would be restored."""
    judged = judge_rollback(replace(unsafe, consent=ADA))
    assert judged.result is Result.ACCEPTED
    assert f"accepted by Ada: {ADA.reason}" in judged.seen
    assert judge_rollback(unsafe).findings[0].summary in judged.seen
    assert unsafe.restore == ""
    verdict = judge(
        subject(),
        replace(BUNDLE, rollback=replace(unsafe, consent=ADA)),
        POLICY,
        ASKED,
    )
    assert verdict.action is Action.PROMOTE
    assert [row.category for row in verdict.accepted] == [Category.ROLLBACK]
    assert verdict.words != "promote"


@pytest.mark.parametrize("consent", [Consent("", "why"), Consent("Ada", " \n-")])
def test_half_a_consent_is_none(consent: Consent) -> None:
    """A name without a reason, or a reason of nobody."""
    judged = judge_rollback(RollbackEvidence(UNSAFE, consent=consent))
    assert judged.result is Result.FAILED


@pytest.mark.parametrize(
    "rehearsal",
    [
        None,
        Rehearsal(None, None, "staging is locked"),
        Rehearsal(BACK_FAILS, replace(FORTH, serves=False)),
    ],
)
def test_consent_does_not_cover_what_nobody_knows_nor_a_lost_candidate(
    rehearsal: Rehearsal | None,
) -> None:
    """It is about the way back alone."""
    judged = judge_rollback(replace(REHEARSED, rehearsal=rehearsal, consent=ADA))
    assert judged.result not in OK


@given(st.sampled_from(SUITES))
def test_nothing_but_the_way_back_is_anybodys_to_accept(category: Category) -> None:
    """A judgement of another category that claims it blocks."""
    passed = [Judgement(each, Result.PASSED, "fine") for each in SUITES]
    claimed = Judgement(category, Result.ACCEPTED, "accepted by Ada: why not")
    verdict = POLICY.decide("shop v1", [*passed, claimed])
    assert verdict.action is Action.BLOCK


def less(evidence: RollbackEvidence) -> Iterator[RollbackEvidence]:
    """The same evidence with one piece of it taken away."""
    tried = evidence.rehearsal
    yield replace(evidence, consent=None)
    yield replace(evidence, plan=replace(evidence.plan, slug=""))
    if evidence.calls_for:
        yield replace(evidence, rehearsal=None)
    if tried is not None:
        yield replace(evidence, rehearsal=replace(tried, back=None))
        yield replace(evidence, rehearsal=replace(tried, forth=None))


@given(any_of(RollbackEvidence), st.sampled_from(WayBack))
@settings(max_examples=60, deadline=None)
def test_less_evidence_never_makes_a_no_into_a_yes(
    evidence: RollbackEvidence, way: WayBack
) -> None:
    """Absence is never read as success; and nothing is restored that is not to be."""
    whole = replace(evidence, plan=replace(evidence.plan, way=way))
    yes = judge_rollback(whole).result in OK
    for each in less(whole):
        assert yes or judge_rollback(each).result not in OK
    if way is WayBack.UNSAFE and whole.consent is None:
        assert not yes
