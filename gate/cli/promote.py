"""``gate promote``: a commit through the gate."""

import click

from gate.cli.telling import example, house, json_option, progress, quiet_option, tell
from gate.wiring import gatekeeper


@click.command(epilog=example("python -m gate promote --fail-fast"))
@click.option("--dirty", is_flag=True, help="Release the commit as it is.")
@click.option("--again", is_flag=True, help="Judge a rejected commit once more.")
@click.option("--fail-fast", is_flag=True, help="Stop at the first regression.")
@json_option
@quiet_option
def promote(
    *, dirty: bool, again: bool, fail_fast: bool, as_json: bool, quiet: bool
) -> None:
    """Deploy the checked-out commit to staging, judge it, promote it, watch it.

    The very release that was judged is promoted. A regression blocks the promotion, or
    rolls staging back as well; a regression in production rolls production back.
    """
    here = house()
    commit = here.committed(dirty=dirty)
    with gatekeeper(
        here, "promote", listeners=progress(quiet=quiet), fail_fast=fail_fast
    ) as keeper:
        ending = keeper.promote(commit, again=again)
    tell(ending, as_json=as_json)
