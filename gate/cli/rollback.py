"""``gate rollback``: an earlier release's slug serves again."""

import click

from gate.cli.telling import example, house, json_option, progress, quiet_option, tell
from gate.errors import UsageProblem
from gate.wiring import gatekeeper


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
    with gatekeeper(here, "rollback", listeners=progress(quiet=quiet)) as keeper:
        ending = keeper.roll_back(
            app or here.settings.production,
            replacing=_version(replacing),
            target=_version(target),
        )
    tell(ending, as_json=as_json)


def _version(text: str | None) -> int | None:
    if text is None:
        return None
    number = text.removeprefix("v")
    if not number.isdigit():
        raise UsageProblem(f"{text!r} is not a release", advice="say it as v12")
    return int(number)
