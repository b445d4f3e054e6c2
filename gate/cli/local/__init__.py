"""``gate local``: the platform on this machine."""

import click

from gate.cli.local.addons import addons
from gate.cli.local.env import env
from gate.cli.local.fault import fault
from gate.cli.local.logs import logs
from gate.cli.local.seed import seed
from gate.cli.local.starting import down, up
from gate.cli.local.status import status
from gate.cli.telling import example


@click.group(epilog=example("python -m gate local status"))
def local() -> None:
    """Run the platform on this machine: a Heroku that fits on a laptop."""


for command in (up, down, status, logs, env, fault, seed, addons):
    local.add_command(command)
