"""The way back as it is told; what a person accepted never looks like a pass."""

import io
import json
import unicodedata
from dataclasses import replace

import pytest
from hypothesis import given, settings

from gate.errors import ExitCode
from gate.judges import judge
from gate.ledger.records import RollbackPlanned, RunClosed, RunOpened
from gate.model.ending import Ending
from gate.model.evidence import SUITES, Category, EvidenceBundle
from gate.model.rollback import (
    Against,
    Consent,
    Rehearsal,
    RollbackEvidence,
    RollbackPlan,
    Stop,
    WayBack,
)
from gate.reports.machine import as_json, ending_document
from gate.reports.page.account import Account
from gate.reports.page.html import as_html
from gate.reports.rollback_plan import (
    exit_code_of,
    plan_document,
    show_plan,
)
from gate.reports.steps import step
from gate.reports.terminal import show_ending
from tests_unit.gate.fakes.anything import any_of
from tests_unit.gate.fakes.good_run import BUNDLE, POLICY, subject
from tests_unit.gate.reports.test_html import assert_harmless

AT = "2025-01-02T03:04:05.000+00:00"
UNSAFE = RollbackPlan(
    "shop-production",
    "shop-staging v12",
    "shop-production v7",
    "",
    WayBack.UNSAFE,
    (Against("rollback/slug-gone", "the slug of v7 is gone", "build it", "heroku x"),),
    ("config var PRICE was added since",),
)
SAFE = replace(
    UNSAFE, slug="slug-7", way=WayBack.SAFE, because=(), verified="it serves"
)
ADA = Consent("Ada", "the old schema is gone for good")
STOP = Stop("shop-staging v13", "b" * 40, 4.07, serves=True, seen="3 answers")


def ending(evidence: RollbackEvidence) -> Ending:
    """A promotion in which nothing but the way back may be wanting."""
    asked = (*SUITES, Category.ROLLBACK)
    bundle = replace(BUNDLE, rollback=evidence)
    verdict = judge(subject(), bundle, POLICY, asked)
    says = "promoted shop-staging v12"
    return Ending("r1", ExitCode.PASSED, says, verdict=verdict)


def page(evidence: RollbackEvidence) -> str:
    """The page of such a run."""
    account = Account(
        run="r1",
        opened=RunOpened("r1", AT, "promote", "shop-staging", "shop-production", "c"),
        subject=subject(),
        verdict=ending(evidence).verdict,
        watched=None,
        closed=RunClosed("r1", AT, 0, "promoted shop-staging v12"),
        rejected=None,
        pieces=(),
        bundle=replace(BUNDLE, load=None, rollback=evidence),
        policy=POLICY,
        watch=None,
        gaps=(),
    )
    return as_html(account).decode()


def printed(shown: Ending) -> str:
    """An ending on a terminal."""
    out = io.StringIO()
    show_ending(shown, out)
    return out.getvalue()


def told(plan: RollbackPlan) -> str:
    """A plan on a terminal."""
    out = io.StringIO()
    show_plan(plan, out)
    return out.getvalue()


def test_a_plan_is_told_with_all_that_it_rests_on() -> None:
    """To what, how that is known, by which slug, and what differs."""
    assert told(SAFE).splitlines() == [
        "way back: from the promotion of shop-staging v12 back to shop-production v7: safe",
        "  known: it serves",
        "  slug: slug-7, released with today's config vars",
        "  differs: config var PRICE was added since",
    ]


def test_an_unsafe_plan_says_why_what_next_and_what_shows_it() -> None:
    """By its stable rule."""
    assert told(UNSAFE).splitlines() == [
        "way back: from the promotion of shop-staging v12 back to shop-production v7: unsafe",
        "  differs: config var PRICE was added since",
        "  rollback/slug-gone: the slug of v7 is gone",
        "      next: build it",
        "      shown by: heroku x",
    ]


@given(any_of(RollbackPlan))
@settings(max_examples=20, deadline=None)
def test_whatever_the_platform_named_a_plan_is_safe_to_show(plan: RollbackPlan) -> None:
    """On a screen and as a document."""
    hidden = {"Cc", "Cf", "Cs"}
    text = told(plan)
    assert not any(unicodedata.category(c) in hidden for c in text if c not in "\n\t")
    document = json.loads(as_json(plan_document(plan)))
    assert document["exit_code"] == (10 if plan.way is WayBack.UNSAFE else 0)
    assert document["outcome"] == plan.way.value


