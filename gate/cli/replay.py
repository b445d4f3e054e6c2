"""``gate replay``: a stored run judged again, identical byte for byte."""

import sys

import click
from pydantic import TypeAdapter

from gate.cli.telling import example, house, json_option
from gate.ledger.run_names import LATEST
from gate.model.verdict import Judgement
from gate.replaying import Replayed, replay
from gate.reports.machine import WORDS, verdict_document
from gate.reports.machine import as_json as to_json
from gate.reports.terminal import show_verdict, show_watched

WATCHED: TypeAdapter[Judgement | None] = TypeAdapter(Judgement | None)
EXAMPLES = """python -m gate replay
  python -m gate replay 20250102-030405-abcd --json"""


@click.command("replay", epilog=example(EXAMPLES))
@click.argument("run", default=LATEST, metavar="[RUN|latest]")
@json_option
def replay_run(*, run: str, as_json: bool) -> None:
    """Judge the stored evidence of RUN again, and compare the answers byte for byte.

    RUN may be the beginning of its name. Neither the platform nor today's policy is
    asked: the run keeps its evidence and its policy, the ledger what they were. The
    same answer is printed, and the exit code is the run's. Evidence that is gone or
    changed ends with 12; an answer that differs all the same, as another version of
    the gate may give, with 70 and what differs.
    """
    here = house()
    told = replay(here.records(), here.home, run)
    if as_json:
        click.echo(to_json(_document(told)))
    else:
        _show(told)
    click.get_current_context().exit(int(told.exit_code))


def _document(told: Replayed) -> dict[str, object]:
    return {
        "schema": 1,
        "outcome": WORDS[told.exit_code],
        "exit_code": int(told.exit_code),
        "run": told.run,
        "pieces": told.pieces,
        "verdict": verdict_document(told.verdict),
        "watched": WATCHED.dump_python(told.watched, mode="json"),
    }


def _show(told: Replayed) -> None:
    click.echo(f"{told.verdict.release}, run {told.run}")
    show_verdict(told.verdict, sys.stdout)
    if told.watched is not None:
        show_watched(told.watched, sys.stdout)
    click.echo(
        f"judged again: the same answer, byte for byte, from {told.pieces} files "
        "that are what was recorded"
    )
