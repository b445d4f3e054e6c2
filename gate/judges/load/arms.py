"""How each arm fared under load: its distributions, in the words of a report."""

from collections import defaultdict
from itertools import pairwise
from statistics import median

from gate.judges.load.words import count, milliseconds, percent, span
from gate.model.evidence import LoadEvidence
from gate.stats.asked import Metric
from gate.stats.events import BASELINE, CANDIDATE, Arm, Crash, Flow, Usage
from gate.stats.quantiles import summary

ARMS: tuple[Arm, ...] = (CANDIDATE, BASELINE)
MOST_LINES = 5
LEAST_PAIRS = 10


def latencies(load: LoadEvidence, arm: Arm, route: str = "") -> str:
    """Return the quantiles of one arm's answers, of one route or of all."""
    steps = (
        step.candidate if arm == CANDIDATE else step.baseline
        for flow in load.events
        if isinstance(flow, Flow)
        for step in flow.steps
        if not route or step.route == route
    )
    values = [each for each in steps if each is not None]
    if not values:
        return "no answer"
    these = summary(values)
    p50, p95, p99 = map(milliseconds, (these.p50, these.p95, these.p99))
    return f"p50 {p50}, p95 {p95}, p99 {p99} of {count(these.count, 'request')}"


def failed(load: LoadEvidence, arm: Arm) -> str:
    """Return how many flows of one arm failed, of how many."""
    flows = [each for each in load.events if isinstance(each, Flow)]
    bad = sum(
        each.candidate_failed if arm == CANDIDATE else each.baseline_failed
        for each in flows
    )
    share = percent(bad / len(flows)) if flows else "none"
    return f"{bad:,} of {count(len(flows), 'flow')} ({share})"


def errors(load: LoadEvidence, arm: Arm) -> list[str]:
    """Return what went wrong on one arm most often."""
    told = load.errors if arm == CANDIDATE else load.baseline_errors
    ids = load.error_ids if arm == CANDIDATE else {}
    most = sorted(told.items(), key=lambda item: (-item[1], item[0]))
    return [
        f"{times}× {error}"
        + (f", such as request id {ids[error]}" if error in ids else "")
        for error, times in most[:MOST_LINES]
    ]


def cpu(load: LoadEvidence, arm: Arm) -> str:
    """Return CPU milliseconds a request, from the first sample to the last."""
    used = sum(last - first for first, last in _spans(load, arm, Metric.CPU))
    times = [
        each.at
        for each in load.events
        if isinstance(each, Usage) and each.arm == arm and each.cpu is not None
    ]
    served = sum(
        each.candidate_requests if arm == CANDIDATE else each.baseline_requests
        for each in load.events
        if isinstance(each, Flow) and times and times[0] < each.at <= times[-1]
    )
    if not served:
        return "no request"
    return f"about {milliseconds(1000 * used / served)} of CPU a request"


def memory(load: LoadEvidence, arm: Arm) -> str:
    """Return the memory of one arm's dynos together, at first and at last."""
    spans = _spans(load, arm, Metric.MEMORY)
    first, last = (sum(each) for each in zip(*spans, strict=True)) if spans else (0, 0)
    return f"{first:,.0f} MB at first, {last:,.0f} MB at last"


def _spans(load: LoadEvidence, arm: Arm, what: Metric) -> list[tuple[float, float]]:
    """Return the first and the last sample of each dyno of an arm."""
    found: dict[str, tuple[float, float]] = {}
    for each in load.events:
        if not isinstance(each, Usage) or each.arm != arm:
            continue
        value = _value(each, what)
        if value is not None:
            found[each.dyno] = (found.get(each.dyno, (value, value))[0], value)
    return list(found.values())


def _value(usage: Usage, metric: Metric) -> float | None:
    return usage.cpu if metric is Metric.CPU else usage.memory


def telling(load: LoadEvidence, metric: Metric) -> tuple[Arm, ...]:
    """Return the arms of which the platform told CPU, or memory."""
    return tuple(arm for arm in ARMS if _spans(load, arm, metric))


def slowest_route(load: LoadEvidence) -> str:
    """Return the route that is slowest beside the baseline, and by how much."""
    ratios: dict[str, list[float]] = defaultdict(list)
    for flow in load.events:
        for step in flow.steps if isinstance(flow, Flow) else ():
            if step.baseline:
                ratios[step.route].append(step.candidate / step.baseline)
    enough = {route: own for route, own in ratios.items() if len(own) >= LEAST_PAIRS}
    if not enough:
        return ""
    middle = {route: median(own) for route, own in enough.items()}
    worst = max(middle, key=lambda route: (middle[route], route))
    own = enough[worst]
    slower = sum(each > 1 for each in own)
    return (
        f"{worst}, {middle[worst]:.3g} times in the middle, slower in {slower:,} of "
        f"{count(len(own), 'pair')}"
    )


def told_every(load: LoadEvidence, metric: Metric) -> float | None:
    """Return how many seconds lie between two samples of a dyno; None: it had one."""
    times: dict[tuple[Arm, str], list[float]] = defaultdict(list)
    for each in load.events:
        if isinstance(each, Usage) and _value(each, metric) is not None:
            times[each.arm, each.dyno].append(each.at)
    gaps = [later - at for own in times.values() for at, later in pairwise(own)]
    return median(gaps) if gaps else None


def crash_lines(load: LoadEvidence) -> list[str]:
    """Return what was said of each crash of the candidate while it was loaded."""
    return [
        f"{each.dyno}: {each.said} (after {span(max(0.0, each.at))})"
        for each in load.events
        if isinstance(each, Crash) and each.arm == CANDIDATE
    ]
