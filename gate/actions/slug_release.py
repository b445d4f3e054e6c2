"""Releasing a slug that exists already: how the gate rolls back, and aligns.

By slug and not by release: today's config vars stay (a rollback by release would bring
the old ones back, and undo a colleague), and the description carries a mark of ours by
which a request whose answer was lost is found again.
"""

from gate.actions.acting import Acting
from gate.actions.waiting import found_write, written_release
from gate.errors import Held, PlatformRefused, PlatformUnavailable
from gate.ledger.records import Deed
from gate.model.platform import Platform
from gate.model.release import Release, Slug

LOOK_BACK = 20


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
            raise Held(
                f"{app} refused the release of slug {slug.id[:8]}",
                why=str(error),
                advice=f"release a good slug by hand: heroku rollback --app {app}",
            ) from error
        except PlatformUnavailable as error:
            released = _find(platform, app, mark, error)
        outcome.append(written_release(platform, app, released.version))
    return outcome[0]


def _find(
    platform: Platform, app: str, mark: str, error: PlatformUnavailable
) -> Release:
    """The answer was lost: look until the release should have shown."""

    def read() -> Release | None:
        releases = platform.releases(app, limit=LOOK_BACK)
        return next((each for each in releases if each.description == mark), None)

    return found_write(
        read,
        error,
        what=f"a release on {app}",
        advice=f"look at {app}'s releases, then run the command again",
    )
