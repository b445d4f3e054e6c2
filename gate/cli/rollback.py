"""``gate rollback``: an earlier release's slug serves again, or how it would."""

import re
import sys

import click

from gate.cli.telling import example, house, json_option, progress, quiet_option, tell
from gate.errors import UsageProblem
from gate.model.rollback import RollbackPlan
from gate.reports.machine import as_json as to_json
from gate.reports.rollback_plan import exit_code_of, plan_document, show_plan
from gate.wiring import gatekeeper, planned_rollback

EXAMPLES = """python -m gate rollback --plan
  python -m gate rollback --replacing v12 --to v11"""


@click.command(epilog=example(EXAMPLES))
@click.option("--plan", is_flag=True, help="Only say what it would come to.")
@click.option("--app", help="The app; production when not given.")
@click.option("--replacing", help="The release that must be live now, such as v12.")
@click.option("--to", "target", help="The release to restore, such as v11.")
@json_option
@quiet_option
def rollback(
    *,
    plan: bool,
    app: str | None,
    replacing: str | None,
    target: str | None,
    as_json: bool,
    quiet: bool,
) -> None:
    """Release an earlier slug with today's config, and prove that it serves.

    Names what it replaces and what it restores. Refuses when another release is live
    than --replacing says, or when somebody releases meanwhile. With --plan nothing is
    changed: it names the release to go back to, how that is known to serve, and by
    name which config vars, add-ons and process types differ; 10: it is not safe.
    """
    here = house()
    app, version = app or here.settings.production, _version(target)
    if plan:
        if replacing is not None:
            raise UsageProblem(
                "--plan replaces nothing, so --replacing has no meaning",
                advice="leave out one of them",
            )
        _tell_plan(planned_rollback(here, app, version), as_json=as_json)
        return
    with gatekeeper(here, "rollback", listeners=progress(quiet=quiet)) as keeper:
        ending = keeper.roll_back(app, replacing=_version(replacing), target=version)
    tell(ending, as_json=as_json)


def _tell_plan(plan: RollbackPlan, *, as_json: bool) -> None:
    """Print the plan, and leave with the exit code that goes with it."""
    if as_json:
        click.echo(to_json(plan_document(plan)))
    else:
        show_plan(plan, sys.stdout)
    click.get_current_context().exit(int(exit_code_of(plan)))


def _version(text: str | None) -> int | None:
    if text is None:
        return None
    number = text.removeprefix("v")
    if not re.fullmatch(r"[1-9][0-9]{0,8}", number):
        raise UsageProblem(f"{text!r} is not a release", advice="say it as v12")
    return int(number)
