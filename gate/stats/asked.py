"""What a load run is asked to exclude, and how sure it has to be."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum


class Metric(StrEnum):
    """What is compared."""

    ERRORS = "errors"
    P50 = "latency.p50"
    P95 = "latency.p95"
    CPU = "cpu"
    MEMORY = "memory"
    CRASHES = "crashes"


@dataclass(frozen=True, slots=True)
class Asked:
    """The margins: what must be excluded before a release is *not worse*.

    None: not asked. *errors*: share of flows that fail, beyond the baseline's. *p50*,
    *p95*, *cpu*: relative worsening (0.2: a fifth more). *p50_limit*, *p95_limit*: an
    absolute limit in milliseconds instead, which needs no baseline. *memory*: KiB that
    stay for each request, beyond the baseline's; or *memory_hours*: the hours in which
    the dyno's quota must not be reached at *rate* requests a second. *crashes*: per
    second. *where_told* are metrics that may stay unanswered where neither arm tells
    them. *false_alarms*: the chance that a good release is called worse, by all metrics
    and looks together; *false_passes*: that a metric passes which is worse by its
    margin. *users*: flows at once under load; *loaded*: how many such flows must have been
    seen before anything passes; *workers*: how many processes tell flows. *paired*:
    whether a baseline runs beside the candidate. *first*: there is no baseline at all,
    so that *errors* is the share of flows that may fail. *history*: how many flows
    failed, of how many, when the baseline's release was loaded earlier.

    Raises ValueError for a margin that is not above 0: no run is long enough for it.
    """

    errors: float | None = 0.005
    p50: float | None = 0.2
    p95: float | None = 0.5
    p50_limit: float | None = None
    p95_limit: float | None = None
    cpu: float | None = 0.3
    memory: float | None = None
    memory_hours: float | None = 24.0
    rate: float = 1.0
    crashes: float | None = 0.2
    where_told: frozenset[Metric] = frozenset({Metric.CPU, Metric.MEMORY})
    false_alarms: float = 0.01
    false_passes: float = 0.05
    users: int = 4
    loaded: int = 0
    workers: int = 1
    paired: bool = True
    first: bool = False
    history: tuple[int, int] | None = None

    def __post_init__(self) -> None:
        """Refuse what cannot be excluded."""
        for name, margin in (
            ("errors", self.errors),
            ("p50", self.p50),
            ("p95", self.p95),
            ("p50_limit", self.p50_limit),
            ("p95_limit", self.p95_limit),
            ("cpu", self.cpu),
            ("memory", self.memory),
            ("memory_hours", self.memory_hours),
            ("crashes", self.crashes),
        ):
            if margin is not None and not margin > 0:
                raise ValueError(f"{name} is {margin}: a margin lies above 0")

    def metrics(self) -> Iterator[Metric]:
        """Yield what is asked."""
        margins = {
            Metric.ERRORS: self.errors,
            Metric.P50: self.p50 or self.p50_limit,
            Metric.P95: self.p95 or self.p95_limit,
            Metric.CPU: self.cpu,
            Metric.MEMORY: self.memory or self.memory_hours,
            Metric.CRASHES: self.crashes,
        }
        yield from (metric for metric, margin in margins.items() if margin is not None)
