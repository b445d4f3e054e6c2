"""A load generator on this machine for a run that another one judges."""

import socket
from pathlib import Path

from gate.errors import PlatformUnavailable, UsageProblem
from gate.suites.child_process import Ended, run_child
from gate.suites.environment import child_environment
from gate.suites.load.generator.settings import (
    Refused,
    address,
    worker_command,
    worker_environ,
)

LONGEST = 24 * 3600.0
PATIENCE = 5.0
REFUSED = 3
NOBODY = 255
_SAME = "have the same commit checked out and the same gate installed on both"


def work(master: str, file: Path, *, root: Path, output: Path) -> None:
    """Generate load for the run at *master* until that ends; Locust says to *output*.

    Raises UsageProblem for an address, a scenario or a version that will not do, and
    PlatformUnavailable when nobody listens there, or the run there breaks off.
    """
    _reach(master)
    if not file.is_file():
        raise UsageProblem(
            f"there is no {file}",
            why="a worker plays the scenario of its own checkout",
            advice="name it: --file load/locustfile.py",
        )
    ended = run_child(
        worker_command(master),
        folder=root,
        output=output,
        environment=child_environment(worker_environ(file)),
        deadline=LONGEST,
    )
    if ended.exit_code != 0:
        raise _told(ended, master)


def _reach(master: str) -> None:
    """Say at once what Locust would say after many tries."""
    try:
        where = address(master)
    except Refused as refused:
        raise UsageProblem(
            f"{master!r} is no address", advice="say it as --master 192.0.2.7:5557"
        ) from refused
    try:
        socket.create_connection(where, PATIENCE).close()
    except OSError as error:
        raise _nobody(master, (error.strerror or str(error)).lower()) from error


def _nobody(master: str, why: str) -> PlatformUnavailable:
    return PlatformUnavailable(
        f"nobody hands out work at {master}",
        why=why,
        advice="first, there: python -m gate load --workers N --await-workers "
        f"--listen {master}",
    )


def _told(ended: Ended, master: str) -> UsageProblem | PlatformUnavailable:
    if ended.exit_code == REFUSED:
        why = _after("worker refused: ", ended)
        return UsageProblem(f"{master} refused this worker", why=why, advice=_SAME)
    if ended.exit_code == 1 and (why := _after("load not started: ", ended)):
        advice = "correct the scenario, or name another: --file FILE"
        return UsageProblem("the scenario cannot be run", why=why, advice=advice)
    if ended.exit_code == NOBODY:
        return _nobody(master, "what listens there is no run of the gate")
    how = "in a day" if ended.exit_code is None else f"exit code {ended.exit_code}"
    return PlatformUnavailable(
        f"the work for {master} did not end well",
        why=f"Locust: {how}: {ended.tail(1)}",
        advice=f"all of it: {ended.output}",
    )


def _after(mark: str, ended: Ended) -> str:
    """Return what the driver said last after *mark*: Locust may say more after it."""
    said = [line.partition(mark)[2] for line in ended.tail().splitlines()]
    return next(filter(None, reversed(said)), "")
