"""How much a run needs at least before it can exclude what it is asked to exclude."""

import math
from dataclasses import dataclass

from gate.stats import cpu, limits, memory
from gate.stats.asked import Asked, Metric
from gate.stats.batches import SERIAL_SECONDS
from gate.stats.symmetry import SymmetryTest


@dataclass(frozen=True, slots=True)
class Need:
    """What one metric needs at the least, if all goes well: flows and seconds."""

    metric: Metric
    flows: int
    seconds: float


def _batches(false_passes: float) -> int:
    """Return how many numbers, each larger than all before, are proof enough."""
    test = SymmetryTest()
    while test.e_value < 1 / false_passes:
        test.feed(float(test.count + 1))
    return test.count


def needs(asked: Asked) -> tuple[Need, ...]:
    """Return what each asked metric needs before it can be *not worse*.

    Lower bounds: with not one failure, crash or difference. Errors: the smallest n
    with (1 - margin)^n <= false_passes. Crashes: ln(1/false_passes)/margin seconds.
    The others: as many batches, none worse, as a `SymmetryTest` needs to reach
    1/false_passes, after the warm-up. Flows and seconds are both needed.
    """
    rare = math.log(1 / asked.false_passes)
    found: list[Need] = []
    if asked.errors is not None:
        flows = math.ceil(rare / -math.log1p(-asked.errors) - 1e-9)
        found.append(Need(Metric.ERRORS, flows, 0.0))
    if asked.crashes is not None:
        found.append(Need(Metric.CRASHES, 0, rare / asked.crashes))
    batches = _batches(asked.false_passes)
    seconds = {
        Metric.P50: limits.SECONDS if asked.p50_limit is not None else SERIAL_SECONDS,
        Metric.P95: limits.SECONDS if asked.p95_limit is not None else SERIAL_SECONDS,
        Metric.CPU: cpu.SECONDS,
        Metric.MEMORY: memory.SECONDS,
    }
    found += (
        Need(metric, batches, batches * seconds[metric])
        for metric in asked.metrics()
        if metric in seconds and metric not in asked.where_told
    )
    return tuple(found)
