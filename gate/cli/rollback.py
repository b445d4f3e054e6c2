"""``gate rollback``: an earlier release's slug serves again."""

import click

from gate.cli.telling import example, house, json_option, progress, quiet_option, tell
from gate.errors import MovedMeanwhile, UsageProblem
from gate.model.platform import Platform
from gate.model.release import Release
from gate.wiring import gatekeeper

LOOK_BACK = 100


@click.command(epilog=example("python -m gate rollback --replacing v12 --to v11"))
@click.option("--app", help="The app; production when not given.")
@click.option("--replacing", help="The release that must be live now, such as v12.")
@click.option("--to", "target", help="The release to restore, such as v11.")
@json_option
@quiet_option
def rollback(
    *,
    app: str | None,
    replacing: str | None,
    target: str | None,
    as_json: bool,
    quiet: bool,
) -> None:
    """Release an earlier slug with today's config, and prove that it serves.

    Names what it replaces and what it restores. Refuses when another release is live
    than --replacing says, or when somebody releases meanwhile.
    """
    here = house()
    name = app or here.settings.production
    with gatekeeper(here, "rollback", listeners=progress(quiet=quiet)) as keeper:
        bad = _live(keeper.platform, name, replacing)
        restore = _restore(keeper.platform, bad, target)
        ending = keeper.roll_back(bad, restore)
    tell(ending, as_json=as_json)


def _live(platform: Platform, app: str, replacing: str | None) -> Release:
    live = platform.current_release(app)
    if live is None or live.slug is None:
        raise UsageProblem(f"nothing is live on {app}", advice="deploy first")
    if replacing is not None and live.version != _version(replacing):
        raise MovedMeanwhile(
            f"{app} was not rolled back: {live.name} is live, not {replacing}",
            why=f"it was released since ({live.description})",
            advice=f"if {live.name} is the bad one, say --replacing v{live.version}",
        )
    return live


def _restore(platform: Platform, bad: Release, target: str | None) -> Release:
    if target is not None:
        wanted = platform.release(bad.app, _version(target))
        if not wanted.eligible_for_rollback or wanted.slug is None:
            raise UsageProblem(
                f"{wanted.name} cannot be restored",
                why=f"it is {wanted.status.value} and not eligible for rollback",
                advice="name another release with --to",
            )
        return wanted
    assert bad.slug is not None
    for release in platform.releases(bad.app, limit=LOOK_BACK):
        if (
            release.version < bad.version
            and release.eligible_for_rollback
            and release.slug is not None
            and release.slug.id != bad.slug.id
        ):
            return release
    raise UsageProblem(
        f"{bad.app} has no earlier release to go back to", advice="deploy a good one"
    )


def _version(text: str) -> int:
    number = text.removeprefix("v")
    if not number.isdigit():
        raise UsageProblem(f"{text!r} is not a release", advice="say it as v12")
    return int(number)
