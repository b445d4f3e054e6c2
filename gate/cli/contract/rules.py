"""``gate contract rules``: what can be found, graded and accepted."""

import click

from gate.cli.telling import example, json_option
from gate.openapi.rules import RULES
from gate.reports.contract_diff import SCHEMA
from gate.reports.machine import as_json as to_json


@click.command(epilog=example("python -m gate contract rules"))
@json_option
def rules(*, as_json: bool) -> None:
    """List the rules: their ids, their usual levels, and what each one says."""
    known = sorted(RULES.values(), key=lambda rule: (rule.level, rule.id))
    if as_json:
        told = [
            {"id": rule.id, "level": rule.level.words, "sentence": rule.sentence}
            for rule in known
        ]
        click.echo(to_json({"schema": SCHEMA, "rules": told}))
        return
    for rule in known:
        click.echo(f"{rule.level.words:<9}  {rule.id}: {rule.sentence}")
