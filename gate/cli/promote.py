"""``gate promote``: a commit through the gate."""

import click

from gate.cli.consent import consent_of
from gate.cli.telling import example, house, json_option, progress, quiet_option, tell
from gate.wiring import gatekeeper


@click.command(epilog=example("python -m gate promote --fail-fast"))
@click.option("--dirty", is_flag=True, help="Release the commit as it is.")
@click.option("--again", is_flag=True, help="Judge a rejected commit once more.")
@click.option(
    "--accept-rollback",
    metavar='"NAME: REASON"',
    help="Take it upon you that there is no safe way back.",
)
@click.option("--fail-fast", is_flag=True, help="Stop at the first regression.")
@json_option
@quiet_option
def promote(
    *,
    dirty: bool,
    again: bool,
    accept_rollback: str | None,
    fail_fast: bool,
    as_json: bool,
    quiet: bool,
) -> None:
    """Deploy the checked-out commit to staging, judge it, promote it, watch it.

    The very release that was judged is promoted. A regression blocks the promotion, or
    rolls staging back as well; a regression in production rolls production back. What
    is not safe to roll back is not promoted, unless a person accepts it: then a bad
    release is held, and the acceptance is recorded; it is shown, and never as a pass.
    """
    consent = consent_of(
        accept_rollback,
        as_in='--accept-rollback "Ada: the old schema is gone for good"',
    )
    here = house()
    commit = here.committed(dirty=dirty)
    with gatekeeper(
        here, "promote", listeners=progress(quiet=quiet), fail_fast=fail_fast
    ) as keeper:
        ending = keeper.promote(commit, again=again, consent=consent)
    tell(ending, as_json=as_json)
