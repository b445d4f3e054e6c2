"""``gate resume``: what was broken off is brought to its end."""

import sys

import click

from gate.cli.consent import consent_of
from gate.cli.telling import example, house, json_option, progress, quiet_option
from gate.errors import ExitCode
from gate.model.ending import Ending
from gate.reports.machine import as_json as to_json
from gate.reports.machine import endings_document
from gate.reports.terminal import show_ending
from gate.wiring import gatekeeper

GRAVITY = (
    ExitCode.PASSED,
    ExitCode.ROLLED_BACK,
    ExitCode.INSUFFICIENT,
    ExitCode.BLOCKED,
    ExitCode.TRY_AGAIN,
    ExitCode.UNAVAILABLE,
    ExitCode.UNRESOLVED,
    ExitCode.HELD,
)
"""Exit codes, the worst last; any other is worse than all of them."""


EXAMPLES = """python -m gate resume
  python -m gate resume --acknowledge "Ada: v12 is mine, and it is good\""""


@click.command(epilog=example(EXAMPLES))
@click.option(
    "--acknowledge",
    metavar='"NAME: REASON"',
    help="You have seen what ended held; that is recorded.",
)
@json_option
@quiet_option
def resume(*, acknowledge: str | None, as_json: bool, quiet: bool) -> None:
    """Bring every run to its end that was broken off; or tell what production serves.

    The platform is asked what became of a promotion or a rollback; neither is sent
    again blindly. A run that was stopped before it promoted anything is closed, and
    that is no failure. Ends with the worst of how the runs ended; 21: it cannot be
    known yet, so run it again; 22: a person is needed.

    A run that ended held is named, with 22, until a later one has promoted and kept a
    release or has put one back, or until a person acknowledges it. That is recorded, and
    never shown as a pass: the run stays held.

    Where no run is open or held nothing is written: production is asked what serves
    there. With an empty ledger, as on a fresh CI runner, its releases alone tell: a
    promotion of which no ledger knows that it was judged and watched is held.
    """
    person = consent_of(
        acknowledge, as_in='--acknowledge "Ada: v12 is mine, and it is good"'
    )
    with gatekeeper(
        house(), "resume", listeners=progress(quiet=quiet), furnished=False
    ) as keeper:
        if person is not None:  # first: nobody has seen what is settled only now
            keeper.acknowledge(person)
        settled = keeper.resume()
        names = {each.run for each in settled}
        held = [each for each in keeper.held() if each.run not in names]
        endings = (*held, *settled) or (keeper.look(),)
    code = worst(endings)
    if as_json:
        click.echo(to_json(endings_document(endings, code)))
    else:
        for ending in endings:
            if ending.run:
                click.echo(f"run {ending.run}:")
            show_ending(ending, sys.stdout)
    click.get_current_context().exit(int(code))


def worst(endings: tuple[Ending, ...]) -> ExitCode:
    """Return the gravest exit code; a run stopped before it promoted is none at all."""
    codes = [_as_resumed(each.exit_code) for each in endings]
    return max(codes, key=_gravity)


def _gravity(code: ExitCode) -> int:
    return GRAVITY.index(code) if code in GRAVITY else len(GRAVITY)


def _as_resumed(code: ExitCode) -> ExitCode:
    return ExitCode.PASSED if code is ExitCode.INTERRUPTED else code
