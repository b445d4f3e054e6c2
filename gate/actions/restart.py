"""Fresh dynos: memory, caches and connections of both arms are of the same age.

A release that has served for days holds more memory than one that was just made. To
measure one beside the other would call a leak what is only the filling of a cache.
"""

from contextlib import ExitStack

from gate.actions.acting import Acting
from gate.actions.waiting import SETTLE, until
from gate.errors import PlatformUnavailable, Unresolved
from gate.ledger.records import ActionConfirmed, ActionIntended
from gate.model.platform import Platform
from gate.model.release import Dyno, DynoState, Release


def start_alike(acting: Acting, *releases: Release) -> None:
    """Restart the apps of those live *releases* that this run has not made itself.

    All are asked before the first is waited for. Returns once the old dynos are gone;
    whether the new ones serve is for the barrier to say. Production is never restarted.
    Raises PlatformUnavailable when a restart cannot be asked for or does not show.
    """
    made = _made_by(acting)
    platform, production = acting.platform, acting.premises.production
    with ExitStack() as deeds:
        old: dict[str, frozenset[Dyno]] = {}
        for release in releases:
            app, name = release.app, release.name
            if app == production or name in made:
                continue
            old[app] = _awake(platform, app)
            deed = acting.run.deed("restart", app, replaces=name, puts=name)
            deeds.enter_context(deed).append(release)
            platform.restart_dynos(app)
        for app, before in old.items():
            _await_others(acting, app, before)


def _made_by(acting: Acting) -> set[str]:
    """Return the names of the run's own releases: asked of the ledger, not guessed.

    What was made before a rehearsal has served through it, and is fresh no more.
    """
    made: set[str] = set()
    for record in acting.journal().records:
        if isinstance(record, ActionIntended) and record.deed == "rehearse":
            made.clear()
        elif isinstance(record, ActionConfirmed):
            made.add(record.release)
    return made


def _await_others(acting: Acting, app: str, before: frozenset[Dyno]) -> None:
    """A platform may list the old dynos as up for a moment after it was asked."""
    try:
        until(
            lambda: _awake(acting.platform, app) & before,
            lambda left: not left,
            patience=SETTLE,
            what=f"the restart of {app}",
            clock=acting.clock,
        )
    except Unresolved as error:
        raise PlatformUnavailable(
            f"{app} was asked to restart and its old dynos are still there",
            why=error.what,
            advice="look at its dynos (heroku ps), then run the command again",
        ) from error


def _awake(platform: Platform, app: str) -> frozenset[Dyno]:
    """Return the web dynos as they are now; one that sleeps starts afresh anyway."""
    return frozenset(
        dyno
        for dyno in platform.dynos(app)
        if dyno.type == "web" and dyno.state is not DynoState.IDLE
    )
