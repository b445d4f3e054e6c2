"""Which release a rollback replaces, and which one it restores."""

from gate.actions.waiting import LOOK_BACK
from gate.actions.writing import same_slug
from gate.errors import MovedMeanwhile, NotFound, UsageProblem
from gate.ledger.known_slugs import KnownSlugs
from gate.model.platform import Platform
from gate.model.release import Release, Slug


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
            raise UsageProblem(
                f"{bad.app} has no earlier release to go back to",
                advice="deploy a good one",
            )
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

    Of none is it known: the newest that could be restored and was not rejected.
    """
    able = [
        release
        for release in platform.releases(live.app, limit=LOOK_BACK)
        if release.version < live.version
        and release.slug is not None
        and not same_slug(release.slug, live.slug)
        and release.eligible_for_rollback
        and not known.rejected_in(release.slug)
    ]
    served = [release for release in able if known.served_in(release.slug)]
    for release in (*served, *able):
        whole = _whole(platform, release)  # with the checksum: a slug may be a copy
        copied = same_slug(whole.slug, live.slug)
        if not copied and not known.rejected_in(whole.slug):
            return whole
    return None


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
