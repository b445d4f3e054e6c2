"""Rolling back: names what it replaces and what it restores, and proves it serves."""

from gate.actions.acting import Acting
from gate.actions.slug_release import release_slug
from gate.errors import Held, MovedMeanwhile
from gate.model.platform import Platform
from gate.model.release import Release, ReleaseStatus, Slug

LOOK_BACK = 100


def roll_back(acting: Acting, bad: Release, restore: Slug) -> Release:
    """Put *restore* in the place of *bad*; return the release that now serves.

    Raises MovedMeanwhile when another slug than the bad one is live: somebody else
    has acted, and is not undone. Raises Held when what was restored does not serve.
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
    barrier = acting.await_serving(restored)
    if not barrier.serves:
        raise Held(
            f"{restored.name} was released in place of {live.name}, and does not serve",
            why=barrier.seen,
            advice=f"a person is needed: look at the log of {bad.app}",
        )
    return restored


def last_good(
    platform: Platform, app: str, bad: Release, baseline: Slug | None
) -> Slug | None:
    """Return the slug to restore on *app*: production's, if *app* ever ran it.

    Otherwise the one before *bad* that succeeded. None: there is none.
    """
    if baseline is not None and bad.slug is not None and baseline.id != bad.slug.id:
        return baseline
    for release in platform.releases(app, limit=LOOK_BACK):
        slug = release.slug
        another = slug is not None and (bad.slug is None or slug.id != bad.slug.id)
        if another and release.version < bad.version and release.eligible_for_rollback:
            return slug
    return None
