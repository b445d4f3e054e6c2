"""Is the release worse under load: slower, more faulty, hungrier, or crashing?"""

from collections.abc import Sequence

from gate.judges.completeness import broken, conclude, missing, red_cases, wanting
from gate.model.evidence import (
    AppLog,
    ArmTotals,
    Category,
    LoadEvidence,
    MemorySample,
    PlatformEvidence,
)
from gate.model.policy import Limits
from gate.model.verdict import Finding, Judgement
from gate.stats.answer import Answer
from gate.stats.errors import compare_errors
from gate.stats.paired import Comparison, compare

LOAD = Category.LOAD
LEAST_FLOWS = 50
UNSTABLE_BASELINE = 0.2
KIB_PER_MB = 1024
LEAST_GROWTH_MB = 20.0
TICK = 0.001
MEMORY_CODES = ("R14", "R15")
FEATURE = "log-runtime-metrics"


def judge_load(
    load: LoadEvidence | None,
    platform: PlatformEvidence | None,
    limits: Limits,
    *,
    serves: bool,
) -> Judgement:
    """Judge one short run; the summary says on how many requests it rests."""
    if load is None:
        return missing(LOAD, serves=serves)
    findings = broken(LOAD, load.run) + red_cases(LOAD, load.run)
    findings += _crashes(platform)
    findings += _measured(load)
    if not findings:
        findings += _errors(load, limits)
    latency = _latency(load, limits)
    if latency is not None and not findings:
        findings += _slower(latency, limits)
    growth = _growth(load, platform)
    findings += _memory(growth, platform, limits)
    findings += _unheard(platform)
    told = [*_seen(load, latency), _remembered(load, growth, platform)]
    return conclude(LOAD, findings, "; ".join(told))


def _unheard(platform: PlatformEvidence | None) -> tuple[Finding, ...]:
    """A log that was not read, or not whole, does not say that nothing crashed."""
    if platform is None:
        return (wanting(LOAD, "log-lost", "the platform's log was not read"),)
    if platform.candidate.lost:
        return (wanting(LOAD, "log-lost", f"log: {platform.candidate.lost}"),)
    return ()


def _measured(load: LoadEvidence) -> tuple[Finding, ...]:
    """Is there enough to judge by?"""
    if load.trouble:
        return (wanting(LOAD, "load-incomplete", load.trouble),)
    if load.candidate.flows < LEAST_FLOWS:
        said = f"only {load.candidate.flows} load flows ran, {LEAST_FLOWS} are needed"
        return (wanting(LOAD, "too-few-samples", said),)
    baseline = load.baseline
    if baseline is not None and _rate(baseline) > UNSTABLE_BASELINE:
        said = (
            f"the baseline itself failed in {_rate(baseline):.0%} of "
            f"{baseline.flows} flows: nothing can be compared with it"
        )
        return (wanting(LOAD, "baseline-unstable", said, _worst(baseline)),)
    return ()


def _errors(load: LoadEvidence, limits: Limits) -> tuple[Finding, ...]:
    mine, theirs = load.candidate, load.baseline
    outcome = compare_errors(
        (mine.failed, mine.flows),
        (theirs.failed, theirs.flows) if theirs else None,
        limit=limits.errors,
        alpha=limits.false_alarms,
    )
    against = f"; the baseline {theirs.failed} of {theirs.flows}" if theirs else ""
    said = f"{mine.failed} of {mine.flows} flows failed{against}"
    if outcome.answer is Answer.WORSE:
        return (Finding(LOAD, "load/errors", said, _worst(mine)),)
    looks_worse = _rate(mine) > max(limits.errors, _rate(theirs) if theirs else 0.0)
    if outcome.answer is Answer.UNDECIDED and looks_worse:
        said += ": too few flows to tell whether that is worse"
        return (wanting(LOAD, "errors-undecided", said, _worst(mine)),)
    return ()


def _latency(load: LoadEvidence, limits: Limits) -> Comparison | None:
    if load.baseline is None:
        return None
    pairs = [(max(mine, TICK), max(theirs, TICK)) for mine, theirs in load.pairs]
    return compare(pairs, tolerance=limits.latency, alpha=limits.false_alarms)


def _slower(latency: Comparison, limits: Limits) -> tuple[Finding, ...]:
    if latency.pairs < limits.least_pairs and latency.answer is not Answer.WORSE:
        said = (
            f"only {latency.pairs} pairs of requests, {limits.least_pairs} are needed"
        )
        return (wanting(LOAD, "too-few-samples", said),)
    ratio = latency.ratio or 0.0
    match latency.answer:
        case Answer.NOT_WORSE:
            return ()
        case Answer.WORSE:
            said = (
                f"requests take {_percent(ratio)} of the baseline's time "
                f"(tolerated: {_percent(1 + limits.latency)})"
            )
            return (Finding(LOAD, "load/slower", said, _interval(latency)),)
        case Answer.UNDECIDED:
            said = f"{latency.pairs} pairs do not decide whether requests are slower"
            return (wanting(LOAD, "latency-undecided", said, _interval(latency)),)


