"""A rollback that a person asks for: of any app, to a release that they choose.

Ends as one of a promotion does: no request is under way any more, nobody was covered,
and what was asked for is what is live. Until that was seen the run stays open.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from gate.actions.acting import Acting, Outcome
from gate.actions.closing import require_nothing_covered
from gate.actions.roll_back import proved, roll_back, shown_of
from gate.actions.waiting import growing_pauses
from gate.actions.writing import Settling, failed, same_slug
from gate.errors import (
    ExitCode,
    Held,
    MovedMeanwhile,
    NotFound,
    PlatformUnavailable,
    Unresolved,
    UsageProblem,
)
from gate.ledger.journal import Write
from gate.model.release import Release, Slug
from gate.model.rollback import Against


def roll_back_by_hand(
    acting: Acting, bad: Release, restore: Release, against: Iterable[Against]
) -> Outcome:
    """Put the slug of *restore* in the place of *bad*, and say what speaks *against* it.

    Raises what `roll_back` does, UsageProblem where there is no slug to restore, and Held
    where a release of somebody else was covered, or has taken its place.
    """
    if restore.slug is None:
        raise UsageProblem(f"{restore.name} holds no slug to go back to")
    moved = MovedMeanwhile(
        f"{bad.app} was not rolled back: somebody released to it meanwhile",
        advice="look who did, and run the command again if it is still wanted",
    )
    proven: Release | None = None
    with _open_until_seen(acting, bad.app):
        try:
            proven = roll_back(acting, bad, restore.slug)
        except MovedMeanwhile as error:  # a request of this run may still come
            moved = error
        serves = _restored(acting, bad, restore.slug, proven)
    if serves is None:
        raise moved
    says = f"{serves.name} serves the slug of {restore.name}, not {bad.name}'s"
    but = "".join(f"; but {each.says}" for each in against)
    return Outcome(ExitCode.PASSED, f"rolled back: {says}{but}")


def came_of(acting: Acting, begun: tuple[Write, ...]) -> Outcome:
    """Return what came of a rollback that was asked for; it is not asked for again.

    Raises Held as `roll_back_by_hand` does.
    """
    asked = begun[0].intent
    app, version = asked.app, int(asked.replaces.rpartition("v")[2])
    with _open_until_seen(acting, app):
        bad = acting.platform.release(app, version)
        serves = _restored(acting, bad, Slug(asked.slug, None, None), None)
        live = serves or acting.platform.current_release(app)
    if serves is not None:
        says = f"rolled back: {serves.name} serves in place of {asked.replaces}"
        return Outcome(ExitCode.PASSED, says)
    name = live.name if live else "nothing"
    says = f"the rollback of {app} never took effect: {name} is live"
    return Outcome(ExitCode.INTERRUPTED, says)


def _restored(
    acting: Acting, bad: Release, restore: Slug, proven: Release | None
) -> Release | None:
    """Return the release of *restore* that serves; None: no request took effect.

    *proven* was seen to serve already. Raises Held where a release of somebody else was
    covered, or has taken the place of this run's.
    """
    app = bad.app
    while True:
        _settle(acting, app)
        require_nothing_covered(
            acting, app, put=(bad.slug,), back=restore, above=bad.version
        )
        live = acting.platform.current_release(app)
        if live is None or not same_slug(live.slug, restore):
            break
        known = proven is not None and proven.id == live.id
        if known or proved(acting, live, bad.name):
            return live
    done = [w.confirmed for w in _writes(acting, app) if w.confirmed is not None]
    if done:
        raise Held(
            f"{done[-1].release} was released in place of {bad.name}, "
            f"and now {live.name if live else 'nothing'} is live",
            why=live.description if live else "",
            advice="a person is needed: look who released it, and whether it is wanted",
        )
    return None


def _settle(acting: Acting, app: str) -> None:
    """Record what became of each request: it shows, or cannot take effect any more.

    Raises Held where a release command has failed, and no other request is left.
    """
    pauses = growing_pauses()
    while unknown := tuple(write for write in _writes(acting, app) if write.open):
        over = Settling(acting, *unknown).over  # before the look, which must be last
        try:
            shown = shown_of(acting, unknown) is not None
        except Held:
            if all(write.failed for write in _writes(acting, app)):
                raise
            shown = True
        if over and not shown:
            for write in unknown:
                failed(acting, write.intent, "it never took effect")
        elif not shown:
            acting.clock.wait(next(pauses))


@contextmanager
def _open_until_seen(acting: Acting, app: str) -> Iterator[None]:
    """Raise Unresolved for what cuts the look short at a rollback that was asked for.

    So the run is resumed, and not closed with somebody covered of whom nobody was told.
    """
    try:
        yield
    except (KeyboardInterrupt, PlatformUnavailable) as error:
        begun = acting.run.remembered().writes("roll back", app)
        if isinstance(error, NotFound) or all(write.failed for write in begun):
            raise
        raise Unresolved(
            f"what became of the rollback of {app} was not seen to its end",
            why=str(error),
            advice="run: python -m gate resume",
        ) from error


def _writes(acting: Acting, app: str) -> tuple[Write, ...]:
    return acting.journal().writes("roll back", app)
