"""Many orders of events for two gates, a colleague and a faulty platform, in memory.

The state machine of `tests_unit/gate/protocol/test_machine.py`, with dice of its own and
as many examples as one likes. Prints how runs ended and how long it took; fails with the
shortest history that breaks a rule.

    python tests_integration/gate/benchmarks/machine.py [examples] [steps]
"""

import sys
import time
from collections import Counter

from hypothesis import Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from gate.errors import ExitCode
from gate.ledger.records import RunClosed
from tests_unit.gate.protocol.test_machine import BOUNDED, Pipeline

EXAMPLES, STEPS = 10_000, 24
ends: Counter[str] = Counter()
examples: Counter[str] = Counter()


class Counted(Pipeline):
    """The same, and it is counted how runs ended."""

    def teardown(self) -> None:
        """Judge it, then count."""
        super().teardown()
        examples["played"] += 1
        for site in self.sites:
            closed = [r for r in site.rows if isinstance(r, RunClosed)]
            ends.update(ExitCode(each.exit_code).name.lower() for each in closed)


def main(count: int = EXAMPLES, steps: int = STEPS) -> None:
    """Play them all."""
    began = time.monotonic()
    run_state_machine_as_test(
        Counted,
        settings=settings(
            BOUNDED,
            max_examples=count,
            stateful_step_count=steps,
            derandomize=False,
            phases=(Phase.generate, Phase.shrink),
        ),
    )
    told = ", ".join(f"{times} {end}" for end, times in ends.most_common())
    seconds = time.monotonic() - began
    print(f"{examples['played']} orders of events in {seconds:.0f} s; runs: {told}")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
