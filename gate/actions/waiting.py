"""Asking the platform again until it has settled, within a deadline."""

from collections.abc import Callable, Iterator
from typing import TypeVar

from gate.actions.clock import MACHINE, Clock
from gate.errors import PlatformUnavailable, Unresolved
from gate.model.platform import Platform
from gate.model.release import Release, ReleaseStatus

T = TypeVar("T")
PAUSE = 0.1
LONGEST_PAUSE = 2.0
SHARE = 0.05
RELEASE_PATIENCE = 3600.0
LOOK_BACK = 100  # how many of an app's releases are looked through, newest first
SETTLE = 30.0  # until what a write on staging has made should show


def until(
    read: Callable[[], T],
    settled: Callable[[T], bool],
    *,
    patience: float,
    what: str,
    clock: Clock = MACHINE,
) -> T:
    """Return the first settled reading; pauses grow from 0.1 to 2 s with what has passed.

    So what they add is a small share of it: users may be waiting. Raises Unresolved
    when *patience* seconds were not enough.
    """
    began = clock.ticks()
    while True:
        seen = read()
        if settled(seen):
            return seen
        passed = clock.ticks() - began
        if passed >= patience:
            raise Unresolved(
                f"{what} had not settled after {patience:g} s",
                advice="look at the platform's log, then run the command again",
            )
        clock.wait(min(max(PAUSE, SHARE * passed), LONGEST_PAUSE))


def growing_pauses() -> Iterator[float]:
    """Yield pauses for what may last minutes: from 0.1 s on, each longer, up to 2 s."""
    pause = PAUSE
    while True:
        yield pause
        pause = min(pause * 1.2, LONGEST_PAUSE)


def found_write(
    read: Callable[[], T | None],
    error: PlatformUnavailable,
    *,
    what: str,
    advice: str,
    clock: Clock = MACHINE,
) -> T:
    """Return what a write has made whose answer was lost by *error*, once it shows.

    Raises Unresolved, naming *what* was asked for, when it does not or cannot be read.
    """
    try:
        found = until(
            read,
            lambda seen: seen is not None,
            patience=SETTLE,
            what=what,
            clock=clock,
        )
    except (Unresolved, PlatformUnavailable):
        found = None
    if found is None:
        raise Unresolved(
            f"{what} was asked for and its answer was lost",
            why=str(error),
            advice=advice,
        ) from error
    return found


def settled_release(
    platform: Platform, app: str, version_or_id: int | str, *, clock: Clock = MACHINE
) -> Release:
    """Return a release once its release command has ended, well or badly."""
    return until(
        lambda: platform.release(app, version_or_id),
        lambda release: release.status is not ReleaseStatus.PENDING,
        patience=RELEASE_PATIENCE,
        what=f"the release {version_or_id} of {app}",
        clock=clock,
    )


def written_release(
    platform: Platform, app: str, version_or_id: int | str, *, clock: Clock = MACHINE
) -> Release:
    """Return the settled release that a write has made.

    Raises Unresolved when the platform cannot be asked: the write took place.
    """
    try:
        return settled_release(platform, app, version_or_id, clock=clock)
    except PlatformUnavailable as error:
        raise Unresolved(
            f"{app} has a new release, and what became of it could not be read",
            why=str(error),
            advice="when the platform answers again, run: python -m gate resume",
        ) from error


def live_release(
    platform: Platform, app: str, *, clock: Clock = MACHINE
) -> Release | None:
    """Return what is live on *app* once no release of it is under way any more."""
    newest = platform.releases(app, limit=1)
    if newest and newest[0].status is ReleaseStatus.PENDING:
        settled_release(platform, app, newest[0].version, clock=clock)
    return platform.current_release(app)
