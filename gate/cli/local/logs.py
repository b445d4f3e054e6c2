"""``gate local logs``: the log of an app on this machine."""

import json

import click

from gate.cli.telling import example, house, json_option
from gate.local import local_client
from gate.reports.plain_text import plain


@click.command(epilog=example("python -m gate local logs orders-staging --follow"))
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
