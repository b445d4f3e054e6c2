"""Which slugs are known to have served: the last word of the ledger counts."""

from gate.ledger.known_slugs import KnownSlugs
from gate.ledger.records import (
    CandidateBound,
    Record,
    RollbackPlanned,
    RunClosed,
    SlugRejected,
)
from gate.model.ending import Standing
from gate.model.release import Slug
from gate.model.rollback import RollbackPlan, WayBack
from gate.model.subject import Subject
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
