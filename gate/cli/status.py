"""``gate status``: what the ledger knows of the last runs."""

import sys
from dataclasses import asdict

import click

from gate.cli.telling import example, house, json_option
from gate.ledger.journals import journals
from gate.reports.machine import SCHEMA
from gate.reports.machine import as_json as to_json
from gate.reports.passages import NEXT, Passage, passage_of
from gate.reports.plain_text import first_line
from gate.reports.terminal import console


@click.command(epilog=example("python -m gate status --last 3"))
@click.option("--last", default=5, show_default=True, type=click.IntRange(1, 1000))
@json_option
def status(*, last: int, as_json: bool) -> None:
    """Tell the last runs: what was asked, how each ended, which never did."""
    here = house()
    found = journals(here.records(), here.premises.production)
    told = [passage_of(each) for each in found[:last]]
    if as_json:
        click.echo(to_json({"schema": SCHEMA, "runs": [asdict(each) for each in told]}))
        return
    lines = [line for each in told for line in _lines(each)]
    if any(each.closed is None for each in found):
        lines.append(f"open runs are brought to their end by: {NEXT}")
    out = console(sys.stdout)
    for line in lines or ["no run yet; begin with: python -m gate promote"]:
        out.print(line, markup=False, soft_wrap=True)


def _lines(run: Passage) -> list[str]:
    code = "open" if run.exit_code is None else f"exit {run.exit_code}"
    line = f"{run.run}  {run.command:<14} {run.commit[:8]:<8} {code:>8}"
    lines = [f"{line}  {first_line(run.says)}"]
    if run.standing:
        known = f": {first_line(run.known)}" if run.known else ""
        lines.append(f"    production: {run.standing}{known}")
    return lines
