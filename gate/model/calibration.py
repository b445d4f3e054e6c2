"""What judging one release against itself has shown about a gate and its machine."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar

from gate.errors import ExitCode
from gate.model.reading import DEFERRED
from gate.stats.asked import Metric


@dataclass(frozen=True, slots=True)
class Machine:
    """Where it was measured: what the load shares with the gate, or with nobody."""

    cores: int
    system: str


@dataclass(frozen=True, slots=True)
class Spread:
    """How far a quantile of the latency strays between runs of the same release.

    Standard deviations of its natural logarithm (0.1: about a tenth): *alone* of the
    candidate's own quantile, *paired* of its ratio to the one of the baseline beside
    it. *part* is ``one user`` or ``under load``.
    """

    part: str
    quantile: str
    alone: float
    paired: float
    runs: int


@dataclass(frozen=True, slots=True)
class Exclusion:
    """Which worsening of one metric the runs excluded, in the unit of its margin.

    *median* and *most* are the middle and the 90th percentile over the runs, and null
    where that run excluded nothing. *asked* is the margin, *undecided* how many runs
    could not exclude it.
    """

    metric: Metric
    asked: float
    median: float | None
    most: float | None
    undecided: int


@dataclass(frozen=True, slots=True)
class Calibration:
    """A release judged against itself so many times; every *worse* is a false alarm.

    *lowest* and *highest* bound the rate of false alarms (95 %, exact). *because* is
    how often each rule spoke. *seconds* and *requests* are those of the middle run.
    *load* is the SHA-256 of the load settings. *suggestions* are settings that would
    have passed.
    """

    __pydantic_config__: ClassVar = DEFERRED

    at: str
    release: str
    slug: str
    load: str
    machine: Machine
    asked_runs: int
    runs: int
    alarms: int
    lowest: float
    highest: float
    passed: int
    seconds: float
    requests: int
    because: Mapping[str, int] = field(default_factory=dict)
    spreads: tuple[Spread, ...] = ()
    exclusions: tuple[Exclusion, ...] = ()
    suggestions: tuple[str, ...] = ()

    @property
    def exit_code(self) -> ExitCode:
        """That of a command which asked for so many runs."""
        complete = self.runs == self.asked_runs
        return ExitCode.PASSED if complete else ExitCode.INTERRUPTED

    @property
    def words(self) -> str:
        """One sentence for a verdict."""
        alarms = "1 false alarm" if self.alarms == 1 else f"{self.alarms} false alarms"
        return (
            f"calibrated {self.at[:10]}: {alarms} in {self.runs} "
            f"run{'' if self.runs == 1 else 's'} (at most {100 * self.highest:.0f} %), "
            f"{self.passed} passed"
        )
