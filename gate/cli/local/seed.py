"""``gate local seed``: a baseline for a rehearsal."""

import click

from gate.cli.telling import example, house, json_option, progress, quiet_option, tell
from gate.errors import UsageProblem
from gate.wiring import gatekeeper


@click.command(epilog=example("python -m gate local seed main"))
@click.argument("commit")
@json_option
@quiet_option
def seed(*, commit: str, as_json: bool, quiet: bool) -> None:
    """Release COMMIT on production here, unjudged, where a rehearsal needs a baseline.

    Only the local platform can be seeded: elsewhere the gate is the way to production.
    """
    here = house()
    if not here.settings.is_local:
        raise UsageProblem(
            "only the local platform can be seeded",
            why=f"the settings name {here.settings.platform}",
            advice="run: python -m gate promote",
        )
    named = here.repository.commit(commit)
    with gatekeeper(here, "local seed", listeners=progress(quiet=quiet)) as keeper:
        ending = keeper.seed(named)
    tell(ending, as_json=as_json)
