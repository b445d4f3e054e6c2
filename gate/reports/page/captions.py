"""What each picture of a load run shows, in sentences that state the finding."""

import math
from collections.abc import Mapping, Sequence

from gate.judges.load.findings import FIRST_PART, FIRST_SECONDS
from gate.judges.load.words import (
    NAMES,
    amount,
    count,
    milliseconds,
    percent,
    ratio,
    strength,
)
from gate.reports.page.series import Followed, Point
from gate.stats.answer import Answer
from gate.stats.asked import Asked, Metric
from gate.stats.events import BASELINE, CANDIDATE, Arm
from gate.stats.quantiles import Summary
from gate.stats.readings import Reading

LATENCY = (Metric.P50, Metric.P95)
FIRM = 0.8
SAME = 0.02
TWICE = 2.0
Memory = Mapping[str, Sequence[Point]]


def of_shares(told: Mapping[Arm, Summary]) -> str:
    """Say what half and what 95 % of the answers took, and how the arms compare."""
    new, old = told[CANDIDATE], told.get(BASELINE)
    total = sum(each.count for each in told.values())
    said = [
        _compared("95 %", new.p95, old.p95 if old else 0.0),
        _compared("Half", new.p50, old.p50 if old else 0.0),
        f"All {total:,} answers are drawn, warm-up included.",
    ]
    return " ".join(said)


def _compared(words: str, mine: float, theirs: float) -> str:
    took = f"{words} of the candidate's answers took up to {milliseconds(mine)}"
    if theirs <= 0:
        return f"{took}."
    return f"{took}, of the baseline's {milliseconds(theirs)}: {_than(mine / theirs)}."


def _than(times: float) -> str:
    """Say how one time stands to another, as people do."""
    if abs(times - 1) < SAME:
        return f"the same within {percent(SAME)}"
    if times >= TWICE:
        return f"{ratio(times - 1)} as long"
    return f"{percent(abs(times - 1))} {'longer' if times > 1 else 'shorter'}"


def of_course(
    old: Sequence[Point], new: Sequence[Point], followed: Followed | None, asked: Asked
) -> str:
    """Say which arm's p95 was above, since when a metric is worse, and the decision.

    *old* and *new* are the arms' p95 at the same moments.
    """
    both = [
        mine > theirs
        for (_, mine), (_, theirs) in zip(new, old, strict=False)
        if math.isfinite(mine) and math.isfinite(theirs)
    ]
    said = [_above(sum(both) / len(both)) if both else _moved(new)]
    said += _worse(followed, LATENCY, asked)
    return " ".join([*said, decision(followed)]).strip()


def _moved(new: Sequence[Point]) -> str:
    levels = [level for _, level in new if math.isfinite(level)]
    if not levels:
        return ""
    low, high = milliseconds(min(levels)), milliseconds(max(levels))
    return f"The candidate's p95 was between {low} and {high}."


def _above(share: float) -> str:
    if share >= FIRM:
        return f"The candidate's p95 was above the baseline's for {percent(share)} of the run."
    if share <= 1 - FIRM:
        below = percent(1 - share)
        return f"The candidate's p95 was below the baseline's for {below} of the run."
    above = percent(share)
    return (
        f"The two p95 kept crossing: the candidate's was above for {above} of the run."
    )


def of_failures(
    old: Sequence[Point], new: Sequence[Point], followed: Followed | None, asked: Asked
) -> str:
    """Say how many flows of each arm failed, of how many, and since when too many."""
    said = [
        f"{points[-1][1]:,.0f} of the {arm}'s {len(points):,} flows failed "
        f"({percent(points[-1][1] / len(points))})"
        for arm, points in ((CANDIDATE, new), (BASELINE, old))
        if points
    ]
    worst = _worse(followed, (Metric.ERRORS,), asked)
    return " ".join([f"{', '.join(said)}.", *worst])


def of_memory(old: Memory, new: Memory, followed: Followed | None, asked: Asked) -> str:
    """Say from where to where the arms' memory went, and what follows."""
    said = [_went(new, CANDIDATE), _went(old, BASELINE)]
    worst = _worse(followed, (Metric.MEMORY,), asked)
    return " ".join([*said, *worst])


def _went(dynos: Memory, arm: Arm) -> str:
    if not dynos:
        return f"The {arm}'s memory is not told."
    if len(dynos) > 1:
        levels = [level for points in dynos.values() for _, level in points]
        between = f"between {min(levels):,.0f} and {max(levels):,.0f} MB"
        return f"The {arm}'s {len(dynos)} dynos held {between}."
    ((dyno, points),) = dynos.items()
    (began, first), (ended, last) = points[0], points[-1]
    went = f"went from {first:,.0f} to {last:,.0f} MB in {ended - began:.0f} s"
    return f"The {arm}'s {dyno.partition('/')[0]} {went}."


def of_evidence(followed: Followed, asked: Asked) -> str:
    """Say how far the evidence for *worse* came, against how far it must come."""
    needed = 1 / asked.false_alarms
    highest = max(e for _, e in followed.evidence)
    bar = (
        f"{needed:,.0f}, which a good release reaches in at most {percent(1 / needed)}"
    )
    if followed.result.answer is Answer.WORSE:
        return f"The evidence for “worse” reached {bar} of runs. {decision(followed)}"
    return (
        f"The evidence for “worse” came to {strength(highest)} at most; it would take "
        f"{bar} of runs. {decision(followed)}"
    )


def _worse(
    followed: Followed | None, metrics: Sequence[Metric], asked: Asked
) -> list[str]:
    """Return what is worse of these metrics, where, since when, and by how much."""
    if followed is None:
        return []
    result, said = followed.result, []
    for each in result.readings:
        if each.metric not in metrics or each.answer is not Answer.WORSE:
            continue
        where = f" on {each.route}" if each.route else ""
        told = ""
        if each.estimate is not None and within(each):
            told = f", by about {amount(each.metric, each.estimate, asked)}"
        since = _since(each.since, result.at)
        said.append(f"Worse{where}{since}: {NAMES[each.metric]}{told}.")
    return said


def _since(began: float | None, decided: float) -> str:
    if began is None:
        return ""
    if began <= max(FIRST_SECONDS, FIRST_PART * decided):
        return " from the start"
    return f" from {began:.1f} s on"


def within(reading: Reading) -> bool:
    """Whether the estimate lies in its own interval, which may be found otherwise."""
    found, low, high = reading.estimate, reading.low, reading.high
    if found is None:
        return False
    return (low is None or low <= found) and (high is None or found <= high)


def decision(followed: Followed | None) -> str:
    """Say when it was known, and what; or that it was not."""
    if followed is None:
        return ""
    result = followed.result
    flows = f"after {count(result.flows, 'flow')}"
    if result.answer is Answer.UNDECIDED:
        return f"Undecided when it ended at {result.at:.1f} s, {flows}."
    return f"Known at {result.at:.1f} s, {flows}: {result.answer.value}."
