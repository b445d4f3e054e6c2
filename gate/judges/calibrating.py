"""What many runs of one release against itself say about the gate that judged them."""

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import median, stdev

from gate.judges.load.words import wider
from gate.model.calibration import Calibration, Exclusion, Machine, Spread
from gate.model.evidence import LoadEvidence
from gate.model.load_questions import asked_in, asked_of
from gate.model.plan import LoadPlan
from gate.model.verdict import Judgement
from gate.model.verdict import Result as Came
from gate.stats.answer import Answer
from gate.stats.asked import Metric
from gate.stats.counts import upper_bound
from gate.stats.events import Event, Flow
from gate.stats.monitor import monitored
from gate.stats.quantiles import quantile
from gate.stats.readings import Reading, Result

SURE = 0.95
MOST = 0.9
WARM_UP = 50
LEAST_STEPS = 20
HALF = 0.5
PARTS = ("one user", "under load")
QUANTILES = {"p50": 0.5, "p95": 0.95}


@dataclass(frozen=True, slots=True)
class Trial:
    """One run of a release against itself, *seconds* long, and what it came to.

    *logs* are the logarithms of candidate's and baseline's latency, for each part of
    the run and each quantile that enough flows tell.
    """

    seconds: float
    judgement: Judgement
    result: Result
    logs: Mapping[tuple[str, str], tuple[float, float]]

    @classmethod
    def of(cls, load: LoadEvidence, judgement: Judgement, plan: LoadPlan) -> "Trial":
        """Return what one run came to, the statistics made anew from its events."""
        result = monitored(load.events, asked_in(load, plan))
        return cls(load.ended - load.began, judgement, result, logs_of(load.events))

    @property
    def alarm(self) -> bool:
        """Whether the release was called worse than itself."""
        return self.judgement.result is Came.FAILED


def calibrated(
    trials: Sequence[Trial],
    plan: LoadPlan,
    *,
    machine: Machine,
    named: Mapping[str, str],
    asked_runs: int,
) -> Calibration:
    """Return what at least one trial shows; *named* is what identifies it.

    These are its ``at``, ``release``, ``slug`` and ``load``.
    """
    runs = len(trials)
    alarms = sum(trial.alarm for trial in trials)
    lowest, highest = interval(alarms, runs)
    exclusions = tuple(_exclusions(trials))
    return Calibration(
        **named,
        machine=machine,
        asked_runs=asked_runs,
        runs=runs,
        alarms=alarms,
        lowest=lowest,
        highest=highest,
        passed=sum(t.judgement.result is Came.PASSED for t in trials),
        seconds=round(median(t.seconds for t in trials), 1),
        requests=round(median(t.result.requests for t in trials)),
        because=Counter(f.rule for t in trials for f in t.judgement.findings),
        spreads=tuple(_spreads(trials)),
        exclusions=exclusions,
        suggestions=tuple(_suggestions(exclusions, plan, runs)),
    )


def interval(events: int, trials: int) -> tuple[float, float]:
    """Return the exact two-sided interval of a rate (Clopper & Pearson, 1934)."""
    one_side = 1 - (1 - SURE) / 2
    high = upper_bound(events, trials, confidence=one_side)
    return 1 - upper_bound(trials - events, trials, confidence=one_side), high


def logs_of(
    events: Iterable[Event],
) -> dict[tuple[str, str], tuple[float, float]]:
    """Return the logarithms of both arms' quantiles that enough flows tell."""
    flows = [event for event in events if isinstance(event, Flow)]
    alone = [flow for flow in flows if flow.users == 1][WARM_UP:]
    loaded = [flow for flow in flows if flow.users > 1]
    logs = {}
    for part, own in zip(PARTS, (alone, loaded), strict=True):
        steps = [
            (step.candidate, step.baseline)
            for flow in own
            for step in flow.steps
            if step.baseline is not None and min(step.candidate, step.baseline) > 0
        ]
        if len(steps) < LEAST_STEPS:
            continue
        for name, share in QUANTILES.items():
            candidate, baseline = (
                quantile(arm, share) for arm in zip(*steps, strict=True)
            )
            logs[part, name] = (math.log(candidate), math.log(baseline))
    return logs


def _spreads(trials: Sequence[Trial]) -> Iterator[Spread]:
    for part in PARTS:
        for name in QUANTILES:
            told = [t.logs[part, name] for t in trials if (part, name) in t.logs]
            if len(told) > 1:
                yield Spread(
                    part,
                    name,
                    alone=round(stdev(candidate for candidate, _ in told), 4),
                    paired=round(stdev(mine - its for mine, its in told), 4),
                    runs=len(told),
                )


def _exclusions(trials: Sequence[Trial]) -> Iterator[Exclusion]:
    for metric in Metric:
        readings = [
            reading
            for trial in trials
            if (reading := trial.result.of(metric)) is not None and reading.told
        ]
        if readings:
            yield _exclusion(metric, readings)


def _exclusion(metric: Metric, readings: Sequence[Reading]) -> Exclusion:
    excluded = [math.inf if r.excluded is None else r.excluded for r in readings]
    middle, most = (_rank(excluded, share) for share in (0.5, MOST))
    return Exclusion(
        metric,
        asked=readings[0].margin,
        median=middle,
        most=most,
        undecided=sum(reading.answer is not Answer.NOT_WORSE for reading in readings),
    )


def _rank(values: Sequence[float], share: float) -> float | None:
    """Return the value that so large a share of the runs do not exceed; None: none."""
    value = sorted(values)[math.ceil(share * len(values)) - 1]
    return value if math.isfinite(value) else None


def _suggestions(
    exclusions: Sequence[Exclusion], plan: LoadPlan, runs: int
) -> Iterator[str]:
    """Yield settings under which nine runs in ten would have been decided."""
    asked = asked_of(plan, paired=True)
    for each in exclusions:
        if each.undecided * 10 <= runs:
            continue
        excluded = _excluded(each)
        if excluded is None:
            yield (
                f"{each.metric}: not decided in {each.undecided} of {runs} runs; "
                f"raise longest (now {plan.longest:g} s), or say: not asked"
            )
        else:
            yield f"{each.metric} = {wider(each.metric, excluded, asked)}"


def _excluded(each: Exclusion) -> float | None:
    """Return what nine runs in ten exclude; None: it is time that lacks."""
    if each.most is None or each.most <= each.asked:
        return None
    return None if each.metric is Metric.ERRORS and each.most > HALF else each.most
