"""``gate contract``: what two OpenAPI documents promise, without a release."""

import click

from gate.cli.contract.diff import diff
from gate.cli.contract.rules import rules
from gate.cli.telling import example


@click.group(epilog=example("python -m gate contract diff old.json new.json"))
def contract() -> None:
    """Compare OpenAPI documents: who breaks, and the payload that proves it."""


for command in (diff, rules):
    contract.add_command(command)
