"""The platform as a process: `python -m gate.local_platform --home FOLDER`."""

import argparse
import sys
from dataclasses import asdict
from pathlib import Path

from gate.errors import GateError
from gate.local_platform.server import run
from gate.local_platform.timers import Timers


def _timer(text: str) -> tuple[str, float]:
    """The name and the seconds; raises ArgumentTypeError for anything else."""
    name, _, seconds = text.partition("=")
    try:
        return name, float(seconds)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not NAME=SECONDS") from None


def main() -> int:
    """Run the platform in the foreground; returns the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m gate.local_platform",
        description="Run a local platform in the foreground until SIGTERM or Ctrl-C.",
        epilog="Timers, in seconds: "
        + ", ".join(f"{name}={value:g}" for name, value in asdict(Timers()).items()),
    )
    parser.add_argument("--home", type=Path, required=True, help="its folder")
    parser.add_argument("--port", type=int, help="the API's port on 127.0.0.1")
    parser.add_argument(
        "--time-scale",
        type=float,
        default=1.0,
        help="multiply every timer by this (default 1: Heroku's real times)",
    )
    parser.add_argument(
        "--timer",
        type=_timer,
        action="append",
        default=[],
        metavar="NAME=SECONDS",
        help="set one timer, such as metrics=2, whatever the scale; repeatable",
    )
    parser.add_argument(
        "--exchanges",
        type=Path,
        metavar="FILE",
        help="append every API request and its answer to FILE, for checks of them",
    )
    given = parser.parse_args()
    try:
        timers = Timers.of(given.time_scale, dict(given.timer))
        run(given.home.absolute(), given.port, timers, given.exchanges)
    except GateError as error:
        sys.stderr.write(f"{error}\n{error.advice}".rstrip() + "\n")
        return int(error.exit_code)
    return 0


if __name__ == "__main__":
    sys.exit(main())
