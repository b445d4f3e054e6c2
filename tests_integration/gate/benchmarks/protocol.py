"""Every history of a promotion: stopped at each effect, disturbed at each call.

In process, against Heroku in memory, in virtual time. Each scenario is stopped at every
effect of its first process (killed, interrupted, the answer lost, the record refused);
at every call a colleague acts or the platform falls silent; and of both at once, with a
second kill in the recovery, as many are drawn as are asked for. Prints how many there
were, how they ended, and of each broken rule the simplest history; exits 1 if there is
one.

    python tests_integration/gate/benchmarks/protocol.py [DRAWN] [PROCESSES]
"""

import os
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor

from tests_unit.gate.protocol.scenarios import History, Space
from tests_unit.gate.protocol.sweep import Sweep

AT_ONCE = 500


def played(histories: Sequence[History]) -> Sweep:
    """Play some, in a process of their own."""
    sweep = Sweep()
    sweep.play(histories)
    return sweep


def main(drawn: int = 20_000, processes: int = os.cpu_count() or 1) -> int:
    """Play all; return the exit code."""
    space = Space(drawn)
    print(f"{len(space.scenarios)} scenarios, {space.points} effects to be stopped at")
    broken = False
    kinds = {
        "stopped": space.stopped,
        "disturbed": space.disturbed,
        "drawn": space.drawn,
    }
    with ProcessPoolExecutor(processes) as pool:
        for kind, histories in kinds.items():
            began, sweep = time.monotonic(), Sweep()
            parts = range(0, len(histories), AT_ONCE)
            for part in pool.map(played, [histories[i : i + AT_ONCE] for i in parts]):
                sweep.add(part)
            print(
                f"{kind}, in {time.monotonic() - began:.0f} s: {sweep.told}", flush=True
            )
            broken = broken or bool(sweep.broken)
    return int(broken)


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:])))
