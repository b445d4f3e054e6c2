"""``gate ledger``: what was recorded, for other programs."""

from pathlib import Path

import click

from gate.cli.output_file import write_output
from gate.cli.telling import example, house
from gate.ledger.encoding import to_json
from gate.ledger.records import RECORD
from gate.ledger.run_names import run_named

EXAMPLES = """python -m gate ledger export --output ledger.jsonl
  python -m gate ledger export --run latest"""


@click.group(epilog=example("python -m gate ledger export"))
def ledger() -> None:
    """Read the ledger: every step of every run."""


@ledger.command(epilog=example(EXAMPLES))
@click.option(
    "--run",
    metavar="RUN|latest",
    help="Of one run: the beginning of its name, or the last that reached a verdict.",
)
@click.option(
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Write there.  Default: stdout.",
)
def export(*, run: str | None, output: Path | None) -> None:
    """Write the ledger as JSON lines: one record each, the oldest first.

    A record says its kind, its run and when; nothing in it is secret. A ledger without
    records gives no lines. A FILE that is there is replaced.
    """
    records = house().records()
    chosen = run_named(records, run) if run else ""
    lines = b"".join(
        to_json(RECORD, record) + b"\n"
        for record in records
        if chosen in ("", record.run)
    )
    if output is None:
        click.echo(lines, nl=False)
    else:
        write_output(output, lines)
