"""Releasing a slug that exists already: how the gate aligns, and rehearses.

By slug and with a mark, as in `gate.actions.roll_back`; but no user waits for it here, so
a request whose answer was lost is looked for and never sent again.
"""

from gate.actions.acting import Acting
from gate.actions.waiting import LOOK_BACK, found_write, written_release
from gate.errors import Held, PlatformRefused, PlatformUnavailable
from gate.ledger.chronicle import now
from gate.ledger.records import ActionFailed, Deed
from gate.model.release import Release, Slug


def release_slug(
    acting: Acting,
    incumbent: Release | None,
    slug: Slug,
    *,
    app: str,
    deed: Deed,
    mark: str,
) -> Release:
    """Release *slug* on *app* in place of *incumbent*; return the settled release.

    *mark* is the release's description and is unique to this write.
    """
    platform = acting.platform
    replaces = incumbent.name if incumbent and incumbent.slug else "nothing"
    with acting.run.deed(deed, app, replaces=replaces, puts=slug.id) as outcome:
        try:
            released = platform.release_slug(app, slug.id, description=mark)
        except PlatformRefused as error:
            run = acting.run
            run.append(ActionFailed(run.run, now(), deed, app, str(error)))
            raise Held(
                f"{app} refused the release of slug {slug.id[:8]}",
                why=str(error),
                advice=f"release a good slug by hand: heroku rollback --app {app}",
            ) from error
        except PlatformUnavailable as error:
            released = _find(acting, app, mark, error)
        outcome.append(
            written_release(platform, app, released.version, clock=acting.clock)
        )
    return outcome[0]


def _find(acting: Acting, app: str, mark: str, error: PlatformUnavailable) -> Release:
    """The answer was lost: look until the release should have shown."""

    def read() -> Release | None:
        releases = acting.platform.releases(app, limit=LOOK_BACK)
        return next((each for each in releases if each.description == mark), None)

    return found_write(
        read,
        error,
        what=f"a release on {app}",
        advice=f"look at {app}'s releases, then run the command again",
        clock=acting.clock,
    )
