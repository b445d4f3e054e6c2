"""Which release a rollback replaces, and which one it restores."""

from gate.actions.plan_rollback import earlier
from gate.actions.waiting import LOOK_BACK
from gate.errors import MovedMeanwhile, UsageProblem
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
    wanted = platform.release(bad.app, target)
    if not wanted.eligible_for_rollback or wanted.slug is None:
        raise UsageProblem(
            f"{wanted.name} cannot be restored",
            why=f"it is {wanted.status.value} and not eligible for rollback",
            advice="name another release with --to",
        )
    return wanted


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
