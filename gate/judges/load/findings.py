"""What is worse under load: which metric, by how much, since when, and where."""

import math
from collections.abc import Iterator, Sequence

from gate.judges.load.arms import (
    ARMS,
    MOST_LINES,
    cpu,
    crash_lines,
    errors,
    failed,
    latencies,
    memory,
)
from gate.judges.load.words import (
    NAMES,
    amount,
    count,
    is_compared,
    joined,
    limit_of,
    milliseconds,
    pace,
    ratio,
    span,
    strength,
    times,
)
from gate.model.evidence import Category, LoadEvidence, SlowRequest
from gate.model.verdict import Finding
from gate.stats.answer import Answer
from gate.stats.asked import Asked, Metric
from gate.stats.events import BASELINE, CANDIDATE, Arm
from gate.stats.readings import Reading, Result

LOAD = Category.LOAD
FIRST_SECONDS, FIRST_PART = 2.5, 0.1
"""What is worse as early was so before it could be seen: runs have to warm up."""

RULES = {
    Metric.ERRORS: "load/errors",
    Metric.P50: "load/slower",
    Metric.P95: "load/slower-tail",
    Metric.CPU: "load/cpu",
    Metric.MEMORY: "load/memory-growth",
    Metric.CRASHES: "load/dyno-crashed",
}


def as_finding(
    reading: Reading, load: LoadEvidence, asked: Asked, result: Result
) -> Finding:
    """Return the finding that one metric is worse, with both distributions."""
    where = f" on {reading.route}" if reading.route else ""
    since = _since(reading, result)
    summary_ = f"{_how_much(reading, asked, load)}{where}{since}"
    lines = [
        *_distributions(reading, load),
        estimated(reading, asked, result),
        *_slowest(reading, load),
        *_besides(asked, result),
    ]
    return Finding(LOAD, RULES[reading.metric], summary_, "\n".join(lines), load.again)


def _since(reading: Reading, result: Result) -> str:
    """Say from when on it was worse; what begins before it could be seen: at once."""
    if reading.since is None or reading.metric is Metric.CRASHES:
        return ""
    if reading.since <= max(FIRST_SECONDS, FIRST_PART * result.at):
        return ", from the start"
    return f", from {span(reading.since)} on"


def _how_much(reading: Reading, asked: Asked, load: LoadEvidence) -> str:
    metric, name = reading.metric, NAMES[reading.metric]
    seen = _amount(reading, reading.estimate, asked)
    accepted = f"accepted: {amount(metric, reading.margin, asked)}"
    match metric:
        case Metric.ERRORS:
            mine, theirs = failed(load, CANDIDATE), failed(load, BASELINE)
            beside = f", {theirs} on the baseline" if load.paired else ""
            if load.history and not load.paired:
                bad, flows = load.history
                beside = f", {bad:,} of {count(flows, 'flow')} of the baseline earlier"
            return f"{mine} failed{beside} ({accepted})"
        case Metric.P50 | Metric.P95:
            if limit_of(metric, asked) is not None:
                return f"{name} is {seen} ({accepted})"
            if _is_large(reading):
                large = ratio(reading.estimate or 0.0)
                return f"{name} is {large} the baseline's ({accepted} more)"
            return f"{name} is {seen} slower than the baseline's ({accepted})"
        case Metric.CPU:
            if _is_large(reading):
                large = ratio(reading.estimate or 0.0)
                return f"a request takes {large} the baseline's CPU ({accepted} more)"
            return f"a request takes {seen} more CPU than on the baseline ({accepted})"
        case Metric.MEMORY:
            reached = _reached(reading, asked)
            return f"memory grows by {seen} beyond the baseline's ({reached})"
        case Metric.CRASHES:
            crashes = len(crash_lines(load))
            return f"{crashes} crash{'' if crashes == 1 else 'es'} under load"


