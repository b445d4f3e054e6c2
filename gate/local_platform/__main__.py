"""The platform as a process: `python -m gate.local_platform --home FOLDER`."""

import argparse
import sys
from pathlib import Path

from gate.errors import GateError
from gate.local_platform.server import run


def main() -> int:
    """Run the platform in the foreground; returns the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m gate.local_platform",
        description="Run a local platform in the foreground until SIGTERM or Ctrl-C.",
    )
    parser.add_argument("--home", type=Path, required=True, help="its folder")
    parser.add_argument("--port", type=int, help="the API's port on 127.0.0.1")
    parser.add_argument(
        "--time-scale",
        type=float,
        default=1.0,
        help="multiply every timer by this (default 1: Heroku's real times)",
    )
    given = parser.parse_args()
    if given.time_scale <= 0:
        parser.error("--time-scale must be more than 0")
    try:
        run(given.home.absolute(), given.port, given.time_scale)
    except GateError as error:
        sys.stderr.write(f"{error}\n{error.advice}".rstrip() + "\n")
        return int(error.exit_code)
    return 0


if __name__ == "__main__":
    sys.exit(main())
