"""Rolling back: names what it replaces and what it restores, and proves it serves."""

from gate.actions.acting import Acting
from gate.actions.slug_release import release_slug
from gate.errors import (
    Held,
    MovedMeanwhile,
    PlatformUnavailable,
    Unresolved,
    UsageProblem,
)
from gate.model.platform import Platform
from gate.model.release import Release, ReleaseStatus, Slug

LOOK_BACK = 100


def roll_back(acting: Acting, bad: Release, restore: Slug) -> Release:
    """Put *restore* in the place of *bad*; return the release that now serves.

    Raises MovedMeanwhile when another slug than the bad one is live: somebody else
    has acted, and is not undone. Raises Held when what was restored does not serve,
    Unresolved when the platform cannot be asked whether it does.
    """
    live = acting.platform.current_release(bad.app)
    if live is None or live.slug is None or bad.slug is None:
        raise Held(f"{bad.app} has no live release to roll back")
    if live.slug.id != bad.slug.id:
        raise MovedMeanwhile(
            f"{bad.app} was not rolled back: {live.name} is live, not {bad.name}",
            why=f"somebody released it meanwhile ({live.description})",
            advice="look who did, and run the command again if it is still wanted",
        )
    restored = release_slug(
        acting,
        live,
        restore,
        app=bad.app,
        deed="roll back",
        mark=f"gate {acting.run.run}: roll back v{live.version}",
    )
    if restored.status is not ReleaseStatus.SUCCEEDED:
        raise Held(
            f"the rollback of {bad.app} failed: its release command failed",
            advice=f"look at the output of {restored.name}; {live.name} is still live",
        )
    try:
        barrier = acting.await_serving(restored)
    except PlatformUnavailable as error:
        raise _unproved(restored, live, str(error)) from error
    if not barrier.asked:
        raise _unproved(restored, live, barrier.seen)
    if not barrier.serves:
        raise Held(
            f"{restored.name} was released in place of {live.name}, and does not serve",
            why=barrier.seen,
            advice=f"a person is needed: look at the log of {bad.app}",
        )
    return restored


def _unproved(restored: Release, live: Release, why: str) -> Unresolved:
    """Say that a rollback was done, and that it could not be seen to serve."""
    return Unresolved(
        f"{restored.name} was released in place of {live.name}; "
        "whether it serves could not be asked",
        why=why,
        advice=f"look at the dynos of {restored.app} when the platform answers again",
    )


def last_good(platform: Platform, bad: Release, baseline: Slug | None) -> Slug | None:
    """Return the slug to restore in place of *bad*: the baseline's, where it differs.

    Otherwise that of the newest eligible release before it. None: there is none.
    """
    if baseline is not None and bad.slug is not None and baseline.id != bad.slug.id:
        return baseline
    earlier = earlier_release(platform, bad)
    return earlier.slug if earlier else None


def earlier_release(platform: Platform, bad: Release) -> Release | None:
    """Return the newest eligible release before *bad* that holds another slug."""
    for release in platform.releases(bad.app, limit=LOOK_BACK):
        slug = release.slug
        another = slug is not None and (bad.slug is None or slug.id != bad.slug.id)
        if another and release.version < bad.version and release.eligible_for_rollback:
            return release
    return None


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


def release_to_restore(platform: Platform, bad: Release, target: int | None) -> Release:
    """Return the release *target*, or the earlier one, that can be restored.

    Raises UsageProblem when it is not eligible, or when there is none.
    """
    if target is None:
        earlier = earlier_release(platform, bad)
        if earlier is None:
            raise UsageProblem(
                f"{bad.app} has no earlier release to go back to",
                advice="deploy a good one",
            )
        return earlier
    wanted = platform.release(bad.app, target)
    if not wanted.eligible_for_rollback or wanted.slug is None:
        raise UsageProblem(
            f"{wanted.name} cannot be restored",
            why=f"it is {wanted.status.value} and not eligible for rollback",
            advice="name another release with --to",
        )
    return wanted
