"""A thousand random fault schedules over the local platform's HTTP API.

Each schedule is a seed: faults of the API, of releases and of promotions strike a real
promotion over HTTP, which is resumed until it has ended; then the platform and the ledger
are looked at. Prints what they came to, and how long it took; exits 1 if an invariant is
violated, naming the seeds.

    python tests_integration/gate/benchmarks/fault_schedules.py [count] [first seed]
"""

import resource
import sys
import tempfile
import time
from pathlib import Path

from tests_integration.gate.protocol.schedules import (
    Schedule,
    carried_out,
    in_words,
    told,
)

COUNT = 1000
PLATFORMS = 6


def main(count: int = COUNT, first: int = 0) -> int:
    """Carry them out, and say what was seen."""
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        seeds = range(first, first + count)
        came = carried_out(seeds, Path(folder), platforms=PLATFORMS)
    own = resource.getrusage(resource.RUSAGE_SELF)
    cpu = own.ru_utime + own.ru_stime
    print(told(came))
    seconds = time.monotonic() - began
    print(f"{seconds:.0f} s; {cpu / count:.2f} s of CPU each, without the platforms'")
    broken = [each for each in came if each.broken]
    for each in broken:
        print(in_words(Schedule.of(each.seed)), each.broken, *each.told, sep="\n    ")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:])))
