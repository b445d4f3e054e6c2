"""A question that a run left open: what is known, and what would answer it."""

import math

from gate.judges.completeness import wanting
from gate.judges.load.arms import slowest_route, told_every
from gate.judges.load.findings import estimated
from gate.judges.load.words import NAMES, amount, count, span, wider
from gate.model.evidence import Category, LoadEvidence
from gate.model.load_budget import LEAST_SAMPLES
from gate.model.verdict import Finding
from gate.stats.asked import Asked, Metric
from gate.stats.readings import Reading, Result

TOLD = (Metric.CPU, Metric.MEMORY)
MOST_SECONDS = 3600
UNDECIDED = {
    Metric.ERRORS: "errors-undecided",
    Metric.P50: "latency-undecided",
    Metric.P95: "tail-undecided",
    Metric.CPU: "cpu-undecided",
    Metric.MEMORY: "memory-undecided",
    Metric.CRASHES: "crashes-undecided",
}


def undecided(
    metric: Metric,
    reading: Reading | None,
    load: LoadEvidence,
    asked: Asked,
    result: Result,
    known: str,
) -> Finding:
    """Return why one question is open; *known* is what the run excluded."""
    name = NAMES[metric]
    run = f"{count(result.flows, 'flow')} in {span(result.at)}"
    if reading is None or reading.excluded is None:
        said = f"{name}: nothing is excluded yet by {run}"
    else:
        most, margin = (
            amount(metric, each, asked, up=True)
            for each in (reading.excluded, reading.margin)
        )
        said = f"{name}: above {most} excluded, {margin} asked; {run}"
    if reading is not None and (reading.estimate or 0.0) > reading.margin / 2:
        said += f"; about {amount(metric, reading.estimate or 0.0, asked)} seen"
    if reading is not None and reading.wanting:
        needs = "it needs " if reading.wanting.startswith("more") else ""
        said += f"; {needs}{reading.wanting}"
    example = _advice(metric, reading, load, asked, result)
    if reading is not None:
        example += f"\n{estimated(reading, asked, result)}"
    if worst := slowest_route(load) if metric in (Metric.P50, Metric.P95) else "":
        example += f"\nslowest beside the baseline: {worst}"
    if known:
        example += f"\nknown: {known}"
    return wanting(Category.LOAD, UNDECIDED[metric], said, example)


def _advice(
    metric: Metric,
    reading: Reading | None,
    load: LoadEvidence,
    asked: Asked,
    result: Result,
) -> str:
    """Return what to set; never a margin that would let pass what looks worse."""
    place = "in [tool.gate.load]"
    more = "most_requests" if load.stopped == "requests" else "longest"
    seconds = _seconds_needed(metric, reading, load, result)
    if more == "longest" and result.at < seconds <= MOST_SECONDS:
        more = f"longest to {math.ceil(seconds)} or more"
    if reading is not None and (reading.estimate or 0.0) > reading.margin:
        return f"it looks worse than asked; to be sure, raise {more} {place}"
    if reading is None or reading.excluded is None:
        return f"raise {more} {place}"
    wide = wider(metric, reading.excluded, asked)
    return f"raise {more} {place}, or ask for {wide}"


def _seconds_needed(
    metric: Metric, reading: Reading | None, load: LoadEvidence, result: Result
) -> float:
    """Return how long a run may have to be; 0: not known.

    Samples that come seldom take their time. What is excluded nears the estimate with
    the time where failures are counted, else with its root.
    """
    period = told_every(load, metric) if metric in TOLD else None
    least = LEAST_SAMPLES * (period or 0.0)
    estimate = max(reading.estimate or 0.0, 0.0) if reading is not None else 0.0
    if reading is not None and estimate >= reading.margin / 2:
        return max(least, 2 * result.at)
    if reading is None or reading.excluded is None:
        return least
    short = (reading.excluded - estimate) / (reading.margin - estimate)
    counted = metric in (Metric.ERRORS, Metric.CRASHES)
    return max(least, result.at * (short if counted else short * short))
