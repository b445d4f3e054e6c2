"""``gate local up`` and ``gate local down``."""

import click

from gate.cli.telling import example, house, json_option
from gate.local import local_down, local_up
from gate.reports.machine import as_json as to_json


@click.command(epilog=example("python -m gate local up"))
@click.option("--port", type=int, help="The API's port; a free one when not given.")
@click.option(
    "--set-aside",
    is_flag=True,
    help="Should its state be damaged, keep that under another name and begin empty.",
)
@json_option
def up(*, port: int | None, set_aside: bool, as_json: bool) -> None:
    """Start the platform unless it runs, and say where its API is."""
    running = local_up(house(), port=port, set_aside=set_aside)
    aside = str(running.set_aside) if running.set_aside else None
    if as_json:
        said = {"api": running.api_url, "pid": running.pid, "set_aside": aside}
        click.echo(to_json({"schema": 1} | said))
    else:
        if aside:
            click.echo(f"the damaged state is kept as {aside}; no app is there now")
        click.echo(f"the local platform serves its API at {running.api_url}")


@click.command(epilog=example("python -m gate local down"))
@json_option
def down(*, as_json: bool) -> None:
    """Stop the platform and every process it runs; apps and releases are kept."""
    stopped = local_down(house())
    if as_json:
        click.echo(
            to_json({"schema": 1, "stopped": bool(stopped), "how": stopped.name})
        )
    else:
        click.echo(stopped.value)
