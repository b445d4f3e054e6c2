"""``gate load``: the load suite alone, and workers for it on other machines."""

import os
import sys
from hashlib import sha256
from pathlib import Path

import click

from gate.cli.telling import example, house, json_option, progress, quiet_option, tell
from gate.errors import UsageProblem
from gate.examining import Examination
from gate.gatekeeper import Gatekeeper
from gate.house import House
from gate.model.evidence import Category
from gate.reports.machine import as_json as to_json
from gate.suites.load.worker import work
from gate.wiring import gatekeeper

EVERYWHERE = {"0.0.0.0", "[::]", "::"}  # noqa: S104 - told apart, not listened on
EXAMPLES = """python -m gate load --seed 7
  python -m gate load --workers 2 --await-workers --listen 0.0.0.0:5557"""


@click.group(invoke_without_command=True, epilog=example(EXAMPLES))
@click.option("--seed", type=click.IntRange(0), help="The same seed, the same choices.")
@click.option("--longest", type=float, help="How many seconds the load lasts at most.")
@click.option("--workers", type=int, help="How many processes generate the load.")
@click.option("--await-workers", is_flag=True, help="They are started elsewhere.")
@click.option("--listen", metavar="HOST:PORT", help="Where workers find this run.")
@json_option
@quiet_option
def load(*, as_json: bool, quiet: bool, **asked: str | float | None) -> None:
    """Load what runs on staging, production's release beside it, and judge that alone.

    Nothing follows from it, but dynos of both are restarted, to start alike. What is
    not given here is as in [tool.gate.load]. The scenario is that of the commit on
    staging, not of the working tree.
    """
    if click.get_current_context().invoked_subcommand is not None:
        return
    here = house(
        {
            f"GATE_LOAD_{name.upper()}": str(value)
            for name, value in asked.items()
            if value is not None and value is not False
        }
    )
    plan = here.settings.load
    if asked["listen"] and not plan.await_workers:
        raise UsageProblem(
            "--listen is where workers on other machines find this run",
            why="none are awaited",
            advice="add --await-workers, or leave --listen out",
        )
    if plan.await_workers and not quiet:
        host, _, port = plan.listen.rpartition(":")
        master = f"{'THIS-MACHINE' if host in EVERYWHERE else host}:{port}"
        each = f"python -m gate load worker --master {master}"
        print(f"waits for {plan.workers} of: {each}", file=sys.stderr)
    with gatekeeper(here, "load", listeners=progress(quiet=quiet)) as keeper:
        differs = _scenario_differs(here, keeper)
        if differs and not quiet:
            print(differs, file=sys.stderr)
        ending = keeper.check((Category.LOAD,), command="load")
    tell(ending, as_json=as_json)


def _scenario_differs(here: House, keeper: Gatekeeper[Examination]) -> str:
    """Say so where the working tree's scenario is not the one that will be played.

    Raises UsageProblem where the commit on staging has none.
    """
    file, repository = here.settings.load.file, here.repository
    release = keeper.platform.current_release(here.premises.staging)
    if release is None or not release.commit or not repository.has(release.commit):
        return ""
    played = f"commit {release.commit[:8]}, {release.name}"
    deployed = repository.digest(release.commit, file)
    if not deployed:
        raise UsageProblem(
            f"there is no {file} in {played}",
            advice="name yours in [tool.gate.load] file; or commit it, then: "
            "python -m gate deploy",
        )
    own = repository.root / file
    if not own.is_file() or sha256(own.read_bytes()).hexdigest() == deployed:
        return ""
    return (
        f"{file} is played as it is in {played}; yours differs, to play it: commit it, "
        "then python -m gate deploy"
    )


@load.command(epilog=example("python -m gate load worker --master 192.0.2.7:5557"))
@click.option("--master", required=True, metavar="HOST:PORT", help="Where the run is.")
@click.option(
    "--file",
    type=click.Path(path_type=Path),
    help="The scenario; [tool.gate.load] file when not given.",
)
@json_option
@quiet_option
def worker(*, master: str, file: Path | None, as_json: bool, quiet: bool) -> None:
    """Generate load for a run that another machine judges, until that run ends.

    It needs the same scenario and the same gate as the run, and can reach it and both
    apps. It needs no token and acts on nothing.
    """
    here = house()
    here.settle()
    if not quiet:
        print(f"works for {master}", file=sys.stderr)
    work(
        master,
        (here.repository.root / (file or here.settings.load.file)).absolute(),
        root=here.repository.root,
        output=here.home / "scratch" / f"worker-{os.getpid()}.log",
    )
    says = f"the run at {master} has ended"
    if as_json:
        click.echo(to_json({"schema": 1, "outcome": "passed", "says": says}))
    else:
        click.echo(says)
