"""What a pass under load excludes, and what it does not cover."""

from collections.abc import Iterator

from gate.judges.load.arms import telling
from gate.judges.load.words import NAMES, amount, count, joined, pace, percent, span
from gate.model.evidence import LoadEvidence, PlatformEvidence
from gate.stats.answer import Answer
from gate.stats.asked import Asked, Metric
from gate.stats.events import BASELINE, CANDIDATE
from gate.stats.readings import Reading, Result

TOLERANCE = 0.05
RELATIVE = (Metric.P50, Metric.P95, Metric.CPU)
BESIDE = (*RELATIVE, Metric.MEMORY)
FEATURE = "log-runtime-metrics"


def seen(
    load: LoadEvidence, asked: Asked, result: Result, platform: PlatformEvidence | None
) -> str:
    """Return in one line what was excluded, and on how much that rests."""
    told = [
        *excluded(asked, result),
        f"{count(result.requests, 'request')} in {span(result.at)}",
        *_accepted(asked, result),
        *_uncovered(asked, result, first=load.first, paired=load.paired),
    ]
    if load.calibration:
        told.append(load.calibration)
    told += _silent(load, result, platform)
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
            what = " slow-downs" if _is_relative(metric, asked) else ""
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
        if reading is None or not _is_relative(metric, asked):
            continue
        tolerance = min(TOLERANCE, reading.margin / 2)
        if reading.estimate is not None and reading.estimate > tolerance:
            more = "more" if metric is Metric.CPU else "slower"
            seen_, margin = (
                amount(metric, each, asked)
                for each in (reading.estimate, reading.margin)
            )
            yield f"{NAMES[metric]} is about {seen_} {more}, accepted: {margin}"


def _is_relative(metric: Metric, asked: Asked) -> bool:
    margins = {Metric.P50: asked.p50, Metric.P95: asked.p95, Metric.CPU: asked.cpu}
    return margins[metric] is not None


def _uncovered(
    asked: Asked, result: Result, *, first: bool, paired: bool
) -> Iterator[str]:
    """Yield what the pass does not speak of, and why."""
    metrics = set(asked.metrics())
    untold = [
        NAMES[each.metric]
        for each in result.readings
        if each.metric in metrics and not each.told
    ]
    if untold:
        yield f"told by neither arm: {joined(untold)}"
    open_ = [NAMES[each] for each in Metric if each not in metrics]
    if first:
        yield "first release: there is none to compare with"
    elif not paired and asked.history:
        flows = count(asked.history[1], "earlier flow")
        yield f"no baseline beside it: errors are held against its {flows}"
    elif not paired:
        yield "no baseline beside it: nothing was compared with one"
    if open_:
        yield f"not asked: {joined(open_)}"


def _silent(
    load: LoadEvidence, result: Result, platform: PlatformEvidence | None
) -> Iterator[str]:
    """Yield how apps that tell no memory would tell it."""
    reading = result.of(Metric.MEMORY)
    if reading is not None and not reading.told:
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
