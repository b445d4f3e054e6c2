"""Which slugs are known to have served: the last word of the ledger counts."""

from gate.ledger.known_slugs import Doubt, KnownSlugs
from gate.ledger.records import (
    CandidateBound,
    Record,
    RollbackPlanned,
    RunClosed,
    SlugRejected,
    VerdictReached,
)
from gate.model.ending import Standing
from gate.model.evidence import Category
from gate.model.release import Slug
from gate.model.rollback import NOT_FORTH, Against, RollbackPlan, WayBack
from gate.model.subject import Subject
from gate.model.verdict import Action, Finding, Result, Row, Verdict
from tests_unit.gate.fakes.good_run import release

AT = "2025-01-02T03:04:05.000+00:00"
CANDIDATE = release("shop-staging", 12)
BASELINE = release("shop-production", 7, "b" * 40)
SLUG = CANDIDATE.slug
assert SLUG is not None
URL = "http://127.0.0.1:9"


def bound(run: str) -> Record:
    """A run is about that candidate."""
    return CandidateBound(run, AT, Subject(run, CANDIDATE, URL, BASELINE, URL))


def closed(run: str, standing: str) -> Record:
    """A run ends so."""
    return RunClosed(run, AT, 0, "ended", standing)


def rejected(run: str) -> Record:
    """A run rejects the candidate's slug."""
    assert SLUG is not None
    return SlugRejected(run, AT, SLUG.id, SLUG.checksum or "", "c", "3 crashes")


def planned(run: str, slug: str) -> Record:
    """A run's plan goes back to a slug."""
    plan = RollbackPlan("shop", "v12", "v7", slug, WayBack.SAFE)
    return RollbackPlanned(run, AT, plan)


def test_an_empty_ledger_knows_of_none() -> None:
    """Neither good nor bad."""
    known = KnownSlugs.of(())
    assert known.served_in(SLUG) == known.rejected_in(SLUG) == ""
    assert known.served_in(None) == ""


def test_what_was_promoted_watched_and_kept_has_served() -> None:
    """In the run that says so; only what stands at the end counts."""
    for standing, run in (
        (Standing.NEW_SERVES.value, "r1"),
        (Standing.HELD.value, ""),
        (Standing.OLD_SERVES.value, ""),
        ("", ""),
    ):
        known = KnownSlugs.of([bound("r1"), closed("r1", standing)])
        assert known.served_in(SLUG) == run


def test_what_a_plan_goes_back_to_was_seen_to_serve() -> None:
    """An unsafe plan names no slug, and says nothing."""
    known = KnownSlugs.of([planned("r1", "slug-7"), planned("r2", "")])
    assert known.served_in(Slug("slug-7", None, None)) == "r1"
    assert known.served_in(Slug("", None, None)) == ""


def test_a_rejected_slug_is_known_under_another_id_too() -> None:
    """By its checksum: an artefact may be copied."""
    assert SLUG is not None
    known = KnownSlugs.of([bound("r1"), rejected("r1"), closed("r1", "held")])
    assert known.rejected_in(Slug("a-copy", SLUG.checksum, None)) == "r1"
    assert known.rejected_in(Slug("another", "SHA256:1", None)) == ""


def test_judged_once_more_and_kept_it_is_good_again() -> None:
    """And rejected again it is bad again."""
    first = [bound("r1"), rejected("r1"), closed("r1", Standing.OLD_SERVES)]
    again = [*first, bound("r2"), closed("r2", Standing.NEW_SERVES)]
    assert KnownSlugs.of(again).rejected_in(SLUG) == ""
    assert KnownSlugs.of([*again, rejected("r3")]).rejected_in(SLUG) == "r3"


# Doubt

OLD = BASELINE.slug
assert OLD is not None
REHEARSED = "rollback/old-code-fails-on-new-schema"


def judged(run: str, result: Result, *rules: str) -> Record:
    """A run judges the way back."""
    row = Row(Category.ROLLBACK, result, "seen", Action.BLOCK)
    because = tuple(Finding(Category.ROLLBACK, rule, "bad") for rule in rules)
    return VerdictReached(run, AT, Verdict("v12", Action.BLOCK, (row,), because))


def rehearsed(run: str, result: Result, *rules: str) -> list[Record]:
    """A run plans a way back to the old slug, and judges it with its rehearsal."""
    assert OLD is not None
    return [planned(run, OLD.id), bound(run), judged(run, result, *rules)]


def test_a_way_back_that_failed_in_rehearsal_is_doubted_accepted_or_not() -> None:
    """Though the very run saw the slug serve before."""
    for records in (
        rehearsed("r1", Result.FAILED, REHEARSED),
        [*rehearsed("r1", Result.ACCEPTED), closed("r1", Standing.NEW_SERVES)],
    ):
        known = KnownSlugs.of(records)
        assert known.doubted_in(OLD) == Doubt("r1", rehearsed=True)
        assert known.served_in(OLD) == "r1"


def test_a_way_back_that_was_planned_as_unsafe_is_doubted_for_that() -> None:
    """Such a plan names no slug; what the candidate was compared with is its target."""
    against = Against("rollback/does-not-serve", "v7 is live and does not serve")
    plan = RollbackPlan("shop", "v12", "v7", "", WayBack.UNSAFE, (against,))
    first = [RollbackPlanned("r1", AT, plan), bound("r1")]
    known = KnownSlugs.of([*first, judged("r1", Result.ACCEPTED)])
    assert known.doubted_in(OLD) == Doubt("r1", rehearsed=False, because=against.says)


def test_what_passed_could_not_be_told_or_is_the_candidates_fault_is_no_doubt() -> None:
    """Nobody saw the old release fail."""
    for result, rules in (
        (Result.PASSED, ()),
        (Result.INSUFFICIENT, ()),
        (Result.FAILED, (NOT_FORTH,)),
    ):
        assert KnownSlugs.of(rehearsed("r1", result, *rules)).doubted_in(OLD) is None


def test_a_doubt_ends_when_a_later_run_goes_back_safely_or_keeps_the_slug() -> None:
    """And begins again with the next rehearsal that fails."""
    first = rehearsed("r1", Result.ACCEPTED)
    passed = [*first, *rehearsed("r2", Result.PASSED)]
    assert KnownSlugs.of(passed).doubted_in(OLD) is None
    subject = Subject("r2", BASELINE, URL, CANDIDATE, URL)
    served = closed("r2", Standing.NEW_SERVES)
    kept = [*first, CandidateBound("r2", AT, subject), served]
    assert KnownSlugs.of(kept).doubted_in(OLD) is None
    again = KnownSlugs.of([*passed, *rehearsed("r3", Result.FAILED, REHEARSED)])
    assert again.doubted_in(OLD) == Doubt("r3", rehearsed=True)
