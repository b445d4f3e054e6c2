"""``gate deploy``: a commit to staging, and proof that it serves."""

import click

from gate.cli.telling import example, house, json_option, progress, quiet_option, tell
from gate.wiring import gatekeeper


@click.command(epilog=example("python -m gate deploy"))
@click.option("--dirty", is_flag=True, help="Deploy the commit as it is.")
@json_option
@quiet_option
def deploy(*, dirty: bool, as_json: bool, quiet: bool) -> None:
    """Deploy the checked-out commit to staging and wait until only it serves."""
    here = house()
    commit = here.committed(dirty=dirty)
    with gatekeeper(here, "deploy", listeners=progress(quiet=quiet)) as keeper:
        ending = keeper.deploy(commit)
    tell(ending, as_json=as_json)
