"""Health: a rate of good answers over a hold time, not one lucky 200."""

import threading
import time

from gate.model.evidence import CaseRun, Completion, HealthEvidence
from gate.model.plan import HealthPlan
from gate.suites.probing import probe


def collect_health(url: str, plan: HealthPlan) -> HealthEvidence:
    """Probe the health path *plan.probes* times, spread evenly over *plan.hold*."""
    began = time.monotonic()
    pause = threading.Event()
    probes = []
    for number in range(plan.probes):
        due = began + plan.hold * number / max(1, plan.probes - 1)
        pause.wait(max(0.0, due - time.monotonic()))
        probes.append(
            probe(
                url,
                plan.path,
                began=began,
                timeout=plan.timeout,
                accept=plan.accept,
                contains=plan.contains,
            )
        )
    return HealthEvidence(
        run=CaseRun(Completion.COMPLETE), probes=tuple(probes), hold=plan.hold
    )
