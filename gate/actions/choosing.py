"""Which release a rollback replaces, and which one it restores."""

from collections.abc import Iterator, Sequence
from itertools import dropwhile

from gate.actions.gone_back import gone_back_from
from gate.actions.waiting import LOOK_BACK
from gate.actions.writing import same_slug
from gate.errors import MovedMeanwhile, NotFound, UsageProblem
from gate.ledger.known_slugs import Doubt, KnownSlugs
from gate.model.platform import Platform
from gate.model.release import Release, Slug
from gate.model.rollback import Against

CORRECT = "correct what is live, and promote the correction"


def live_release_of(platform: Platform, app: str, replacing: int | None) -> Release:
    """Return what is live on *app*, the release that a rollback would replace.

    Raises UsageProblem when nothing is, MovedMeanwhile when it is not the version
    *replacing*.
    """
    live = platform.current_release(app)
    if live is None or live.slug is None:
        raise UsageProblem(f"nothing is live on {app}", advice="deploy first")
    if replacing is not None and live.version != replacing:
        raise MovedMeanwhile(
            f"{app} was not rolled back: {live.name} is live, not v{replacing}",
            why=f"it was released since ({live.description})",
            advice=f"if {live.name} is the bad one, say --replacing v{live.version}",
        )
    return live


def release_to_restore(
    platform: Platform, bad: Release, target: int | None, known: KnownSlugs
) -> Release:
    """Return the release *target*, or the last one *known* to have served before *bad*.

    Raises UsageProblem when it is not eligible, or when there is none.
    """
    if target is None:
        before = earlier(platform, bad, known)
        if before is None:
            raise _none_left(platform, bad, known)
        return before
    wanted = named(platform, bad, target)
    if not wanted.eligible_for_rollback:
        raise UsageProblem(
            f"{wanted.name} cannot be restored",
            why=f"it is {wanted.status.value} and not eligible for rollback",
            advice="name another release with --to",
        )
    return wanted


def earlier(platform: Platform, live: Release, known: KnownSlugs) -> Release | None:
    """Return the last release before *live* that is known to have served.

    Of none is it known: the newest that could be restored and was not rejected. Never
    one that a run doubted or a rollback replaced, nor one older than a release whose
    code was seen to fail on what came after it: older code lives with that no better.
    """
    releases = platform.releases(live.app, limit=LOOK_BACK)
    left = gone_back_from(releases)
    able = [
        release
        for release in _up_to_a_break(releases, live, known)
        if release.slug is not None
        and not same_slug(release.slug, live.slug)
        and release.eligible_for_rollback
        and not known.rejected_in(release.slug)
        and not known.doubted_in(release.slug)
        and release.slug.id not in left
    ]
    served = [release for release in able if known.served_in(release.slug)]
    for release in (*served, *able):
        whole = _whole(platform, release)  # with the checksum: a slug may be a copy
        copied = same_slug(whole.slug, live.slug)
        bad = known.rejected_in(whole.slug) or known.doubted_in(whole.slug)
        if not copied and not bad:
            return whole
    return None


def passed_over(platform: Platform, live: Release, known: KnownSlugs) -> Release | None:
    """Return the newest release before *live* that was doubted or gone back from."""
    releases = platform.releases(live.app, limit=LOOK_BACK)
    left = gone_back_from(releases)
    for release in releases:
        slug = release.slug
        if slug is None or release.version >= live.version:
            continue
        spoken = slug.id in left or known.doubted_in(slug) is not None
        if spoken and not same_slug(slug, live.slug):
            return _whole(platform, release)
    return None


def speaks_against(
    platform: Platform, target: Release, known: KnownSlugs
) -> Iterator[Against]:
    """Yield why one would not go back to *target*, though it could be released again."""
    doubt = known.doubted_in(target.slug)
    if doubt is not None:
        yield _doubted(target, doubt)
    left = gone_back_from(platform.releases(target.app, limit=LOOK_BACK))
    by = left.get(target.slug.id) if target.slug else None
    if by is not None:
        yield Against(
            "rollback/gone-back-from",
            f"{target.name} was rolled back already, by {by.name} ({by.description})",
            CORRECT,
            f"heroku releases:info v{by.version} --app {by.app}",
        )


def _doubted(target: Release, doubt: Doubt) -> Against:
    if doubt.rehearsed:
        rule = "rollback/failed-in-rehearsal"
        says = (
            f"run {doubt.run} rehearsed it: the code of {target.name} does not live "
            "with what was promoted since"
        )
    else:
        rule = "rollback/judged-unsafe"
        why = f": {doubt.because}" if doubt.because else ""
        says = f"run {doubt.run} found no safe way back to {target.name}{why}"
    return Against(rule, says, CORRECT, f"python -m gate explain {doubt.run}")


def _none_left(platform: Platform, bad: Release, known: KnownSlugs) -> UsageProblem:
    """Say why there is nothing that a rollback would take of itself."""
    passed = passed_over(platform, bad, known)
    if passed is None:
        return UsageProblem(
            f"{bad.app} has no earlier release to go back to",
            advice="deploy a good one",
        )
    return UsageProblem(
        f"before {bad.name} there is no release that is safe to go back to",
        why="; ".join(each.says for each in speaks_against(platform, passed, known)),
        advice=f"{CORRECT}\nor go back all the same, to {passed.name}: python -m gate rollback "
        f"--replacing v{bad.version} --to v{passed.version}",
    )


def _up_to_a_break(
    releases: Sequence[Release], live: Release, known: KnownSlugs
) -> Iterator[Release]:
    """Yield what is older than *live*, newest first, up to where older code broke."""
    older = (each for each in releases if each.version < live.version)
    for release in dropwhile(lambda each: same_slug(each.slug, live.slug), older):
        doubt = known.doubted_in(release.slug)
        if doubt is not None and doubt.rehearsed:
            return
        yield release


def named(platform: Platform, live: Release, target: int) -> Release:
    """Return the release *target* of an app, to go back to from what is *live* there.

    Raises UsageProblem when there is none, or none with another slug.
    """
    for release in platform.releases(live.app, limit=live.version - target + LOOK_BACK):
        if release.version != target:
            continue
        if release.slug is None or same_slug(release.slug, live.slug):
            raise UsageProblem(
                f"{release.name} is no release to go back to from {live.name}",
                why="both hold the same slug" if release.slug else "it holds no slug",
                advice="name another release with --to",
            )
        return _whole(platform, release)
    raise UsageProblem(
        f"{live.app} has no release v{target}",
        advice=f"look which it has: heroku releases --app {live.app}",
    )


def last_good(platform: Platform, bad: Release, baseline: Slug | None) -> Slug | None:
    """Return the slug to restore in place of *bad*: the baseline's, where it differs.

    Otherwise that of the newest eligible release before it. None: there is none.
    """
    if baseline is not None and bad.slug is not None and baseline.id != bad.slug.id:
        return baseline
    before = _earlier_eligible(platform, bad)
    return before.slug if before else None


def _earlier_eligible(platform: Platform, bad: Release) -> Release | None:
    """Return the newest eligible release before *bad* that holds another slug."""
    for release in platform.releases(bad.app, limit=LOOK_BACK):
        slug = release.slug
        another = slug is not None and (bad.slug is None or slug.id != bad.slug.id)
        if another and release.version < bad.version and release.eligible_for_rollback:
            return release
    return None


def _whole(platform: Platform, release: Release) -> Release:
    """Return a release with all that is told of its slug, or as it is if that is gone."""
    try:
        return platform.release(release.app, release.version)
    except NotFound:
        return release
