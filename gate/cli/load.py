"""``gate load``: the load suite alone, and workers for it on other machines."""

import os
import sys
from pathlib import Path

import click

from gate.cli.telling import example, house, json_option, progress, quiet_option, tell
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

    Nothing follows from it. What is not given here is as in [tool.gate.load].
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
    if plan.await_workers and not quiet:
        host, _, port = plan.listen.rpartition(":")
        master = f"{'THIS-MACHINE' if host in EVERYWHERE else host}:{port}"
        each = f"python -m gate load worker --master {master}"
        print(f"waits for {plan.workers} of: {each}", file=sys.stderr)
    with gatekeeper(here, "load", listeners=progress(quiet=quiet)) as keeper:
        ending = keeper.check((Category.LOAD,), command="load")
    tell(ending, as_json=as_json)


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
