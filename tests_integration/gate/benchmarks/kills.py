"""All kill points of the protocol over processes, and all of its system calls.

    python -m tests_integration.gate.benchmarks.kills

Each line: a way to stop a gate, a scenario, the points, the gates that were killed, how
those after them ended, and what was broken. Exits with 1 where anything was.
"""

import json
import subprocess
import sys
import time

from tests_integration.gate.protocol_processes.driver import SCENARIOS

DRIVER = "tests_integration.gate.protocol_processes.driver"


def main() -> int:
    """Go through all of them."""
    broken = points = 0
    for how in ("kills", "calls"):
        for scenario in SCENARIOS:
            began = time.monotonic()
            done = subprocess.run(
                [sys.executable, "-m", DRIVER, how, scenario, "1"],
                capture_output=True,
                check=True,
            )
            told = json.loads(done.stdout)
            ends = ", ".join(f"{n} {end.lower()}" for end, n in told["ends"].items())
            print(
                f"{how:6} {scenario:20} {told['points']:4} points, "
                f"{told['killed']:4} killed, {time.monotonic() - began:5.1f} s: {ends}",
                flush=True,
            )
            for rule in told["broken"] + told["notes"]:
                print(f"       {rule}")
            points += told["points"]
            broken += len(told["broken"])
    print(f"{points} points, {broken} rules broken")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
