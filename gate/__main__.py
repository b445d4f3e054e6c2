"""``python -m gate``."""

import sys

from gate.cli import run


def main() -> None:
    """Run the command line and exit with its documented code."""
    sys.exit(run())


if __name__ == "__main__":
    main()
