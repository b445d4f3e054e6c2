"""``gate explain``: a verdict again, whole, from the ledger."""

import sys

import click

from gate.cli.telling import example, house, json_option
from gate.errors import UsageProblem
from gate.ledger.records import RECORD, Record, RunClosed, VerdictReached, WatchEnded
from gate.reports.machine import as_json as to_json
from gate.reports.plain_text import plain
from gate.reports.terminal import console, show_verdict


@click.command(epilog=example("python -m gate explain"))
@click.argument("run", required=False)
@json_option
def explain(*, run: str | None, as_json: bool) -> None:
    """Tell why a RUN ended as it did (the last one that reached a verdict)."""
    here = house()
    ledger = here.ledger()
    try:
        records = _records(tuple(ledger.records()), run)
    finally:
        ledger.close()
    if as_json:
        told = [RECORD.dump_python(record, mode="json") for record in records]
        click.echo(to_json({"schema": 1, "records": told}))
        return
    out = console(sys.stdout)
    for record in records:
        if isinstance(record, VerdictReached):
            out.print(
                f"{record.verdict.release}, run {record.run}",
                markup=False,
                soft_wrap=True,
            )
            show_verdict(record.verdict, sys.stdout, whole=True)
        elif isinstance(record, WatchEnded):
            seen = plain(record.judgement.seen)
            out.print(
                f"watch: {record.judgement.result.value}: {seen}",
                markup=False,
                soft_wrap=True,
            )
        elif isinstance(record, RunClosed):
            out.print(plain(record.says), markup=False, soft_wrap=True)


def _records(records: tuple[Record, ...], run: str | None) -> tuple[Record, ...]:
    if run is None:
        runs = [r.run for r in records if isinstance(r, VerdictReached)]
        if not runs:
            raise UsageProblem(
                "no run has reached a verdict yet",
                advice="run: python -m gate promote, or: python -m gate status",
            )
        run = runs[-1]
    chosen = tuple(r for r in records if r.run == run)
    if not chosen:
        raise UsageProblem(f"there is no run {run}", advice="see: gate status")
    return chosen
