"""What is wanting in the evidence of a load run: we cannot tell, and why."""

from collections.abc import Iterator, Mapping

from gate.judges.completeness import wanting
from gate.judges.load.arms import ARMS, errors, failed, telling
from gate.judges.load.seen import excluded, how_to_tell
from gate.judges.load.undecided import TOLD, undecided
from gate.judges.load.words import NAMES, count, joined, percent, strength
from gate.model.evidence import Category, LoadEvidence, PlatformEvidence
from gate.model.load_questions import is_relative, questions_of
from gate.model.plan import LoadPlan
from gate.model.verdict import Finding
from gate.stats.answer import Answer
from gate.stats.asked import Asked, Metric
from gate.stats.events import Arm, Flow
from gate.stats.readings import Result

LOAD = Category.LOAD
LEAST_FLOWS = 50
BUSIEST = 0.9
MANY = 3
"""Flows that failed on the candidate alone, not by chance."""
LATEST = 0.05
UNSTABLE = "baseline-unstable"


def log_lost(platform: PlatformEvidence | None) -> Iterator[Finding]:
    """Yield that a log which was not read, or not whole, excludes no crash."""
    if platform is None:
        yield wanting(LOAD, "log-lost", "the platform's log was not read")
    elif platform.candidate.lost:
        yield wanting(LOAD, "log-lost", f"log: {platform.candidate.lost}")
    elif platform.baseline is not None and platform.baseline.lost:
        lost = platform.baseline.lost
        yield wanting(LOAD, "log-lost", f"log of the baseline: {lost}")


def unusable(load: LoadEvidence, result: Result) -> Iterator[Finding]:
    """Yield why no metric of the run can be answered at all."""
    if load.trouble:
        yield wanting(LOAD, "load-incomplete", load.trouble, _went_wrong(load))
    elif result.trouble:
        rule = result.cause or "load-incomplete"
        yield wanting(LOAD, rule, result.trouble, _went_wrong(load))
    elif result.flows < (1 if result.answer is Answer.NOT_WORSE else LEAST_FLOWS):
        said = f"only {count(result.flows, 'load flow')} ran, {LEAST_FLOWS} are needed"
        yield wanting(LOAD, "too-few-flows", said, _went_wrong(load))


def saturated(load: LoadEvidence) -> Finding | None:
    """Return that the generator had no time left, so that its clock tells nothing."""
    busy = load.generator.busy
    if busy <= BUSIEST:
        return None
    return wanting(
        LOAD,
        "generator-saturated",
        f"the load generator used {percent(busy)} of a core: its own waiting is in every "
        "latency",
        f"{count(load.generator.workers, 'worker')}: raise workers in [tool.gate.load], "
        "lower users or arrivals, or start workers on other machines (await_workers)",
    )


def late(load: LoadEvidence) -> Iterator[Finding]:
    """Yield that the load was thinner than it should have been."""
    share = load.generator.late
    if share <= LATEST:
        return
    said = (
        f"{percent(share)} of the flows started late: the load was thinner than meant"
    )
    alone = sum(
        each.candidate_failed and not each.baseline_failed
        for each in load.events
        if isinstance(each, Flow)
    )
    if alone >= MANY:
        said += f"; {count(alone, 'flow')} failed on the candidate alone"
        example = f"that may be why: look at it first\n{_went_wrong(load)}"
    else:
        example = (
            f"meant were {load.generator.rate:.3g} flows a second: lower arrivals in "
            "[tool.gate.load], or raise users and workers"
        )
    yield wanting(LOAD, "generator-late", said, example)


def unanswered(
    load: LoadEvidence,
    asked: Asked,
    result: Result,
    plan: LoadPlan,
    platform: PlatformEvidence | None,
) -> Iterator[Finding]:
    """Yield a finding for each question that stayed open."""
    questions = questions_of(plan)
    metrics = list(asked.metrics())
    if not asked.paired and not load.first:
        apart = [each for each in metrics if is_relative(questions[each])]
        if _open(Metric.ERRORS, result) and not asked.history:
            apart.insert(0, Metric.ERRORS)
        if apart:
            yield _not_paired([NAMES[each] for each in apart])
        metrics = [each for each in metrics if each not in apart]
    metrics = [each for each in metrics if not _may_stay_open(each, asked, result)]
    arms = {metric: telling(load, metric) for metric in metrics if metric in TOLD}
    if asked.paired:
        yield from _one_sided(arms)
    yield from _not_told(
        [metric for metric, told in arms.items() if not told],
        how_to_tell(load, platform),
    )
    known = "; ".join(excluded(asked, result))
    for metric in metrics:
        told = metric not in arms or arms[metric] == ARMS
        if told and _open(metric, result):
            yield undecided(metric, result.of(metric), load, asked, result, known)
            known = ""


def _open(metric: Metric, result: Result) -> bool:
    reading = result.of(metric)
    return reading is None or reading.answer is not Answer.NOT_WORSE


def _may_stay_open(metric: Metric, asked: Asked, result: Result) -> bool:
    """Whether the platform did not tell it, or too seldom, and that is accepted."""
    reading = result.of(metric)
    return metric in asked.where_told and reading is not None and not reading.told


def _one_sided(arms: Mapping[Metric, tuple[Arm, ...]]) -> Iterator[Finding]:
    for arm in ARMS:
        names = [NAMES[metric] for metric, told in arms.items() if told == (arm,)]
        if names:
            said = f"the platform tells {joined(names)} of the {arm} alone"
            example = "it cannot be compared: have both apps tell it, or none"
            yield wanting(LOAD, f"not-told-but-by-{arm}", said, example)


def _not_told(metrics: list[Metric], how: Iterator[str]) -> Iterator[Finding]:
    if metrics:
        names = joined([NAMES[metric] for metric in metrics])
        said = f"the platform tells {names} of neither app"
        hint = 'add ", where told" to the question, or say "not asked"'
        lines = [*(how if Metric.MEMORY in metrics else ()), hint]
        yield wanting(LOAD, "not-told", said, "\n".join(lines))


def _not_paired(names: list[str]) -> Finding:
    return wanting(
        LOAD,
        "not-paired",
        f"no baseline ran beside it: {joined(names)} cannot be compared",
        "name an app for production's slug as baseline in [tool.gate], ask for a limit "
        'such as "exclude > 800 ms", or say "not asked"',
    )


def _went_wrong(load: LoadEvidence) -> str:
    """Return how both arms failed, where they did."""
    told = [
        f"{arm}: {line}"
        for arm in ARMS
        if errors(load, arm)
        for line in (f"{failed(load, arm)} failed", *errors(load, arm))
    ]
    return "\n".join(told)


def open_still(load: LoadEvidence, asked: Asked, result: Result) -> Finding:
    """Return why a run whose questions are all answered cannot pass yet."""
    flows = [each for each in load.events if isinstance(each, Flow)]
    loaded = sum(each.users > 1 for each in flows)
    if loaded < asked.loaded:
        said = (
            f"only {count(loaded, 'flow')} ran while several users did, "
            f"{asked.loaded} are needed"
        )
    else:
        said = (
            "no metric is worse by its margin, but together they speak against the "
            f"release: evidence {strength(result.e_value)}, {strength(1 / asked.false_alarms)} "
            "would decide"
        )
    return wanting(LOAD, "load-undecided", said, "raise longest in [tool.gate.load]")
