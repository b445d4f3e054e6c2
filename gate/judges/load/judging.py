"""Is the release worse under load: slower, more faulty, hungrier, or crashing?"""

from dataclasses import replace

from gate.judges.completeness import broken, conclude, missing, red_cases, wanting
from gate.judges.load.arms import MOST_LINES
from gate.judges.load.findings import RULES, as_finding
from gate.judges.load.seen import seen
from gate.judges.load.wanting import (
    UNSTABLE,
    late,
    log_lost,
    open_still,
    saturated,
    unanswered,
    unusable,
)
from gate.model.evidence import Category, Completion, LoadEvidence, PlatformEvidence
from gate.model.load_questions import asked_in, questions_of
from gate.model.plan import LoadPlan
from gate.model.policy import Limits
from gate.model.verdict import Finding, Judgement
from gate.stats.answer import Answer
from gate.stats.asked import Asked, Metric
from gate.stats.monitor import monitored
from gate.stats.readings import Reading, Result

LOAD = Category.LOAD
CRASHED = RULES[Metric.CRASHES]
MEMORY_CODES = ("R14", "R15")

Findings = tuple[Finding, ...]


def judge_load(
    load: LoadEvidence | None,
    platform: PlatformEvidence | None,
    limits: Limits,
    *,
    serves: bool,
) -> Judgement:
    """Judge one run, by the statistics that watched it, over again.

    Worse outweighs wanting: a metric that is worse stands, whatever else is not known.
    Whatever is wanting outweighs a pass; the summary of one says what it excludes.
    """
    if load is None:
        return missing(LOAD, serves=serves)
    plan = limits.load
    asked = asked_in(load, plan)
    result = monitored(load.events, asked)
    metrics = frozenset(questions_of(plan))
    bad = red_cases(LOAD, load.run) + _worse(load, platform, asked, result, metrics)
    findings = broken(LOAD, load.run) + bad
    if not bad and load.run.completion is Completion.COMPLETE:
        findings += (*log_lost(platform), *_shared(platform, metrics))
        findings += _wanting(load, platform, asked, result, plan)
    return conclude(LOAD, findings, seen(load, asked, result, platform))


def _worse(
    load: LoadEvidence,
    platform: PlatformEvidence | None,
    asked: Asked,
    result: Result,
    metrics: frozenset[Metric],
) -> Findings:
    """Return what is worse, the strongest first, then what the platform's log told."""
    found = tuple(
        as_finding(each, load, asked, result) for each in _strongest(load, result)
    )
    if platform is None:
        return found
    if Metric.CRASHES in metrics and not _alike(platform):
        found = _with_crashes(found, platform, load)
    if Metric.MEMORY in metrics and not _codes(platform, baseline=True):
        found += _quota(platform)
    return found


def _strongest(load: LoadEvidence, result: Result) -> list[Reading]:
    """Return the readings that are worse, as far as they can be believed.

    Latencies of a saturated generator cannot, and of a run whose baseline hardly works
    only crashes can: they are compared with nothing.
    """
    if result.answer is not Answer.WORSE:
        return []
    believed = set(Metric)
    if saturated(load):
        believed -= {Metric.P50, Metric.P95}
    if result.cause == UNSTABLE:
        believed &= {Metric.CRASHES}
    worse = [
        each
        for each in result.readings
        if each.answer is Answer.WORSE and each.metric in believed
    ]
    return sorted(worse, key=lambda each: -each.e_value)


def _with_crashes(
    found: Findings, platform: PlatformEvidence, load: LoadEvidence
) -> Findings:
    """Add crashes that the log told, under load or before; one finding for both."""
    crashes = platform.candidate.crashes
    if not crashes:
        return found
    told = "\n".join(crashes[:MOST_LINES])
    for at, each in enumerate(found):
        if each.rule == CRASHED:
            more = replace(each, example=f"{each.example}\nlog: {told}")
            return (*found[:at], more, *found[at + 1 :])
    times = f"{len(crashes)} crash{'' if len(crashes) == 1 else 'es'}"
    said = f"{times} while it was tested"
    return (*found, Finding(LOAD, CRASHED, said, told, load.again))


def _quota(platform: PlatformEvidence) -> Findings:
    over = _codes(platform)
    if not over:
        return ()
    said = f"the memory quota was exceeded ({', '.join(over)})"
    return (Finding(LOAD, "load/memory-quota", said),)


def _codes(platform: PlatformEvidence, *, baseline: bool = False) -> list[str]:
    log = platform.baseline if baseline else platform.candidate
    codes = log.codes if log else {}
    return [f"{code} {codes[code]}×" for code in MEMORY_CODES if codes.get(code)]


def _alike(platform: PlatformEvidence) -> bool:
    """Whether dynos of both arms crashed: then the machine may be at fault."""
    theirs = platform.baseline
    return bool(platform.candidate.crashes and theirs and theirs.crashes)


def _wanting(
    load: LoadEvidence,
    platform: PlatformEvidence | None,
    asked: Asked,
    result: Result,
    plan: LoadPlan,
) -> Findings:
    """Return what keeps a run that shows nothing worse from passing."""
    slow = saturated(load)
    found: Findings = (slow,) if slow else ()
    useless = tuple(unusable(load, result))
    if useless:
        return found + useless
    found += (*late(load), *unanswered(load, asked, result, plan, platform))
    asks = any(asked.metrics())  # a first release may leave nothing to ask
    if asks and not found and result.answer is not Answer.NOT_WORSE:
        return (open_still(load, asked, result),)
    return found


def _shared(platform: PlatformEvidence | None, metrics: frozenset[Metric]) -> Findings:
    """Return what went wrong on both arms alike: nothing can be told by it."""
    if platform is None or platform.baseline is None:
        return ()
    found: Findings = ()
    if Metric.CRASHES in metrics and _alike(platform):
        said = "dynos of the candidate and of the baseline crashed alike"
        crashes = platform.candidate.crashes[:1] + platform.baseline.crashes[:1]
        found += (wanting(LOAD, UNSTABLE, said, "\n".join(crashes)),)
    theirs = _codes(platform, baseline=True)
    if Metric.MEMORY in metrics and theirs and _codes(platform):
        said = f"the baseline exceeds its memory quota as well ({', '.join(theirs)})"
        found += (wanting(LOAD, "baseline-over-quota", said),)
    return found
