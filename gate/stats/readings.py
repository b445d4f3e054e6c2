"""What a `Monitor` has found out: an answer for each metric, and for the whole run."""

from dataclasses import dataclass

from gate.stats.answer import Answer
from gate.stats.asked import Metric


@dataclass(frozen=True, slots=True)
class Reading:
    """One metric: worse, not worse by its margin, or undecided yet.

    *e_value* is the evidence for "worse" at the decision, before it is weighted.
    *estimate*, *low* and *high* are in the unit of the metric's margin (a relative
    worsening of 0.07, a share of flows, KiB a request, crashes a second); None: not
    known. *excluded* is the smallest worsening that the run excludes with the
    confidence 1 - false_passes, whatever was asked; None: nothing. *samples* is on how
    many flows, steps, samples or seconds this rests. *since* is from when on it was
    worse, in seconds; *route* where, if not everywhere. *told* is false where neither
    arm tells this metric often enough. *uncovered* are routes so rarely asked that for
    them alone the margin is not excluded. *wanting* says what an undecided one lacks.
    """

    metric: Metric
    answer: Answer
    margin: float
    e_value: float = 1.0
    estimate: float | None = None
    baseline: float | None = None
    low: float | None = None
    high: float | None = None
    excluded: float | None = None
    samples: int = 0
    since: float | None = None
    route: str = ""
    told: bool = True
    uncovered: tuple[str, ...] = ()
    wanting: str = ""


@dataclass(frozen=True, slots=True)
class Result:
    """All of a run: *answer* was reached at *at* seconds, after *flows* flows.

    *e_value* is the weighted mean of the evidence; 1/false_alarms decides. *trouble*
    is why nothing can be compared, whatever the readings are: lost flows, a baseline
    that is unstable, answers that are still awaited; then *answer* is UNDECIDED unless
    the candidate is worse all the same. *cause* is the kind of trouble in one
    word: ``samples-lost``, ``baseline-unstable``, ``too-few-flows``, ``clock-broken``,
    ``answers-awaited``.
    """

    answer: Answer
    e_value: float
    at: float
    flows: int
    requests: int
    readings: tuple[Reading, ...]
    trouble: str = ""
    cause: str = ""

    def of(self, metric: Metric) -> Reading | None:
        """Return the reading of one metric; None where it was not asked."""
        return next((each for each in self.readings if each.metric is metric), None)
