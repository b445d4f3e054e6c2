"""Does the release come up properly, and stay so?"""

from collections import Counter
from collections.abc import Sequence

from gate.judges.completeness import broken, conclude, missing, red_cases, wanting
from gate.judges.last_words import last_words
from gate.model.evidence import (
    BarrierEvidence,
    Category,
    HealthEvidence,
    Probe,
)
from gate.model.policy import Limits
from gate.model.verdict import Finding, Judgement

HEALTH = Category.HEALTH


def judge_health(
    barrier: BarrierEvidence | None, health: HealthEvidence | None, limits: Limits
) -> Judgement:
    """Judge the barrier, then the rate of good answers over the hold time."""
    if barrier is None:
        return missing(HEALTH)
    if not barrier.serves:
        return conclude(HEALTH, (does_not_serve(barrier),), "")
    if health is None:
        return missing(HEALTH)
    findings = broken(HEALTH, health.run) + red_cases(HEALTH, health.run)
    findings += _rate(health.probes, limits.good_rate)
    good = sum(probe.good for probe in health.probes)
    return conclude(
        HEALTH,
        findings,
        f"{good} of {len(health.probes)} answers good over {health.hold:g} s; "
        f"identity: {barrier.identity}",
    )


def does_not_serve(barrier: BarrierEvidence) -> Finding:
    """Return the finding that a release does not serve, or that nobody can tell."""
    if not barrier.asked:
        return wanting(HEALTH, "platform-silent", barrier.seen)
    return Finding(
        HEALTH,
        "health/release-does-not-serve",
        f"{barrier.release} does not serve: {barrier.seen}",
        last_words(barrier.log_tail),
    )


def _rate(probes: Sequence[Probe], good_rate: float) -> tuple[Finding, ...]:
    if not probes:
        return (no_probes(),)
    bad = sum(not probe.good for probe in probes)
    if len(probes) - bad >= good_rate * len(probes):
        return ()
    return (bad_answers(probes),)


def no_probes() -> Finding:
    """Return the finding that nothing was asked."""
    return wanting(HEALTH, "no-probes", "no health answer was asked for")


def bad_answers(probes: Sequence[Probe]) -> Finding:
    """Return the finding of bad probes: the commonest, and the first as example."""
    bad = [probe for probe in probes if not probe.good]
    path, seen = Counter((p.path, p.seen) for p in bad).most_common(1)[0][0]
    return Finding(
        HEALTH,
        "health/bad-answers",
        f"{len(bad)} of {len(probes)} answers were bad, mostly {path}: {seen}",
        f"{bad[0].path} after {bad[0].at:g} s: {bad[0].seen}",
    )
