"""``gate local fault``: let the platform on this machine fail, on request."""

from inspect import cleandoc
from itertools import groupby
from typing import Any

import click

from gate.cli.telling import EXIT_CODES, house, json_option
from gate.errors import UsageProblem
from gate.local import FAULT_KINDS, local_remote
from gate.reports.machine import as_json as to_json
from gate.reports.plain_text import plain

EVERY = "every"
EXAMPLES = """\b
Example:
  python -m gate local fault reset-after --on "POST /pipeline-promotions"
  python -m gate local fault 503 --on "GET /apps/*/releases" --times 3
  python -m gate local fault 429 --times 0 --probability 0.2 --seed 7
  python -m gate local fault dyno-kill --app orders-staging --on web.1 --seconds 25
  python -m gate local fault                 (what is asked for, how often it struck)
  python -m gate local fault --clear         (all of them; or: --clear 3)"""


def _kinds() -> str:
    """Every kind by where it strikes, a line each."""
    lines: list[str] = []
    for place, kinds in groupby(FAULT_KINDS.values(), key=lambda kind: kind.place):
        lines.append(f"\n\b\nWhat can happen to {place.value}:")
        for kind in kinds:
            takes = f" (default {kind.seconds:g})" if kind.seconds is not None else ""
            lines.append(f"  {kind.name:<16} {kind.says}{takes}")
    return "\n".join(lines)


@click.command(epilog=f"{EXAMPLES}\n\n{EXIT_CODES}")
@click.argument("kind", required=False)
@click.option("--on", help='"METHOD PATH" of a request, or the name of a dyno.')
@click.option("--app", help="The app; * stands for anything. Default: every app.")
@click.option("--times", type=int, help="How often; 0 until cleared. Default: once.")
@click.option("--probability", type=float, help="From 0 to 1. Default: 1.")
@click.option("--seconds", type=float, help="Real seconds, where KIND takes time.")
@click.option("--seed", type=int, help="Of the probability's dice. Default: any.")
@click.option("--list", "listed", is_flag=True, help="List the faults asked for.")
@click.option(
    "--clear", is_flag=False, flag_value=EVERY, metavar="[ID]", help="Take back."
)
@json_option
def fault(
    *, kind: str | None, listed: bool, clear: str | None, as_json: bool, **order: Any
) -> None:
    """Let something fail on this machine's platform, in the way that KIND names.

    In the path of a request one * stands for any one name, ** for anything. A restart
    of the platform clears all faults; its platform.log tells which struck when.
    """
    given = {name: value for name, value in order.items() if value is not None}
    if sum((kind is not None, listed, clear is not None)) > 1 or (given and not kind):
        raise UsageProblem(
            "say either a kind of fault with its options, or --list, or --clear",
            advice="see: python -m gate local fault --help",
        )
    here = house()
    if not here.settings.is_local:
        raise UsageProblem(
            "only the local platform fails on request",
            why=f"the settings name {here.settings.platform}",
            advice="set [tool.gate] platform to local to rehearse a failure",
        )
    remote = local_remote(here)
    if kind is not None:
        faults, verb = [remote.add(kind, **given)], "asked for: "
    elif clear is not None:
        faults, verb = remote.clear(None if clear == EVERY else clear), "cleared: "
    else:
        faults, verb = remote.faults(), ""
    if as_json:
        click.echo(to_json({"schema": 1, "faults": faults}))
        return
    for each in faults:
        click.echo(f"{verb}{fault_line(each)}")
    if not faults:
        click.echo("no fault is asked for")


def fault_line(fault: dict[str, Any]) -> str:
    """Return one fault in a line: what, where, how often it did and will strike."""
    place = " ".join(fault[name] for name in ("app", "on") if fault[name] != "*")
    of = f"of {fault['times']}" if fault["times"] else "until cleared"
    often = f"struck {fault['struck']} {of}"
    chance = fault["probability"]
    dice = f", probability {chance:g} (seed {fault['seed']})" if chance < 1 else ""
    time = f", {fault['seconds']:g} s" if fault["seconds"] else ""
    return plain(
        f"fault {fault['id']:<3} {fault['kind']:<15} {place or 'anywhere'}"
        f"{time}{dice}: {often}"
    )


fault.help = f"{cleandoc(fault.help or '')}\n{_kinds()}"
