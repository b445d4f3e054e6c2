"""``gate history``: the runs, what was decided, and what came of it."""

import sys

import click

from gate.cli.telling import example, house, json_option
from gate.ledger.journal import journals
from gate.ledger.lease import holder_of
from gate.reports.durations import moment, spell
from gate.reports.machine import as_json as to_json
from gate.reports.passages import NONE, Passage, passages_document, passages_of
from gate.reports.plain_text import first_line
from gate.reports.terminal import console


@click.command(epilog=example("python -m gate history --last 50"))
@click.option("--last", default=20, show_default=True, type=click.IntRange(1, 100_000))
@json_option
def history(*, last: int, as_json: bool) -> None:
    """Tell the last runs: commit, what was decided, what came of it, how long it took.

    The newest comes first. For a run that could change production, what held there when
    it ended is told as well. All records: python -m gate ledger export.
    """
    here = house()
    found = journals(here.records(), here.premises.production)
    told = passages_of(found, holder_of(here.lease))[:last]
    if as_json:
        click.echo(to_json(passages_document(told)))
        return
    out = console(sys.stdout)
    for line in [line for each in told for line in _lines(each)] or [NONE]:
        out.print(line, markup=False, soft_wrap=True)


def _lines(run: Passage) -> list[str]:
    took = "" if run.seconds is None else f"  {spell(run.seconds)}"
    at = moment(run.at)
    when = f"{at:%Y-%m-%d %H:%M}" if at else "?"
    asked = f"{run.command} {run.commit[:8]}".strip()
    lines = [f"{run.run}  {when}  {asked}  {run.ended}{took}"]
    if run.decided:
        lines.append(f"    decided: {run.decided}")
    lines.append(f"    {first_line(run.says)}")
    if run.unconfirmed:
        lines.append(f"    not known: what became of {run.unconfirmed}")
    lines += run.in_production
    if run.next:
        lines.append(f"    next: {run.next}")
    return lines
