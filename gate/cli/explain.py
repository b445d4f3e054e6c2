"""``gate explain``: a verdict again, or one finding with all that proves it."""

import sys
from pathlib import Path

import click

from gate.cli.finding_lookup import as_test, find, look_up
from gate.cli.telling import example, house, json_option
from gate.errors import UsageProblem
from gate.house import House
from gate.ledger.records import (
    RECORD,
    HoldAcknowledged,
    Record,
    RollbackAccepted,
    RollbackPlanned,
    RunClosed,
    VerdictReached,
    WatchEnded,
)
from gate.ledger.run_names import LATEST, run_named
from gate.reports.finding import finding_document, show_finding
from gate.reports.machine import as_json as to_json
from gate.reports.plain_text import plain
from gate.reports.rollback_plan import show_plan
from gate.reports.steps import step
from gate.reports.terminal import console, show_verdict
from gate.suites.run_folder import RunFolder

EXAMPLES = """python -m gate explain
  python -m gate explain 3f2a9c
  python -m gate explain 3f2a9c --write test_names.py"""


@click.command(epilog=example(EXAMPLES))
@click.argument("what", default=LATEST, metavar="[RUN|latest|FINDING]")
@click.option(
    "--write",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write a pytest file that fails on the candidate and passes on the baseline.",
)
@json_option
def explain(*, what: str, write: Path | None, as_json: bool) -> None:
    """Tell why a RUN ended as it did, or all that is known of one FINDING.

    Without either, or with latest, the last run that reached a verdict. A finding is
    named by its id, or by the beginning of it, as the verdict shows it.
    """
    here = house()
    records = here.records()
    if what == LATEST or any(record.run == what for record in records):
        if write is not None:
            raise UsageProblem(
                "--write is about one finding",
                advice="name it: python -m gate explain FINDING --write FILE",
            )
        run = run_named(records, what)
        own = tuple(record for record in records if record.run == run)
        _tell_run(own, as_json=as_json)
    else:
        _tell_finding(here, records, what, write=write, as_json=as_json)


def _tell_finding(
    here: House,
    records: tuple[Record, ...],
    name: str,
    *,
    write: Path | None,
    as_json: bool,
) -> None:
    run, finding = find(records, name)
    folder = RunFolder(here.home / "runs" / run)
    told, old = look_up(records, run, finding, folder)
    if write is not None:
        _write(write, as_test(told, old))
    if as_json:
        document = finding_document(told)
        click.echo(to_json({**document, "written": str(write) if write else None}))
        return
    show_finding(told, console(sys.stdout))
    if write is not None:
        baseline = f"TARGET_URL={told.old_side} " if told.old_side else ""
        _say(f"\nwritten to {write}; fails: pytest {write}")
        if baseline:
            _say(f"passes: {baseline}pytest {write}")
    elif told.request is not None:
        _say(f"\nas a test: python -m gate explain {finding.id} --write FILE")


def _write(path: Path, text: str) -> None:
    try:
        with path.open("x", encoding="utf-8", errors="backslashreplace") as file:
            file.write(text)
    except OSError as error:
        raise UsageProblem(
            f"{path} cannot be written",
            why=error.strerror or str(error),
            advice="name a file that does not exist yet, in a folder that does",
        ) from error


def _tell_run(records: tuple[Record, ...], *, as_json: bool) -> None:
    if as_json:
        told = [RECORD.dump_python(record, mode="json") for record in records]
        click.echo(to_json({"schema": 1, "records": told}))
        return
    for record in records:
        if isinstance(record, RollbackPlanned):
            _say("planned, before any rehearsal:")
            show_plan(record.plan, sys.stdout)
        elif isinstance(record, RollbackAccepted | HoldAcknowledged):
            _say(step(record))
        elif isinstance(record, VerdictReached):
            _say(f"{record.verdict.release}, run {record.run}")
            show_verdict(record.verdict, sys.stdout, whole=True)
        elif isinstance(record, WatchEnded):
            seen = plain(record.judgement.seen)
            _say(f"watch: {record.judgement.result.value}: {seen}")
        elif isinstance(record, RunClosed):
            _say(record.says)


def _say(text: str) -> None:
    console(sys.stdout).print(plain(text), markup=False, soft_wrap=True)
