"""What is wanting in the evidence of a load run: we cannot tell, and why."""

from collections.abc import Iterator, Mapping

from gate.judges.completeness import wanting
from gate.judges.load.arms import ARMS, errors, failed, telling
from gate.judges.load.seen import excluded, how_to_tell
from gate.judges.load.words import NAMES, amount, count, joined, percent, span, wider
from gate.model.evidence import Category, LoadEvidence, PlatformEvidence
from gate.model.load_questions import is_relative, questions_of
from gate.model.plan import LoadPlan
from gate.model.verdict import Finding
from gate.stats.answer import Answer
from gate.stats.asked import Asked, Metric
from gate.stats.events import BASELINE, Arm, Flow
from gate.stats.readings import Reading, Result

LOAD = Category.LOAD
TOLD = (Metric.CPU, Metric.MEMORY)
LEAST_FLOWS = 50
MOST_FAILING = 0.2
BUSIEST = 0.9
LATEST = 0.05
LATE = 0.1  # seconds after which a flow started late
UNSTABLE = "baseline-unstable"
UNDECIDED = {
    Metric.ERRORS: "errors-undecided",
    Metric.P50: "latency-undecided",
    Metric.P95: "tail-undecided",
    Metric.CPU: "cpu-undecided",
    Metric.MEMORY: "memory-undecided",
    Metric.CRASHES: "crashes-undecided",
}


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
    elif unstable(load):
        said = f"the baseline is unstable: {failed(load, BASELINE)} failed on it"
        yield wanting(LOAD, UNSTABLE, said, _went_wrong(load))
    elif result.flows < (1 if result.answer is Answer.NOT_WORSE else LEAST_FLOWS):
        said = f"only {count(result.flows, 'load flow')} ran, {LEAST_FLOWS} are needed"
        yield wanting(LOAD, "too-few-flows", said, _went_wrong(load))


def unstable(load: LoadEvidence) -> bool:
    """Whether the baseline hardly works, so that nothing can be compared with it."""
    flows = [each.baseline_failed for each in load.events if isinstance(each, Flow)]
    return load.paired and sum(flows) > MOST_FAILING * max(len(flows), LEAST_FLOWS)


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
    flows = [each.late > LATE for each in load.events if isinstance(each, Flow)]
    share = max(load.generator.late, sum(flows) / len(flows) if flows else 0.0)
    if share > LATEST:
        yield wanting(
            LOAD,
            "generator-late",
            f"{percent(share)} of the flows started late: the load was thinner than meant",
            f"meant were {load.generator.rate:.3g} flows a second: lower arrivals in "
            "[tool.gate.load], or raise users and workers",
        )


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
    arms = {metric: telling(load, metric) for metric in metrics if metric in TOLD}
    if asked.paired:
        yield from _one_sided(arms)
    yield from _not_told(
        [m for m, told in arms.items() if not told and m not in asked.where_told],
        how_to_tell(load, platform),
    )
    known = "; ".join(excluded(asked, result))
    for metric in metrics:
        told = metric not in arms or arms[metric] == ARMS
        if told and _open(metric, result):
            yield _undecided(metric, result.of(metric), load, asked, result, known)
            known = ""


def _open(metric: Metric, result: Result) -> bool:
    reading = result.of(metric)
    return reading is None or reading.answer is not Answer.NOT_WORSE


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


def _undecided(
    metric: Metric,
    reading: Reading | None,
    load: LoadEvidence,
    asked: Asked,
    result: Result,
    known: str,
) -> Finding:
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
    budget = "most_requests" if load.stopped == "requests" else "longest"
    example = f"raise {budget}{_or_ask(metric, reading, asked)}"
    if known:
        example += f"\nknown: {known}"
    return wanting(LOAD, UNDECIDED[metric], said, example)


def _or_ask(metric: Metric, reading: Reading | None, asked: Asked) -> str:
    """Suggest a margin that this run would have excluded."""
    if reading is None or reading.excluded is None:
        return " in [tool.gate.load]"
    wide = wider(metric, reading.excluded, asked)
    return f" in [tool.gate.load], or ask for {wide}"


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
            f"release: evidence {result.e_value:.3g}, {1 / asked.false_alarms:.3g} "
            "would decide"
        )
    return wanting(LOAD, "load-undecided", said, "raise longest in [tool.gate.load]")
