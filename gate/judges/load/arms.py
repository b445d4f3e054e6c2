"""How each arm fared under load: its distributions, in the words of a report."""

from gate.judges.load.words import count, milliseconds, percent, span
from gate.model.evidence import LoadEvidence
from gate.stats.asked import Metric
from gate.stats.events import BASELINE, CANDIDATE, Arm, Crash, Flow, Usage
from gate.stats.quantiles import summary

ARMS: tuple[Arm, ...] = (CANDIDATE, BASELINE)
MOST_LINES = 5


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
    most = sorted(told.items(), key=lambda item: (-item[1], item[0]))
    return [f"{times}× {error}" for error, times in most[:MOST_LINES]]


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
        value = each.cpu if what is Metric.CPU else each.memory
        if value is not None:
            found[each.dyno] = (found.get(each.dyno, (value, value))[0], value)
    return list(found.values())


def telling(load: LoadEvidence, metric: Metric) -> tuple[Arm, ...]:
    """Return the arms of which the platform told CPU, or memory."""
    return tuple(arm for arm in ARMS if _spans(load, arm, metric))


def crash_lines(load: LoadEvidence) -> list[str]:
    """Return what was said of each crash of the candidate while it was loaded."""
    return [
        f"{each.dyno}: {each.said} (after {span(max(0.0, each.at))})"
        for each in load.events
        if isinstance(each, Crash) and each.arm == CANDIDATE
    ]
