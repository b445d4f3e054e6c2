"""Every history of a promotion, and of a rollback by hand: stopped, and disturbed.

In process, against Heroku in memory, in virtual time. Each scenario is stopped at every
effect of its first process (killed, interrupted, the answer lost, the record refused);
at every call a colleague acts or the platform falls silent; and of both at once, with a
second kill in the recovery, as many are drawn as are asked for. Prints how many there
were, how they ended, and of each broken rule the simplest history; exits 1 if there is
one.

    python tests_integration/gate/benchmarks/protocol.py [DRAWN] [PROCESSES] [WHICH]

WHICH is `promotion` or `rollback`; both where it is not given.
"""

import os
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor

from tests_unit.gate.protocol.scenarios import History, Space, by_hand, scenarios
from tests_unit.gate.protocol.sweep import Sweep

AT_ONCE = 500
SPACES = {"promotion": scenarios, "rollback": by_hand}


def played(histories: Sequence[History]) -> Sweep:
    """Play some, in a process of their own."""
    sweep = Sweep()
    sweep.play(histories)
    return sweep


def swept(which: str, drawn: int, processes: int) -> bool:
    """Play all of a space; return whether a rule was broken."""
    space = Space(SPACES[which], drawn)
    print(
        f"{which}: {len(space.scenarios)} scenarios, "
        f"{space.points} effects to be stopped at"
    )
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
    return broken


def main(
    drawn: str = "20000", processes: str = str(os.cpu_count() or 1), which: str = ""
) -> int:
    """Play all; return the exit code."""
    broken = [
        swept(each, int(drawn), int(processes))
        for each in SPACES
        if which in ("", each)
    ]
    return int(any(broken))


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
