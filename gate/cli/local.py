"""``gate local``: the platform on this machine."""

import json
import sys

import click

from gate.cli.telling import example, house, json_option, progress, quiet_option, tell
from gate.errors import UsageProblem
from gate.model.platform import Platform
from gate.reports.machine import as_json as to_json
from gate.reports.plain_text import plain
from gate.reports.terminal import console
from gate.wiring import gatekeeper, local_client, local_down, local_up


@click.group(epilog=example("python -m gate local status"))
def local() -> None:
    """Run the platform on this machine: a Heroku that fits on a laptop."""


@local.command(epilog=example("python -m gate local up"))
@click.option("--port", type=int, help="The API's port; a free one when not given.")
@json_option
def up(*, port: int | None, as_json: bool) -> None:
    """Start the platform unless it runs, and say where its API is."""
    running = local_up(house(), port=port)
    if as_json:
        click.echo(to_json({"schema": 1, "api": running.api_url, "pid": running.pid}))
    else:
        click.echo(f"the local platform serves its API at {running.api_url}")


@local.command(epilog=example("python -m gate local down"))
@json_option
def down(*, as_json: bool) -> None:
    """Stop the platform and every process it runs; apps and releases are kept."""
    stopped = local_down(house())
    if as_json:
        click.echo(to_json({"schema": 1, "stopped": stopped}))
    else:
        click.echo("the local platform is down" if stopped else "it was not running")


@local.command(epilog=example("python -m gate local status"))
@json_option
def status(*, as_json: bool) -> None:
    """Tell the apps, the release each serves, and its dynos."""
    here = house()
    platform = local_client(here)
    premises = here.premises
    names = (*premises.components.values(), premises.staging, premises.production)
    apps = [_app(platform, n) for n in (*names, premises.baseline) if n]
    if as_json:
        click.echo(to_json({"schema": 1, "apps": apps}))
        return
    out = console(sys.stdout)
    for app in apps:
        line = "{name:<22} {release:<6} {commit:<9} {dynos:<24} {url}".format(**app)
        out.print(line, markup=False, soft_wrap=True)


@local.command(epilog=example("python -m gate local logs orders-staging --follow"))
@click.argument("app", required=False)
@click.option("--lines", default=100, show_default=True, type=click.IntRange(1, 1500))
@click.option("--follow", is_flag=True, help="Go on until interrupted.")
@json_option
def logs(*, app: str | None, lines: int, follow: bool, as_json: bool) -> None:
    """Print the log of an app; staging's when none is named."""
    here = house()
    platform = local_client(here)
    name = app or here.settings.staging
    with platform.open_log(name, lines=lines, tail=follow) as log:
        for line in log:
            click.echo(json.dumps({"line": line}) if as_json else plain(line))


@local.command(epilog=example("python -m gate local seed main"))
@click.argument("commit")
@json_option
@quiet_option
def seed(*, commit: str, as_json: bool, quiet: bool) -> None:
    """Release COMMIT on production here, unjudged, where a rehearsal needs a baseline.

    Only the local platform can be seeded: elsewhere the gate is the way to production.
    """
    here = house()
    if not here.settings.is_local:
        raise UsageProblem(
            "only the local platform can be seeded",
            why=f"the settings name {here.settings.platform}",
            advice="run: python -m gate promote",
        )
    named = here.repository.commit(commit)
    with gatekeeper(here, "local seed", listeners=progress(quiet=quiet)) as keeper:
        ending = keeper.seed(named)
    tell(ending, as_json=as_json)


def _app(platform: Platform, name: str) -> dict[str, str]:
    app = platform.app(name)
    release = platform.current_release(name)
    dynos = [f"{d.name} {d.state.value}" for d in platform.dynos(name)]
    return {
        "name": name,
        "release": f"v{release.version}" if release else "-",
        "commit": (release.commit or "-")[:8] if release else "-",
        "dynos": ", ".join(dynos) or "no dyno",
        "url": app.web_url,
    }
