"""What holds in production where no run is open; from the platform alone, if need be.

A ledger that stayed behind on another machine, or was lost, tells nothing of a run that
was broken off. Production's releases do: a rollback by the gate bears its mark, and a
promotion holds a slug that staging had before. Nothing is written here.
"""

from collections.abc import Sequence
from datetime import UTC
from typing import NamedTuple

from gate.actions.acting import Acting
from gate.actions.choosing import earlier
from gate.actions.gone_back import MARK
from gate.actions.standing import Stands
from gate.actions.waiting import LOOK_BACK, live_release
from gate.actions.writing import same_slug
from gate.errors import ExitCode, Held, NotFound, Unresolved
from gate.ledger.journal import Journal, journals
from gate.ledger.known_slugs import KnownSlugs
from gate.model.ending import Standing
from gate.model.release import Release, ReleaseStatus


def look(acting: Acting) -> Stands:
    """Return what holds in production, once no release is under way there any more.

    Raises Held where a person is needed: what is live does not serve, or it is a
    promotion of which nothing tells that it was judged and watched. Raises Unresolved
    where it could not be asked.
    """
    production = acting.premises.production
    try:
        live = live_release(acting.platform, production, clock=acting.clock)
    except NotFound:
        return Stands(Standing.OLD_SERVES, f"there is no app {production} yet")
    if live is None or live.slug is None:
        return Stands(Standing.OLD_SERVES, "production has no release yet")
    seen = _serves(acting, live)
    records = acting.run.ledger.records()
    for journal in journals(records, production):
        stands = _told(journal, live, seen)
        if stands is not None:
            return stands
    return _from_releases(acting, live, seen)


def _serves(acting: Acting, live: Release) -> str:
    barrier = acting.await_serving(live)
    if not barrier.asked:
        raise Unresolved(
            f"whether {live.name} serves could not be asked",
            why=barrier.seen,
            advice="when the platform answers again, run: python -m gate resume",
        )
    if not barrier.serves:
        raise Held(
            f"{live.name} is live and does not serve",
            why=barrier.seen,
            advice=f"a person is needed: look at the log of {live.app}\n"
            "what going back would do: python -m gate rollback --plan",
        )
    return barrier.seen


def _told(journal: Journal, live: Release, seen: str) -> Stands | None:
    """Return what a run tells of how *live* came to serve; None: nothing."""
    opened, closed, subject = journal.opened, journal.closed, journal.subject
    assert opened is not None
    promoted = journal.promotion is not None and journal.promotion.confirmed is not None
    if promoted and subject and same_slug(subject.candidate.slug, live.slug):
        if closed is None or closed.exit_code != ExitCode.PASSED:
            raise Held(
                f"{live.name} is live, and run {opened.run} did not end well with it",
                why=closed.says if closed else "it has not ended",
                advice=_ways(live, None),
            )
        known = f"{live.name}: judged and watched by run {opened.run}; {seen}"
        return Stands(Standing.NEW_SERVES, known)
    if journal.plan is not None and journal.plan.slug == _slug_id(live):
        known = f"{live.name}: there before run {opened.run}; {seen}"
        return Stands(Standing.OLD_SERVES, known)
    return None


class _Origin(NamedTuple):
    """The release with which the live slug came, and those before it."""

    release: Release
    earlier: Sequence[Release]


def _from_releases(acting: Acting, live: Release, seen: str) -> Stands:
    origin = _origin(acting, live)
    mark = MARK.match(origin.release.description)
    if mark is not None:
        by = f"put back in place of v{mark['version']} by run {mark['run']}"
        return Stands(Standing.OLD_SERVES, f"{live.name}: {by}; {seen}")
    source = _source(acting, origin)
    if source is None and not origin.release.description.startswith("Promote "):
        return Stands(Standing.OLD_SERVES, f"{live.name}: no promotion; {seen}")
    raise Held(
        f"{live.name} was promoted, and no ledger here knows whether it was judged "
        "or watched",
        why=_facts(origin.release, live, source, seen),
        advice=_ways(live, _other(acting, live)) + _judging(acting, live),
    )


def _origin(acting: Acting, live: Release) -> _Origin:
    """Look below *live*: a config change releases the same slug anew."""
    found = acting.platform.releases(live.app, limit=LOOK_BACK)
    lived = [
        each
        for each in found
        if each.version <= live.version and each.status is ReleaseStatus.SUCCEEDED
    ]
    origin = live
    for number, release in enumerate(lived):
        if _slug_id(release) != _slug_id(live):
            return _Origin(origin, lived[number:])
        origin = release
    return _Origin(origin, ())


def _source(acting: Acting, origin: _Origin) -> Release | None:
    """Return staging's release of a slug that was there first; None: it is no such.

    A slug that production had before comes back to it; it is not promoted.
    """
    slug, release = _slug_id(origin.release), origin.release
    if any(_slug_id(each) == slug for each in origin.earlier):
        return None
    staged = acting.platform.releases(acting.premises.staging, limit=LOOK_BACK)
    first = [r for r in staged if r.created_at < release.created_at]
    return next((r for r in first if _slug_id(r) == slug), None)


def _other(acting: Acting, live: Release) -> int | None:
    known = KnownSlugs.of(acting.run.ledger.records())
    before = earlier(acting.platform, live, known)
    return before.version if before else None


def _facts(origin: Release, live: Release, source: Release | None, seen: str) -> str:
    slug = live.slug
    assert slug is not None
    commit = f", commit {slug.commit[:8]}" if slug.commit else ""
    when = f"{origin.created_at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
    staged = f"; staging had it as {source.name}" if source else ""
    return (
        f"slug {slug.id[:8]}{commit} came with {origin.name} at {when} "
        f"({origin.description}){staged}; now: {seen}"
    )


def _ways(live: Release, target: int | None) -> str:
    """Return the commands that a person may want, a line each, looking before acting."""
    to = f" --to v{target}" if target else ""
    return (
        "a person is needed\n"
        f"who released it: heroku releases:info v{live.version} --app {live.app}\n"
        "what going back would do: python -m gate rollback --plan\n"
        f"to go back: python -m gate rollback --replacing v{live.version}{to}"
    )


def _judging(acting: Acting, live: Release) -> str:
    staged = acting.platform.current_release(acting.premises.staging)
    if staged is None or not same_slug(staged.slug, live.slug):
        return ""
    return f"\nto have it judged ({staged.name} is the same): python -m gate check"


def _slug_id(release: Release) -> str:
    return release.slug.id if release.slug else ""
