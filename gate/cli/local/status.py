"""``gate local status``: what runs on this machine."""

import sys
from typing import Any

import click

from gate.cli.local.fault import fault_line
from gate.cli.telling import example, house, json_option
from gate.local import local_client, local_remote
from gate.model.platform import Platform
from gate.reports.machine import as_json as to_json
from gate.reports.terminal import console


@click.command(epilog=example("python -m gate local status"))
@json_option
def status(*, as_json: bool) -> None:
    """Tell the apps, the release each serves, its dynos; timers and faults asked for."""
    here = house()
    platform = local_client(here)
    local = local_remote(here).status()
    made = {app["name"] for app in local["apps"]}
    premises = here.premises
    names = (*premises.components.values(), premises.staging, premises.production)
    wanted = [name for name in (*names, premises.baseline) if name in made]
    out = console(sys.stdout)
    if not as_json:  # first, because faults may well end what follows
        for line in _unusual(local):
            out.print(line, markup=False, soft_wrap=True)
    apps = [_app(platform, name) for name in wanted]
    if as_json:
        told = {"apps": apps, "timers": local["timers"], "faults": local["faults"]}
        told["set_aside"] = local["set_aside"]
        told["maintenance"] = [a["name"] for a in local["apps"] if a["maintenance"]]
        click.echo(to_json({"schema": 1, **told}))
        return
    for app in apps:
        line = "{name:<22} {release:<6} {commit:<9} {dynos:<24} {url}".format(**app)
        out.print(line, markup=False, soft_wrap=True)
    if not apps:
        out.print("no app yet; begin with: python -m gate promote", markup=False)


def _unusual(local: dict[str, Any]) -> list[str]:
    """What makes this platform another than Heroku just now."""
    times = ", ".join(f"{name} {s:.10g} s" for name, s in local["timers"].items())
    closed = [
        f"{app['name']} is in maintenance mode: visitors get 503"
        for app in local["apps"]
        if app["maintenance"]
    ]
    timers = [f"timers unlike Heroku's: {times}"] if times else []
    kept = [
        f"nothing is tidied up until you move {state} away"
        for state in local["set_aside"]
    ]
    return timers + kept + closed + [fault_line(fault) for fault in local["faults"]]


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
