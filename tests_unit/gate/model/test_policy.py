"""The policy: an answer for everything, and nothing that talks it into promoting."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gate.model.evidence import SUITES, Category
from gate.model.plan import HealthPlan, LoadPlan, Plans, UnitPlan, WatchPlan
from gate.model.policy import Limits, Policy
from gate.model.verdict import Action, Finding, Judgement, Result

NAYS = st.sampled_from([Action.BLOCK, Action.ROLL_BACK])
POLICIES = st.fixed_dictionaries(dict.fromkeys(SUITES, NAYS)).map(Policy)


def findings(*categories: Category) -> st.SearchStrategy[Finding]:
    """Findings of these categories."""
    return st.builds(
        Finding, st.sampled_from(categories), st.just("rule/x"), st.just("seen")
    )


def judgements(category: Category) -> st.SearchStrategy[Judgement]:
    """Judgements on a category: with findings of its own, or that evidence wants."""
    found = st.lists(findings(category, Category.EVIDENCE), max_size=3).map(tuple)
    return st.builds(
        Judgement, st.just(category), st.sampled_from(Result), st.just("seen"), found
    )


ALL_JUDGED = st.tuples(*map(judgements, SUITES))
PASSES = tuple(Judgement(category, Result.PASSED, "fine") for category in SUITES)


@given(st.dictionaries(st.sampled_from(SUITES), st.sampled_from(Action)))
def test_a_policy_silent_on_a_category_cannot_be_built(
    answers: dict[Category, Action],
) -> None:
    """Each suite needs an answer, and promote is not one."""
    whole = all(answers.get(c, Action.PROMOTE) is not Action.PROMOTE for c in SUITES)
    if whole:
        assert Policy(answers).answers == answers
    else:
        with pytest.raises(ValueError, match="no answer for a failure in category"):
            Policy(answers)


@given(POLICIES)
def test_only_five_passes_without_a_finding_promote(policy: Policy) -> None:
    """All five categories passed: promote, and nothing is held against it."""
    verdict = policy.decide("shop v1", PASSES)
    assert verdict.action is Action.PROMOTE
    assert not verdict.because
    assert not verdict.regression


@given(POLICIES, ALL_JUDGED, st.data())
def test_adding_a_finding_never_moves_towards_promote(
    policy: Policy, judged: tuple[Judgement, ...], data: st.DataObject
) -> None:
    """More that speaks against a release never makes the answer milder."""
    at = data.draw(st.sampled_from(range(len(SUITES))))
    before = judged[at]
    added = data.draw(findings(before.category, Category.EVIDENCE))
    worse = Judgement(
        before.category, before.result, before.seen, (*before.findings, added)
    )
    more = (*judged[:at], worse, *judged[at + 1 :])
    assert policy.decide("v", more).action >= policy.decide("v", judged).action
    assert policy.decide("v", more).action > Action.PROMOTE


@given(POLICIES, ALL_JUDGED, st.sets(st.sampled_from(range(len(SUITES)))))
def test_what_was_not_judged_is_never_promoted(
    policy: Policy, judged: tuple[Judgement, ...], left: set[int]
) -> None:
    """A verdict with a missing judgement blocks at least, whatever the others say."""
    fewer = [each for at, each in enumerate(judged) if at in left]
    verdict = policy.decide("v", fewer)
    if len(left) < len(SUITES):
        assert verdict.action >= Action.BLOCK
    assert [row.category for row in verdict.rows] == list(SUITES)


def test_every_subset_of_passes_blocks() -> None:
    """Removing any judgement from a passing set turns promote into block."""
    policy = Policy(dict.fromkeys(SUITES, Action.ROLL_BACK))
    for size in range(len(SUITES)):
        for some in itertools.combinations(PASSES, size):
            assert policy.decide("v", some).action is Action.BLOCK


@given(POLICIES, st.sampled_from(SUITES), st.sampled_from(list(Result)[1:]))
def test_what_did_not_pass_blocks_even_without_a_finding(
    policy: Policy, category: Category, result: Result
) -> None:
    """A category that failed, or did not run, is no success for lack of a reason."""
    judged = [each for each in PASSES if each.category is not category]
    judged.append(Judgement(category, result, "seen"))
    assert policy.decide("v", judged).action is Action.BLOCK


@given(st.lists(findings(Category.EVIDENCE), min_size=1), st.sampled_from(SUITES))
def test_wanting_evidence_never_rolls_back(
    found: list[Finding], category: Category
) -> None:
    """We cannot tell is answered with block, also where failing means roll back."""
    policy = Policy(dict.fromkeys(SUITES, Action.ROLL_BACK))
    judged = [each for each in PASSES if each.category is not category]
    judged.append(Judgement(category, Result.INSUFFICIENT, "seen", tuple(found)))
    verdict = policy.decide("v", judged)
    assert verdict.action is Action.BLOCK
    assert not verdict.regression


@given(POLICIES, ALL_JUDGED)
def test_the_worst_row_is_the_answer(
    policy: Policy, judged: tuple[Judgement, ...]
) -> None:
    """The action is the worst of the five rows', and every finding is kept."""
    verdict = policy.decide("v", judged)
    assert verdict.action is max(row.action for row in verdict.rows)
    assert len(verdict.because) == sum(len(each.findings) for each in judged)


@given(POLICIES, st.sampled_from(SUITES))
def test_a_second_opinion_does_not_outweigh_the_first(
    policy: Policy, category: Category
) -> None:
    """Of two judgements on one category the worse one counts, in either order."""
    bad = Judgement(
        category, Result.FAILED, "bad", (Finding(category, "rule/x", "bad"),)
    )
    for judged in ((bad, *PASSES), (*PASSES, bad)):
        verdict = policy.decide("v", judged)
        assert verdict.action >= Action.BLOCK
        assert verdict.regression


def test_a_finding_about_evidence_as_such_blocks() -> None:
    """A judgement on the evidence itself speaks against promotion as any other."""
    policy = Policy(dict.fromkeys(SUITES, Action.BLOCK))
    finding = Finding(Category.EVIDENCE, "evidence/stale", "too old")
    judged = Judgement(Category.EVIDENCE, Result.INSUFFICIENT, "too old", (finding,))
    assert policy.decide("v", (*PASSES, judged)).action is Action.BLOCK


def test_limits_are_what_the_plans_state() -> None:
    """What a team sets for its suites is where the judges draw their lines."""
    plans = Plans(
        health=HealthPlan(good_rate=0.5),
        unit=UnitPlan(changed_lines=0.25),
        load=LoadPlan(errors="exclude > 12.5%"),
        watch=WatchPlan(too_little="roll back"),
    )
    limits = Limits.of(plans)
    assert (limits.good_rate, limits.changed_lines) == (0.5, 0.25)
    assert (limits.load, limits.watch) == (plans.load, plans.watch)


@given(POLICIES, st.sampled_from(SUITES))
def test_where_one_category_was_asked_the_others_are_not_missed(
    policy: Policy, category: Category
) -> None:
    """And that one is, where nothing is known of it."""
    passed = [each for each in PASSES if each.category is category]
    verdict = policy.decide("v", passed, (category,))
    assert verdict.action is Action.PROMOTE
    assert [row.category for row in verdict.rows] == [category]
    assert policy.decide("v", (), (category,)).action is Action.BLOCK
