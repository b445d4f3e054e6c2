"""``python -m gate``."""

import os
import sys

from gate import interrupts
from gate.cli import run


def main() -> None:
    """Run the command line and exit with its documented code."""
    code = run()
    if interrupts.settled():  # whoever told us to stop does not wait for idle threads
        sys.stderr.flush()
        os._exit(code)
    sys.exit(code)


if __name__ == "__main__":
    main()
