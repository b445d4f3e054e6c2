"""What a pass under load excludes, and what it does not cover."""

from collections.abc import Iterator, Sequence

from gate.judges.load.arms import telling, told_every
from gate.judges.load.words import (
    NAMES,
    amount,
    count,
    is_compared,
    joined,
    pace,
    percent,
    span,
)
from gate.model.evidence import LoadEvidence, PlatformEvidence
from gate.stats.answer import Answer
from gate.stats.asked import Asked, Metric
from gate.stats.events import BASELINE, CANDIDATE
from gate.stats.readings import Reading, Result
from gate.stats.relative import TOLERANCE

RELATIVE = (Metric.P50, Metric.P95, Metric.CPU)
MOST_ROUTES = 3
FEATURE = "log-runtime-metrics"


def seen(
    load: LoadEvidence, asked: Asked, result: Result, platform: PlatformEvidence | None
) -> str:
    """Return in one line what was excluded, and on how much that rests."""
    told = [
        *excluded(asked, result),
        f"{count(result.requests, 'request')} in {span(result.at)}",
        *_accepted(asked, result),
        *_uncovered(load, asked, result),
    ]
    if load.calibration:
        told.append(load.calibration)
    told += _silent(load, result, platform)
    if platform is not None and platform.candidate.ahead:
        ahead = platform.candidate.ahead
        side = "behind" if ahead > 0 else "ahead of"
        told.append(f"the log's times, {abs(ahead):.1f} s {side} ours, were set right")
    return "; ".join(told)


def excluded(asked: Asked, result: Result) -> Iterator[str]:
    """Yield what the run excludes, whether or not that is as much as was asked."""
    told = {
        each: reading
        for each in asked.metrics()
        if (reading := result.of(each))
        and reading.told
        and reading.excluded is not None
    }
    above = [said for each in told.values() if (said := _above(each, asked))]
    if above:
        yield f"{', '.join(above)} excluded at {percent(1 - asked.false_passes)}"
    if Metric.MEMORY in told and _holds(told[Metric.MEMORY], asked):
        yield (
            f"memory: quota not reached within {asked.memory_hours:g} h at {pace(asked.rate)}"
        )
    if Metric.CRASHES in told:
        rate = told[Metric.CRASHES].excluded or 0.0
        yield f"crashes rarer than {amount(Metric.CRASHES, rate, asked)} not covered"


def _holds(memory: Reading, asked: Asked) -> bool:
    """Whether the question about the quota is answered."""
    return asked.memory_hours is not None and memory.answer is Answer.NOT_WORSE


def _above(reading: Reading, asked: Asked) -> str:
    """Return above what one metric is excluded; empty where that is told otherwise."""
    metric = reading.metric
    said = amount(metric, reading.excluded or 0.0, asked, up=True)
    match metric:
        case Metric.ERRORS:
            beyond = " beyond the baseline's" if asked.paired else ""
            return f"errors above {said}{beyond}"
        case Metric.P50 | Metric.P95:
            what = " slow-downs" if is_compared(metric, asked) else ""
            return f"{NAMES[metric]}{what} above {said}"
        case Metric.CPU:
            return f"CPU a request above +{said}"
        case Metric.MEMORY:
            return "" if _holds(reading, asked) else f"memory growth above {said}"
        case Metric.CRASHES:
            return ""


def _accepted(asked: Asked, result: Result) -> Iterator[str]:
    """Yield what is worse and was accepted: nobody should learn of it later."""
    for metric in RELATIVE:
        reading = result.of(metric)
        if reading is None or not is_compared(metric, asked):
            continue
        accepted = min(TOLERANCE, reading.margin / 2)
        if reading.estimate is not None and reading.estimate > accepted:
            more = "more" if metric is Metric.CPU else "slower"
            seen_, margin = (
                amount(metric, each, asked)
                for each in (reading.estimate, reading.margin)
            )
            yield f"{NAMES[metric]} is about {seen_} {more}, accepted: {margin}"


def _uncovered(load: LoadEvidence, asked: Asked, result: Result) -> Iterator[str]:
    """Yield what the pass does not speak of, and why."""
    metrics = set(asked.metrics())
    untold = [each.metric for each in result.readings if not each.told]
    seldom = [metric for metric in untold if telling(load, metric)]
    if never := [NAMES[metric] for metric in untold if metric not in seldom]:
        yield f"told by neither arm: {joined(never)}"
    for metric in seldom:
        yield f"{NAMES[metric]} not covered: {_how_often(load, metric)}"
    for each in result.readings:
        if each.told and each.uncovered:
            yield f"{NAMES[each.metric]} not covered by itself: {_some(each.uncovered)}"
    open_ = [NAMES[each] for each in Metric if each not in metrics]
    if load.first:
        yield "first release: there is none to compare with"
    elif not load.paired and asked.history:
        flows = count(asked.history[1], "earlier flow")
        yield f"no baseline beside it: errors are held against its {flows}"
    elif not load.paired:
        yield "no baseline beside it: nothing was compared with one"
    if open_:
        yield f"not asked: {joined(open_)}"


def _some(routes: Sequence[str]) -> str:
    more = len(routes) - MOST_ROUTES
    rest = [f"{count(more, 'more rare route')}"] if more > 0 else []
    return joined([*routes[:MOST_ROUTES], *rest])


def _how_often(load: LoadEvidence, metric: Metric) -> str:
    """Return how often the platform tells a metric that it told too seldom."""
    period = told_every(load, metric)
    if period is None:
        return "told once only"
    return f"told every {period:.0f} s only" if period >= 1 else "told too late"


def _silent(
    load: LoadEvidence, result: Result, platform: PlatformEvidence | None
) -> Iterator[str]:
    """Yield how apps that tell no memory would tell it."""
    memory = result.of(Metric.MEMORY)
    if memory is not None and not memory.told and not telling(load, Metric.MEMORY):
        yield from how_to_tell(load, platform)


def how_to_tell(load: LoadEvidence, platform: PlatformEvidence | None) -> Iterator[str]:
    """Yield the commands that make the apps tell their memory which did not."""
    if platform is None:
        return
    logs = {CANDIDATE: platform.candidate, BASELINE: platform.baseline}
    told = telling(load, Metric.MEMORY)
    silent = [log.app for arm, log in logs.items() if log and arm not in told]
    if silent:
        how = " && ".join(
            f"heroku labs:enable {FEATURE} -a {app} && heroku ps:restart -a {app}"
            for app in silent
        )
        yield f"memory is not told by {joined(silent)}; unless it is on: {how}"
