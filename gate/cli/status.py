"""``gate status``: what the ledger knows of the last runs."""

import sys

import click

from gate.cli.telling import example, house, json_option
from gate.ledger.records import ActionConfirmed, ActionIntended, RunClosed, RunOpened
from gate.ledger.store import Ledger
from gate.reports.machine import as_json as to_json
from gate.reports.plain_text import first_line
from gate.reports.terminal import console


@click.command(epilog=example("python -m gate status --last 3"))
@click.option("--last", default=5, show_default=True, type=click.IntRange(1, 1000))
@json_option
def status(*, last: int, as_json: bool) -> None:
    """Tell the last runs: what was asked, how each ended, which never did."""
    here = house()
    ledger = here.ledger()
    try:
        told = [_told(ledger, run) for run in ledger.runs()[:last]]
    finally:
        ledger.close()
    if as_json:
        click.echo(to_json({"schema": 1, "runs": told}))
        return
    out = console(sys.stdout)
    if not told:
        out.print(
            "no run yet; begin with: python -m gate promote",
            markup=False,
            soft_wrap=True,
        )
    for run in told:
        code = "open" if run["exit_code"] is None else f"exit {run['exit_code']}"
        line = (
            f"{run['run']}  {run['command']:<14} {str(run['commit'])[:8]:<8} {code:>8}"
        )
        out.print(
            f"{line}  {first_line(str(run['says']))}", markup=False, soft_wrap=True
        )


def _told(ledger: Ledger, run: str) -> dict[str, object]:
    told: dict[str, object] = {"run": run, "exit_code": None, "says": "never ended"}
    intended = ""
    for record in ledger.records(run):
        match record:
            case RunOpened():
                told |= {"command": record.command, "commit": record.commit}
                told |= {"at": record.at}
            case ActionIntended():
                intended = f"{record.deed} on {record.app}"
            case ActionConfirmed():
                intended = ""
            case RunClosed():
                told |= {"exit_code": record.exit_code, "says": record.says}
    if intended:
        told["unconfirmed"] = intended
    return told
