"""``gate status``: what the ledger knows of the last runs."""

import sys

import click

from gate.cli.telling import example, house, json_option
from gate.ledger.journal import journals
from gate.ledger.lease import holder_of
from gate.reports.machine import as_json as to_json
from gate.reports.passages import (
    NEXT,
    NONE,
    Passage,
    passages_document,
    passages_of,
)
from gate.reports.plain_text import first_line
from gate.reports.terminal import console


@click.command(epilog=example("python -m gate status --last 3"))
@click.option("--last", default=5, show_default=True, type=click.IntRange(1, 1000))
@json_option
def status(*, last: int, as_json: bool) -> None:
    """Tell the last runs: what was asked, how each ended, which go on or never ended."""
    here = house()
    found = journals(here.records(), here.premises.production)
    every = passages_of(found, holder_of(here.lease))
    told = every[:last]
    if as_json:
        click.echo(to_json(passages_document(told)))
        return
    lines = [line for each in told for line in _lines(each)]
    if any(each.next for each in every):
        lines.append(f"open runs are brought to their end by: {NEXT}")
    out = console(sys.stdout)
    for line in lines or [NONE]:
        out.print(line, markup=False, soft_wrap=True)


def _lines(run: Passage) -> list[str]:
    line = f"{run.run}  {run.command:<14} {run.commit[:8]:<8} {run.ended:>8}"
    return [f"{line}  {first_line(run.says)}", *run.in_production]
