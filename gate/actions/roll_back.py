"""Rolling back: names what it replaces and what it restores, and proves it serves.

By slug and not by release: today's config vars stay (a rollback by release would bring
the old ones back, and undo a colleague), and each request carries a mark of its own by
which it is found again. A request whose answer was lost is not waited for long: users
sit on the bad release, and should both take effect, both restore the same slug.
"""

from gate.actions.acting import Acting
from gate.actions.waiting import (
    LOOK_BACK,
    PAUSE,
    growing_pauses,
    written_release,
)
from gate.actions.writing import (
    confirm,
    failed,
    intend,
    same_slug,
    unanswered,
)
from gate.errors import (
    Held,
    MovedMeanwhile,
    PlatformRefused,
    PlatformUnavailable,
    StateDamaged,
    Unresolved,
)
from gate.ledger.journal import Write
from gate.model.release import Release, ReleaseStatus, Slug

PASSING = frozenset({409, 429})
"""Refusals that pass: a release under way settles, the budget of requests refills."""
LOOK_FOR = 5.0
"""Seconds for a request to show whose answer was lost, before it is sent again."""


def roll_back(acting: Acting, bad: Release, restore: Slug) -> Release:
    """Put *restore* in the place of *bad*; return the release that now serves.

    Goes on with a rollback that this run has begun. Raises MovedMeanwhile when another
    slug than the bad one is live: somebody else has acted, and is not undone. Raises
    Held when what was restored does not serve or was refused, Unresolved when the
    platform cannot be asked.
    """
    if same_slug(bad.slug, restore):
        raise Held(f"{bad.name} would be rolled back to itself")
    ends = acting.clock.ticks() + acting.plans.promotion.restore
    pauses = growing_pauses()
    while True:
        silent = "no request was answered, or another release is under way"
        try:
            restored = _restored(acting, bad, restore)
        except StateDamaged:  # without a record nothing is asked for
            raise
        except PlatformUnavailable as error:
            if isinstance(error, PlatformRefused) and error.status not in PASSING:
                raise _refused(bad, restore, error) from error
            restored, silent = None, str(error)
        if restored is not None and proved(acting, restored, bad.name):
            return restored
        if acting.clock.ticks() >= ends:
            raise _unasked(bad, silent)
        acting.clock.wait(next(pauses))


def _restored(acting: Acting, bad: Release, restore: Slug) -> Release | None:
    """Look, and write only where the bad slug is live; None: look again."""
    app, platform = bad.app, acting.platform
    begun = acting.journal().writes("roll back", app)
    shown = shown_of(acting, begun)
    if shown is not None:
        return shown
    newest = platform.releases(app, limit=1)  # before the look: it must not show less
    live = platform.current_release(app)
    if live is not None and same_slug(live.slug, restore):
        return live  # a request of this run may still come, and is waited for
    if live is None or not same_slug(live.slug, bad.slug):
        name = live.name if live else "nothing"
        raise MovedMeanwhile(
            f"{app} was not rolled back: {name} is live, not {bad.name}",
            why=f"somebody released it meanwhile ({live.description if live else ''})",
            advice="look who did, and run the command again if it is still wanted",
        )
    marks = {write.intent.mark for write in begun}
    pending = newest and newest[0].status is ReleaseStatus.PENDING
    if pending and newest[0].description not in marks:
        return None  # somebody else acts: theirs is not covered, but waited for
    floor = newest[0].version if newest else 0
    return _write(acting, live, restore, floor=floor, attempt=len(begun) + 1)


def _write(
    acting: Acting, live: Release, restore: Slug, *, floor: int, attempt: int
) -> Release | None:
    """Ask once for the release of *restore*; None: the answer was lost."""
    app, platform = live.app, acting.platform
    mark = f"gate {acting.run.run}: roll back v{live.version}"
    intent = intend(
        acting,
        "roll back",
        app,
        replaces=live.name,
        puts=restore.id,
        slug=restore.id,
        floor=floor,
        mark=mark if attempt == 1 else f"{mark} (request {attempt})",
    )
    try:
        released = platform.release_slug(app, restore.id, description=intent.mark)
    except PlatformRefused as error:
        failed(acting, intent, str(error))
        raise
    except PlatformUnavailable:
        unanswered(acting, intent)
        return _awaited(acting, Write(intent))
    return _confirmed(acting, Write(intent), released.version)


def _awaited(acting: Acting, write: Write) -> Release | None:
    ends = acting.clock.ticks() + LOOK_FOR
    while acting.clock.ticks() < ends:
        try:
            shown = shown_of(acting, (write,))
        except PlatformUnavailable:
            shown = None
        if shown is not None:
            return shown
        acting.clock.wait(PAUSE * 5)
    return None


def shown_of(acting: Acting, begun: tuple[Write, ...]) -> Release | None:
    """Return the newest release that bears the mark of an open write of this run."""
    marks = {write.intent.mark: write for write in begun if write.open}
    if not marks:
        return None
    app = begun[0].intent.app
    for release in acting.platform.releases(app, limit=LOOK_BACK):
        write = marks.get(release.description)
        if write is not None:
            return _confirmed(acting, write, release.version, adopted=True)
    return None


def _confirmed(
    acting: Acting, write: Write, version: int, *, adopted: bool = False
) -> Release:
    app = write.intent.app
    release = written_release(acting.platform, app, version, clock=acting.clock)
    if release.status is not ReleaseStatus.SUCCEEDED:
        failed(acting, write.intent, "its release command failed")
        raise Held(
            f"the rollback of {app} failed: its release command failed",
            advice=f"look at the output of {release.name}; "
            f"{write.intent.replaces} is still live",
        )
    return confirm(acting, write.intent, release, adopted=adopted)


def proved(acting: Acting, restored: Release, bad: str) -> bool:
    """Return whether *restored* serves; False: another is live by now, look again.

    Two requests of one run may both take effect, or the bad slug come back. Raises Held
    when it is live and does not serve, Unresolved when that cannot be asked.
    """
    try:
        barrier = acting.await_serving(restored)
        live = None if barrier.serves else acting.platform.current_release(restored.app)
    except PlatformUnavailable as error:
        raise _unproved(restored, bad, str(error)) from error
    if barrier.serves:
        return True
    if not barrier.asked:
        raise _unproved(restored, bad, barrier.seen)
    if live is not None and live.id != restored.id:
        return False
    raise Held(
        f"{restored.name} was released in place of {bad}, and does not serve",
        why=barrier.seen,
        advice=f"a person is needed: look at the log of {restored.app}",
    )


def _unproved(restored: Release, bad: str, why: str) -> Unresolved:
    """Say that a rollback was done, and that it could not be seen to serve."""
    return Unresolved(
        f"{restored.name} was released in place of {bad}; "
        "whether it serves could not be asked",
        why=why,
        advice="when the platform answers again, run: python -m gate resume",
    )


def _unasked(bad: Release, why: str) -> Unresolved:
    return Unresolved(
        f"{bad.app} could not be rolled back in time",
        why=why,
        advice="when it answers again, run: python -m gate resume",
    )


def _refused(bad: Release, restore: Slug, error: PlatformRefused) -> Held:
    return Held(
        f"{bad.app} refused to be rolled back; {bad.name} may still be live",
        why=str(error),
        advice="a person is needed: put it back by hand with "
        f"heroku rollback --app {bad.app} (slug {restore.id[:8]} was good)",
    )
