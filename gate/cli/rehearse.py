"""``gate rehearse``: a rollback, tried on staging."""

import sys
from collections.abc import Iterator

import click
from pydantic import TypeAdapter

from gate.cli.telling import example, house, json_option, progress, quiet_option
from gate.model.rollback import Rehearsal, Stop
from gate.reports.machine import as_json as to_json
from gate.reports.machine import ending_document
from gate.reports.plain_text import first_line
from gate.reports.terminal import show_ending
from gate.wiring import gatekeeper

REHEARSAL: TypeAdapter[Rehearsal | None] = TypeAdapter(Rehearsal | None)
LONGEST = 400


@click.command(epilog=example("python -m gate rehearse"))
@json_option
@quiet_option
def rehearse(*, as_json: bool, quiet: bool) -> None:
    """Take staging back to the release in production, and forth again.

    Tells whether the old code can live with what the new one has done to the database,
    by the old release's own health, contract and integration tests, and how many
    seconds each way takes. `gate promote` does the same by itself when the change
    touches migrations, the Procfile, the runtime or dependencies. Production is not
    touched.
    """
    with gatekeeper(house(), "rehearse", listeners=progress(quiet=quiet)) as keeper:
        ending, rehearsal = keeper.rehearse()
    if as_json:
        told = REHEARSAL.dump_python(rehearsal, mode="json")
        click.echo(to_json({**ending_document(ending), "rehearsal": told}))
    else:
        for line in _told(rehearsal):
            click.echo(first_line(line, most=LONGEST))
        show_ending(ending, sys.stdout)
    click.get_current_context().exit(int(ending.exit_code))


def _told(rehearsal: Rehearsal | None) -> Iterator[str]:
    if rehearsal is None:
        return
    stops = {"back": rehearsal.back, "forth": rehearsal.forth}
    for way, stop in stops.items():
        yield f"{way}: {_seen(stop)}" if stop else f"{way}: it did not come to that"
    if rehearsal.broken:
        yield f"it could not be told: {rehearsal.broken}"


def _seen(stop: Stop) -> str:
    commit = f" ({stop.commit[:8]})" if stop.commit else ""
    if stop.serves:
        return f"{stop.release}{commit} serves after {stop.seconds:.1f} s"
    return f"{stop.release}{commit} does not serve: {stop.seen}"
