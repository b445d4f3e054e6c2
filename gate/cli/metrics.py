"""``gate metrics``: how well delivery goes, by the five measures of DORA."""

import sys
from datetime import UTC, datetime

import click

from gate.cli.telling import example, house, json_option
from gate.ledger.journal import journals
from gate.reports.machine import SCHEMA
from gate.reports.machine import as_json as to_json
from gate.reports.metrics import measured
from gate.reports.metrics_text import metrics_document, metrics_lines
from gate.reports.terminal import console

FORMULAS = """\b
deployment frequency   deployments / days
change lead time       median of: production shows it - its commit was made
change fail rate       failed deployments / deployments
failed deployment      median of: a good release is there - the failed one was;
  recovery time        good is the old one put back, or a next one that holds
deployment rework      deployments right after a failed one / deployments
  rate

A deployment is a promotion that production has shown. It failed where its watch found
it bad, or where the gate rolled it back afterwards. Blocked releases are none, and are
counted apart, a commit once; days before the first run do not count.

What the ledger cannot know: failures that no watch saw and nobody rolled back with the
gate, releases that went past it, the commits below the promoted one, and whether a
deployment was planned: the one that follows a failure counts as rework, a correction of
what no watch saw does not.

"""


@click.command(epilog=FORMULAS + example("python -m gate metrics --days 90"))
@click.option("--days", default=30, show_default=True, type=click.IntRange(1, 36_500))
@json_option
def metrics(*, days: int, as_json: bool) -> None:
    """Tell the five measures of software delivery (dora.dev) from the ledger.

    Each has its formula below. What is not enough for a figure is told as that.
    """
    here = house()
    production = here.premises.production
    told = measured(
        journals(here.records(), production), datetime.now(UTC), float(days)
    )
    if as_json:
        document = {"schema": SCHEMA, "production": production, "asked_days": days}
        click.echo(to_json({**document, **metrics_document(told)}))
        return
    out = console(sys.stdout)
    out.print(f"{production}, the last {days} days", markup=False, soft_wrap=True)
    for name, line in metrics_lines(told):
        out.print(f"  {name:<33}{line}", markup=False, soft_wrap=True)