def _crashes(platform: PlatformEvidence | None) -> tuple[Finding, ...]:
    if platform is None or not platform.candidate.crashes:
        return ()
    mine, theirs = platform.candidate, platform.baseline
    if theirs is not None and theirs.crashes:
        said = "dynos of the candidate and of the baseline crashed alike"
        return (wanting(LOAD, "baseline-unstable", said, mine.crashes[0]),)
    return (
        Finding(
            LOAD,
            "load/dyno-crashed",
            f"{len(mine.crashes)} crashes while it was tested",
            mine.crashes[0],
        ),
    )


def _growth(
    load: LoadEvidence, platform: PlatformEvidence | None
) -> tuple[float, float] | None:
    """Return memory growth beyond the baseline's: KiB a request, and MB in all."""
    if platform is None or not load.candidate.requests:
        return None
    mine = _grown(platform.candidate, load)
    if mine is None:
        return None
    theirs = _grown(platform.baseline, load) if platform.baseline else 0.0
    extra = mine - max(0.0, theirs or 0.0)
    return extra * KIB_PER_MB / load.candidate.requests, extra


def _grown(log: AppLog, load: LoadEvidence) -> float | None:
    """Return by how many MB an app's dynos grew steadily; None: too few samples.

    Twice the smaller growth of the run's two halves: a leak is in both of them, a
    process that warms up grows in the first alone.
    """
    middle = (load.began + load.ended) / 2
    during = [s for s in log.memory if load.began <= s.at <= load.ended]
    grown = None
    for dyno in sorted({sample.dyno for sample in during}):
        mine = [sample for sample in during if sample.dyno == dyno]
        early = [sample.megabytes for sample in mine if sample.at <= middle]
        late = [sample.megabytes for sample in mine if sample.at > middle]
        if len(early) > 1 and len(late) > 1:
            halves = (early[-1] - early[0], late[-1] - early[-1])
            grown = (grown or 0.0) + 2 * min(halves)
    return grown


def _memory(
    growth: tuple[float, float] | None,
    platform: PlatformEvidence | None,
    limits: Limits,
) -> tuple[Finding, ...]:
    findings: tuple[Finding, ...] = ()
    if platform is not None:
        codes = platform.candidate.codes
        over = [f"{code} {codes[code]}×" for code in MEMORY_CODES if code in codes]
        if over:
            peak = _peak(platform.candidate.memory)
            said = f"the memory quota was exceeded ({', '.join(over)}), {peak}"
            findings += (Finding(LOAD, "load/memory-quota", said),)
    if growth is not None:
        each, total = growth
        if each > limits.memory and total > LEAST_GROWTH_MB:
            said = (
                f"memory grows by {each:.0f} KiB a request beyond the baseline's "
                f"({total:.0f} MB in this run; tolerated: {limits.memory:.0f} KiB)"
            )
            findings += (Finding(LOAD, "load/memory-growth", said),)
    return findings


def _peak(memory: Sequence[MemorySample]) -> str:
    if not memory:
        return "no memory sample"
    return f"peak {max(sample.megabytes for sample in memory):.0f} MB"


def _seen(load: LoadEvidence, latency: Comparison | None) -> list[str]:
    told = [f"{load.candidate.requests} requests, {load.candidate.failed} failed flows"]
    if latency is not None:
        told.append(
            f"median {_percent(latency.ratio or 0)} of the baseline's on "
            f"{latency.pairs} pairs, above {_percent(latency.high)} excluded"
        )
    else:
        told.append("no baseline beside it: latency was not compared")
    return told


def _remembered(
    load: LoadEvidence,
    growth: tuple[float, float] | None,
    platform: PlatformEvidence | None,
) -> str:
    """What became of memory; of apps that told none, how to have them tell it."""
    logs = (platform.candidate, platform.baseline) if platform else ()
    silent = [log.app for log in logs if log is not None and not log.memory]
    if growth is None:
        told = "memory was not sampled"
    else:
        beyond = " beyond the baseline's" if load.baseline else ""
        told = f"memory grew by {max(0.0, growth[1]):.0f} MB{beyond}"
    if not silent:
        return told
    how = " && ".join(
        f"heroku labs:enable {FEATURE} -a {app} && heroku ps:restart -a {app}"
        for app in silent
    )
    return f"{told}: no sample from {' and '.join(silent)}; unless it is on: {how}"


def _rate(totals: ArmTotals) -> float:
    return totals.failed / totals.flows if totals.flows else 1.0


def _worst(totals: ArmTotals) -> str:
    return "\n".join(f"{count}× {error}" for error, count in totals.errors.items())


def _percent(ratio: float) -> str:
    return f"{ratio:.0%}"


def _interval(latency: Comparison) -> str:
    return (
        f"median ratio {latency.ratio or 0:.2f}, between {latency.low:.2f} and "
        f"{latency.high:.2f}, evidence {latency.e_value:.3g}, {latency.pairs} pairs"
    )