def _reached(reading: Reading, asked: Asked) -> str:
    """Say when the quota is reached: growth and hours are each other's reciprocal."""
    if asked.memory_hours is None or not reading.estimate or reading.estimate <= 0:
        return f"accepted: {amount(Metric.MEMORY, reading.margin, asked)}"
    hours = asked.memory_hours * reading.margin / reading.estimate
    return (
        f"the dyno's quota is reached in {span(3600 * hours)} at "
        f"{pace(asked.rate)}, asked: not within {asked.memory_hours:g} h"
    )


def _amount(reading: Reading, value: float | None, asked: Asked) -> str:
    return "some" if value is None else amount(reading.metric, value, asked)


def estimated(reading: Reading, asked: Asked, result: Result) -> str:
    """Say how much worse it seems to be, and how strong the evidence for that is."""
    large = _is_large(reading) and is_compared(reading.metric, asked)

    def told(value: float) -> str:
        return times(value) if large else amount(reading.metric, value, asked)

    said = "not known" if reading.estimate is None else told(reading.estimate)
    low, high = (
        None if each is None or not math.isfinite(each) else each
        for each in (reading.low, reading.high)
    )
    if low is not None and high is not None:
        between = [told(each) for each in (low, high)]
        said += f", between {joined(between)}" if len(set(between)) > 1 else ""
    elif low is not None:
        said += f", at least {told(low)}, not bounded above"
    else:
        said += ", not bounded yet"
    return (
        f"estimate {said}; evidence {strength(reading.e_value)}, all metrics together "
        f"{strength(result.e_value)} after {span(result.at)}; "
        f"{strength(1 / asked.false_alarms)} decides"
    )


def _is_large(reading: Reading) -> bool:
    return reading.estimate is not None and reading.estimate >= 1


def _besides(asked: Asked, result: Result) -> Iterator[str]:
    """Yield which other metrics may be worse: the run ended before that was known."""
    for each in result.readings:
        if each.answer is not Answer.UNDECIDED or each.estimate is None:
            continue
        if each.told and each.estimate > each.margin > 0:
            seen, margin = (
                amount(each.metric, value, asked)
                for value in (each.estimate, each.margin)
            )
            name = NAMES[each.metric]
            yield f"besides, not decided yet: {name} {seen} so far (accepted: {margin})"


def _distributions(reading: Reading, load: LoadEvidence) -> Iterator[str]:
    """Yield how both arms fared, in the metric's own terms."""
    for arm in ARMS if load.paired else ARMS[:1]:
        yield from (f"{arm}: {line}" for line in _fared(reading, load, arm))


def _fared(reading: Reading, load: LoadEvidence, arm: Arm) -> list[str]:
    match reading.metric:
        case Metric.ERRORS:
            return [failed(load, arm), *errors(load, arm)]
        case Metric.P50 | Metric.P95:
            return [latencies(load, arm, reading.route)]
        case Metric.CPU:
            return [cpu(load, arm)]
        case Metric.MEMORY:
            return [memory(load, arm)]
        case Metric.CRASHES:
            return crash_lines(load)[:MOST_LINES] if arm == CANDIDATE else []


def _slowest(reading: Reading, load: LoadEvidence) -> Sequence[str]:
    if reading.metric not in (Metric.P50, Metric.P95):
        return ()
    mine = [
        each
        for each in load.slowest
        if each.arm == CANDIDATE and reading.route in ("", each.route)
    ]
    worst = sorted(mine, key=lambda each: (-each.ms, each.at, each.route))
    if not reading.route:  # the slowest of each route, so that one does not hide others
        worst = list({each.route: each for each in reversed(worst)}.values())
        worst.sort(key=lambda each: (-each.ms, each.at, each.route))
    return [_slow(each) for each in worst[:MOST_LINES]]


def _slow(each: SlowRequest) -> str:
    named = f", request id {each.request_id}" if each.request_id else ""
    took = f"{each.route} took {milliseconds(each.ms)}"
    return f"slow: {took} after {span(max(0.0, each.at))}{named}"
