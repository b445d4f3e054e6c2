"""``gate local addons``: real databases for apps on this machine."""

import sys
import time
from dataclasses import asdict

import click

from gate.cli.telling import example, house, json_option
from gate.errors import PlatformRefused, PlatformUnavailable, UsageProblem
from gate.house import House
from gate.local import local_addons, local_client
from gate.model.addon import AddOn
from gate.model.release import Release, ReleaseStatus
from gate.reports.machine import as_json as to_json
from gate.reports.plain_text import plain

_REFUSED = "invalid_params"
_POLL = 0.1
app_option = click.option("-a", "--app", required=True, help="The app's name.")


@click.group(
    invoke_without_command=True,
    epilog=example("python -m gate local addons -a orders-staging"),
)
@click.option("-a", "--app", help="Only this app's; all apps' when not given.")
@json_option
@click.pass_context
def addons(context: click.Context, *, app: str | None, as_json: bool) -> None:
    """List add-ons, or create and destroy one: a real PostgreSQL instead of SQLite."""
    if context.invoked_subcommand is not None:
        return
    found = local_addons(house()).all(app)
    if as_json:
        click.echo(to_json({"schema": 1, "addons": [asdict(each) for each in found]}))
        return
    for each in found:
        told = f"{each.state}  {each.trouble}".strip()
        names = ", ".join(each.config_vars)
        click.echo(
            plain(f"{each.app:<22} {each.name:<26} {each.plan}  {names}  {told}")
        )
    if not found:
        click.echo("there are no add-ons")


@addons.command(
    epilog=example(
        "python -m gate local addons create heroku-postgresql -a orders-staging"
    )
)
@click.argument("plan")
@app_option
@click.option("--name", help="The add-on's name; one is made up when not given.")
@json_option
def create(*, plan: str, app: str, name: str | None, as_json: bool) -> None:
    """Make a PostgreSQL database for an app and set DATABASE_URL in a release.

    PLAN is heroku-postgresql, which means heroku-postgresql:essential-0. The server
    is the PostgreSQL installed here: it listens on this machine only, and runs as long
    as the platform does. Exit code 2 if PostgreSQL is not installed, 69 if the app's
    release command failed on the new database.
    """
    here = house()
    try:
        addon = local_addons(here).create(app, plan, name=name)
    except PlatformRefused as error:
        if error.error_id != _REFUSED:
            raise
        raise UsageProblem(
            f"{app} gets no {plan}", why=error.why, advice="nothing was changed"
        ) from None
    release = _settled(here, app)
    _tell(addon, release, as_json=as_json)
    if release.status is ReleaseStatus.FAILED:
        raise PlatformUnavailable(
            f"{addon.name} is there, but {release.name} of {app} failed",
            why="its release command did not succeed on the new database",
            advice=f"read what it said: python -m gate local logs {app}",
        )


@addons.command(
    epilog=example(
        "python -m gate local addons destroy heroku-postgresql -a orders-staging "
        "--confirm orders-staging"
    )
)
@click.argument("name")
@app_option
@click.option("--confirm", help="The app's name again: all data of the add-on go.")
@json_option
def destroy(*, name: str, app: str, confirm: str | None, as_json: bool) -> None:
    """Drop an app's database, and give the app its SQLite file back.

    NAME is the add-on's name, its attachment (DATABASE) or heroku-postgresql. The
    release command does not run: deploy again if the SQLite file must be migrated.
    """
    if confirm != app:
        raise UsageProblem(
            f"all data of {name} on {app} would be lost",
            why="that needs the app's name once more",
            advice=f"say --confirm {app}",
        )
    client = local_addons(house())
    found = client.resolve(app, name)
    if len(found) != 1:
        raise UsageProblem(
            f"{app} has several add-ons that {name} could mean",
            why=", ".join(each.name for each in found),
            advice="name one of them",
        )
    client.destroy(found[0])
    if as_json:
        click.echo(to_json({"schema": 1, "destroyed": found[0].name}))
    else:
        click.echo(plain(f"{found[0].name} of {app} is destroyed"))


def _settled(here: House, app: str) -> Release:
    """The newest release, once its release command has ended."""
    platform = local_client(here)
    version = platform.releases(app, limit=1)[0].version
    while (release := platform.release(app, version)).status is ReleaseStatus.PENDING:
        time.sleep(_POLL)
    return release


def _tell(addon: AddOn, release: Release, *, as_json: bool) -> None:
    if as_json:
        document = asdict(addon) | {"release": release.name}
        click.echo(to_json({"schema": 1, "addon": document}))
        return
    names = ", ".join(addon.config_vars)
    out = sys.stdout if release.status is not ReleaseStatus.FAILED else sys.stderr
    click.echo(plain(f"{addon.name} is {names} of {addon.app}, in {release.name}"), out)
