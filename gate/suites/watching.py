"""Watching production after a promotion: its barrier, its answers, its own log."""

import itertools
import threading
import time

from gate.model.evidence import AppLog, Probe, WatchEvidence
from gate.model.plan import Plans
from gate.model.platform import Platform
from gate.model.release import Release
from gate.suites.barrier import await_release
from gate.suites.platform_log import LogWatch
from gate.suites.probing import probe

PAUSE = 0.25


def watch_production(
    platform: Platform, release: Release, url: str, plans: Plans
) -> WatchEvidence:
    """Ask production for *plans.watch.seconds*, or until it can no longer pass."""
    barrier = await_release(platform, release, url, plans.health)
    if not barrier.serves:
        return WatchEvidence(barrier, (), AppLog(release.app), 0.0)
    began = time.monotonic()
    since = time.time()
    with LogWatch(release.app).reading(platform) as log:
        probes = _probes(url, plans, began)
    return WatchEvidence(
        barrier,
        probes,
        log.told(since=since),
        seconds=round(time.monotonic() - began, 1),
    )


def _probes(url: str, plans: Plans, began: float) -> tuple[Probe, ...]:
    paths = itertools.cycle((plans.health.path, *plans.watch.paths))
    ends = began + plans.watch.seconds
    most_bad = (1 - plans.watch.good_rate) * plans.watch.seconds / PAUSE
    probes: list[Probe] = []
    pause = threading.Event()
    while time.monotonic() < ends:
        path = next(paths)
        probes.append(
            probe(
                url,
                path,
                began=began,
                timeout=plans.health.timeout,
                accept=plans.health.accept,
                contains=plans.health.contains if path == plans.health.path else "",
            )
        )
        if sum(not each.good for each in probes) > most_bad + 1:
            break
        pause.wait(PAUSE)
    return tuple(probes)
