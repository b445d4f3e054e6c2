"""``gate status``: what the ledger knows of the last runs."""

import sys
from dataclasses import asdict

import click

from gate.cli.telling import example, house, json_option
from gate.ledger.holds import Hold, holds
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
    """Tell the last runs: what was asked, how each ended, which go on or never ended.

    And each run, however long ago, that ended held and was not dealt with since.
    """
    here = house()
    records, premises = here.records(), here.premises
    found = journals(records, premises.production)
    held = holds(records, premises.production, premises.platform)
    every = passages_of(found, holder_of(here.lease))
    told = every[:last]
    if as_json:
        document = {**passages_document(told), "held": [asdict(each) for each in held]}
        click.echo(to_json(document))
        return
    lines = [line for each in told for line in _lines(each)]
    lines += [_held(each) for each in held]
    if any(each.next for each in every):
        lines.append(f"open runs are brought to their end by: {NEXT}")
    out = console(sys.stdout)
    for line in lines or [NONE]:
        out.print(line, markup=False, soft_wrap=True)


def _lines(run: Passage) -> list[str]:
    line = f"{run.run}  {run.command:<14} {run.commit[:8]:<8} {run.ended:>8}"
    return [f"{line}  {first_line(run.says)}", *run.in_production]


def _held(hold: Hold) -> str:
    says = first_line(hold.says)
    return f"held since {hold.since}: run {hold.run}: {says}; more: {NEXT}"
