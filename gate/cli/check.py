"""``gate check``: the verdict on what runs on staging; nothing follows from it."""

import click

from gate.cli.telling import example, house, json_option, progress, quiet_option, tell
from gate.wiring import gatekeeper


@click.command(epilog=example("python -m gate check --json"))
@click.option("--fail-fast", is_flag=True, help="Stop at the first regression.")
@json_option
@quiet_option
def check(*, fail_fast: bool, as_json: bool, quiet: bool) -> None:
    """Judge the release that runs on staging. Nothing is promoted or rolled back.

    Where a baseline runs beside it, dynos of both are restarted, to start alike.
    """
    with gatekeeper(
        house(), "check", listeners=progress(quiet=quiet), fail_fast=fail_fast
    ) as keeper:
        ending = keeper.check()
    tell(ending, as_json=as_json)
