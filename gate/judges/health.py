"""Does the release come up properly and stay so; and does production, afterwards?"""

from collections import Counter
from collections.abc import Sequence

from gate.judges.completeness import broken, conclude, missing, red_cases, wanting
from gate.judges.last_words import last_words
from gate.model.evidence import (
    BarrierEvidence,
    Category,
    HealthEvidence,
    Probe,
    WatchEvidence,
)
from gate.model.policy import Limits
from gate.model.verdict import Finding, Judgement

HEALTH = Category.HEALTH
APP_FAULTS = frozenset({"H10", "H13", "H14", "H18", "H20", "H21", "R10", "R14", "R15"})


def judge_health(
    barrier: BarrierEvidence | None, health: HealthEvidence | None, limits: Limits
) -> Judgement:
    """Judge the barrier, then the rate of good answers over the hold time."""
    if barrier is None:
        return missing(HEALTH)
    if not barrier.serves:
        return conclude(HEALTH, (_does_not_serve(barrier),), "")
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


def judge_watch(watch: WatchEvidence, good_rate: float) -> Judgement:
    """Judge production after a promotion: any regression there is one of health."""
    findings: tuple[Finding, ...] = ()
    if not watch.barrier.serves:
        findings += (_does_not_serve(watch.barrier),)
    else:
        findings += _rate(watch.probes, good_rate)
    if watch.log.crashes:
        findings += (
            Finding(
                HEALTH,
                "health/dyno-crashed",
                f"{len(watch.log.crashes)} crashes in production",
                watch.log.crashes[0],
            ),
        )
    faults = {c: n for c, n in watch.log.codes.items() if c in APP_FAULTS}
    if faults and not findings:
        told = ", ".join(f"{code} {count}×" for code, count in sorted(faults.items()))
        findings += (
            Finding(HEALTH, "health/platform-errors", f"the platform logged {told}"),
        )
    if watch.log.lost:
        findings += (wanting(HEALTH, "log-lost", f"log: {watch.log.lost}"),)
    good = sum(probe.good for probe in watch.probes)
    return conclude(
        HEALTH,
        findings,
        f"{good} of {len(watch.probes)} answers good, no crash, in "
        f"{watch.seconds:g} s; later faults are not excluded",
    )


def _does_not_serve(barrier: BarrierEvidence) -> Finding:
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
        return (wanting(HEALTH, "no-probes", "no health answer was asked for"),)
    bad = [probe for probe in probes if not probe.good]
    if len(probes) - len(bad) >= good_rate * len(probes):
        return ()
    path, seen = Counter((p.path, p.seen) for p in bad).most_common(1)[0][0]
    return (
        Finding(
            HEALTH,
            "health/bad-answers",
            f"{len(bad)} of {len(probes)} answers were bad, mostly {path}: {seen}",
            f"{bad[0].path} after {bad[0].at:g} s: {bad[0].seen}",
        ),
    )
