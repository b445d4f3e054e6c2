"""``gate local up`` and ``gate local down``."""

import click

from gate.cli.telling import example, house, json_option
from gate.reports.machine import as_json as to_json
from gate.wiring import local_down, local_up


@click.command(epilog=example("python -m gate local up"))
@click.option("--port", type=int, help="The API's port; a free one when not given.")
@json_option
def up(*, port: int | None, as_json: bool) -> None:
    """Start the platform unless it runs, and say where its API is."""
    running = local_up(house(), port=port)
    if as_json:
        click.echo(to_json({"schema": 1, "api": running.api_url, "pid": running.pid}))
    else:
        click.echo(f"the local platform serves its API at {running.api_url}")


@click.command(epilog=example("python -m gate local down"))
@json_option
def down(*, as_json: bool) -> None:
    """Stop the platform and every process it runs; apps and releases are kept."""
    stopped = local_down(house())
    if as_json:
        click.echo(to_json({"schema": 1, "stopped": stopped}))
    else:
        click.echo("the local platform is down" if stopped else "it was not running")
