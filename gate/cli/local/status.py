"""``gate local status``: what runs on this machine."""

import sys

import click

from gate.cli.telling import example, house, json_option
from gate.model.platform import Platform
from gate.reports.machine import as_json as to_json
from gate.reports.terminal import console
from gate.wiring import local_client


@click.command(epilog=example("python -m gate local status"))
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