@given(any_of(RollbackEvidence))
@settings(max_examples=10, deadline=None)
def test_whatever_the_platform_named_the_page_is_harmless(
    evidence: RollbackEvidence,
) -> None:
    """Text of the rehearsal, the plan and whoever accepts it stays text."""
    assert_harmless(page(evidence).encode())


@pytest.mark.parametrize("way", WayBack)
def test_only_an_unsafe_plan_ends_as_blocked(way: WayBack) -> None:
    """Its differences are no reason."""
    blocked = exit_code_of(replace(SAFE, way=way)) is ExitCode.BLOCKED
    assert blocked is (way is WayBack.UNSAFE)


def test_the_rollback_row_stands_in_the_table_of_a_promotion() -> None:
    """With the measured seconds."""
    tried = RollbackEvidence(SAFE, ("Procfile",), Rehearsal(STOP, STOP))
    shown = printed(ending(tried))
    (line,) = [x for x in shown.splitlines() if x.startswith("  rollback ")]
    assert "✓ passed" in line
    assert "back in 4.1 s" in " ".join(shown.split())
    assert "Rehearsed on staging" in page(tried)
    assert "4.1 s" in page(tried)
    assert "config var PRICE was added since" in page(tried)


def test_what_a_person_accepted_is_shown_by_name_and_never_as_a_pass() -> None:
    """On the screen, on the page, and to a machine."""
    accepted = RollbackEvidence(UNSAFE, consent=ADA)
    shown = ending(accepted)
    line = f"! rollback accepted by Ada: {ADA.reason} (unsafe: the slug of v7 is gone"
    assert line in printed(shown)
    assert "✓ passed" not in next(
        each for each in printed(shown).splitlines() if each.startswith("  rollback ")
    )
    assert line in page(accepted)
    assert 'class="badge accepted"' in page(accepted)
    assert "exit 0: passed" not in page(accepted)
    document = ending_document(shown)
    assert document["outcome"] == "accepted"
    row = document["verdict"]["rows"][-1]
    assert (row["category"], row["result"]) == ("rollback", "accepted")


def test_without_acceptance_the_same_run_is_told_as_passed() -> None:
    """Nothing is accepted where nothing had to be, though somebody offered to."""
    offered = RollbackEvidence(SAFE, consent=ADA)
    assert ending_document(ending(offered))["outcome"] == "passed"
    assert "exit 0: passed" in page(offered)
    assert "accepted by" not in printed(ending(offered))


def test_what_is_bad_is_told_before_what_could_not_be_told() -> None:
    """Where the way back ends the run early, all other evidence is missing."""
    bundle = EvidenceBundle(rollback=RollbackEvidence(UNSAFE))
    verdict = judge(subject(), bundle, POLICY, (*SUITES, Category.ROLLBACK))
    blocked = Ending("r1", ExitCode.BLOCKED, "blocked", verdict=verdict)
    rules = [x for x in printed(blocked).splitlines() if x.startswith(("roll", "evid"))]
    assert rules[0] == "rollback/slug-gone: the slug of v7 is gone"
    assert len(rules) > 1


def test_the_page_tells_of_a_way_back_what_the_judgement_says() -> None:
    """The plan alone was safe; the rehearsal was not, and a person accepted that."""
    fails = replace(STOP, troubles=("GET /products: 503",))
    shown = page(RollbackEvidence(SAFE, ("x.sql",), Rehearsal(fails, STOP), ADA))
    _, section = shown.split("<h2>The way back</h2>")
    said = section.split("</section>")[0]
    assert said.index("accepted by Ada") < said.index(
        "Planned, before it was rehearsed"
    )
    assert "unsafe: the code of shop-production v7 (on staging as" in said
    assert "the promotion of shop-staging v12 back to shop-production v7: safe" in said


def test_progress_tells_a_plan_as_a_plan() -> None:
    """A rehearsal may follow, and the verdict say otherwise."""
    line = step(RollbackPlanned("r1", AT, SAFE))
    assert line == "planned way back: shop-production v7, safe"


def test_a_rollback_of_what_is_live_is_no_promotion_that_is_taken_back() -> None:
    """What is gone back from is production's own."""
    plan = replace(SAFE, replaces="shop-production v8")
    assert plan.words == "from shop-production v8 back to shop-production v7"
