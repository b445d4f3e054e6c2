"""Watching production after a promotion: probes, consumers' answers, its dynos.

Looks until it is known that the release is bad, and at most as long as the plan says.
"""

import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import cycle
from typing import Final
from uuid import uuid4

from gate.errors import PlatformUnavailable
from gate.model.evidence import AppLog, BarrierEvidence, Probe
from gate.model.plan import Plans
from gate.model.platform import Platform
from gate.model.release import Dyno, DynoState, Release
from gate.model.watch_evidence import Answered, Traffic, WatchEvidence
from gate.model.watch_weighing import (
    PLATFORMS_CODES,
    bad_by_path,
    before_of,
    count,
    left_waiting,
    margins_of,
    new_quota_codes,
)
from gate.stats.watching import Tally, weigh
from gate.suites.barrier import await_release
from gate.suites.log_watch import LogWatch, answers_too
from gate.suites.platform_log import (
    MOST_ANSWERS,
    MOST_CRASHES,
    Account,
    Line,
    answered_of,
)
from gate.suites.probing import probe

PAUSE: Final = 0.25
LOOK: Final = 1.0
SECOND_LOOK: Final = 1.0
"""Seconds for the log to say that what went wrong was not the release."""
MOST_PROBES_AT_ONCE: Final = 24


def watch_production(
    platform: Platform,
    release: Release,
    url: str,
    plans: Plans,
    *,
    before: Traffic | None = None,
    promised: tuple[int, int] | None = None,
) -> WatchEvidence:
    """Look at production for *plans.watch.seconds*, or until it is known to be bad.

    *before* is what the old release did there; *promised* how many flows failed, of
    how many, when the new one was loaded on staging.
    """
    log = LogWatch(release.app, keeps=answers_too)
    with log.reading(platform):
        barrier = await_release(platform, release, url, plans.health)
        if not barrier.serves:
            return WatchEvidence(barrier, (), AppLog(release.app), 0.0)
        with _looking(platform, release) as dynos:
            watch = _Watch(plans, url, log, dynos, before, promised)
            watch.run()
    return watch.told(barrier)


@dataclass
class _Dynos:
    """What the platform says of the web dynos: those seen crashed, and when."""

    release: Release
    crashed: dict[str, float]
    trouble: str = "the platform has not said yet which dynos there are"

    def look(self, platform: Platform) -> None:
        try:
            dynos = platform.dynos(self.release.app)
        except PlatformUnavailable as error:
            self.trouble = f"the platform could not be asked: {error}"
            return
        web = [dyno for dyno in dynos if dyno.type == "web"]
        self.trouble = self._moved(web)
        for dyno in web:
            if dyno.state is DynoState.CRASHED:
                self.crashed.setdefault(dyno.name, time.time())

    def _moved(self, web: list[Dyno]) -> str:
        newest = max((dyno.release_version for dyno in web), default=0)
        if newest <= self.release.version:
            return ""
        return f"v{newest} was released meanwhile: {self.release.name} serves no more"


@contextmanager
def _looking(platform: Platform, release: Release) -> Iterator[_Dynos]:
    """Ask for the dynos again and again until the context is left."""
    dynos, left = _Dynos(release, {}), threading.Event()

    def keep_looking() -> None:
        while not left.is_set():
            dynos.look(platform)
            left.wait(LOOK)

    thread = threading.Thread(target=keep_looking, name="dynos", daemon=True)
    thread.start()
    try:
        yield dynos
    finally:
        left.set()
        thread.join(timeout=LOOK)


class _Watch:
    """Takes in what comes, beat by beat; what a beat has not seen does not count."""

    def __init__(
        self,
        plans: Plans,
        url: str,
        log: LogWatch,
        dynos: _Dynos,
        before: Traffic | None,
        promised: tuple[int, int] | None,
    ) -> None:
        self.plans = plans
        self.url = url
        self.log = log
        self.dynos = dynos
        self.before = before
        self.promised = promised
        self.margins = margins_of(plans.watch, plans.health.good_rate)
        self.old = before_of(before)
        self.began, self.since = time.monotonic(), round(time.time(), 3)
        self.seconds = 0.0
        self.answers: list[Answered] = []
        self.tally = Tally(self.since)
        self.account = Account()
        self.trouble = ""
        self._asked: dict[str, Future[Probe]] = {}
        self._done: dict[str, Probe] = {}
        self._routed: dict[str, Answered] = {}
        self._crashed: dict[str, float] = {}
        self._heard = 0

    def run(self) -> None:
        """Look until the time is over, or it is known, twice, that it went bad."""
        paths = cycle((self.plans.health.path, *self.plans.watch.paths))
        pool = ThreadPoolExecutor(MOST_PROBES_AT_ONCE, thread_name_prefix="probe")
        suspected: float | None = None
        pause = threading.Event()
        try:
            while not self._over(suspected):
                self._ask(pool, next(paths))
                pause.wait(PAUSE)
                self._take_in()
                suspected = (suspected or self.seconds) if self._is_bad() else None
            if suspected is None:  # else what still hangs is not waited for
                wait(self._asked.values(), timeout=self.plans.health.timeout)
                self._take_in()
                self._await_the_routers_word(pause)
        finally:
            pool.shutdown(wait=False, cancel_futures=True)

    def told(self, barrier: BarrierEvidence) -> WatchEvidence:
        """Return what was seen up to the last beat."""
        release = self.dynos.release
        probes, excused = self._probes()
        crashes = self._crashes()
        log = self.account.told(
            release.app, lost=self.log.missing, ahead=self.log.ahead
        )
        return WatchEvidence(
            barrier,
            probes,
            replace(log, crashes=tuple(said for said, _ in crashes)),
            self.seconds,
            traffic=Traffic(release.name, self.seconds, tuple(self.answers), log.lost),
            before=self.before,
            promised=self.promised,
            crash_times=tuple(at for _, at in crashes),
            began=self.since,
            excused=excused,
            trouble=self.trouble,
        )

    def _over(self, suspected: float | None) -> bool:
        if suspected is not None and self.seconds >= suspected + SECOND_LOOK:
            return True
        return self.seconds >= self.plans.watch.seconds

    def _ask(self, pool: ThreadPoolExecutor, path: str) -> None:
        """Send a probe, however long the others take."""
        health = self.plans.health
        request_id = f"gate-{uuid4()}"
        self._asked[request_id] = pool.submit(
            probe,
            self.url,
            path,
            began=self.began,
            timeout=health.timeout,
            accept=health.accept,
            contains=health.contains if path == health.path else "",
            request_id=request_id,
        )

    def _take_in(self) -> None:
        """Take in what has come since the last beat."""
        self.seconds = round(time.monotonic() - self.began, 1)
        for each in self.log.heard(self._heard):
            self._heard += 1
            line = self.log.here(each)
            if line.at >= self.since:
                self._hear(line)
        self._crashed = dict(self.dynos.crashed)
        self.trouble = self.dynos.trouble
        for request_id, asked in list(self._asked.items()):
            if asked.done():
                self._done[request_id] = asked.result()
                del self._asked[request_id]

    def _hear(self, line: Line) -> None:
        self.account.hear(line)
        told = answered_of(line)
        if told is None:
            return
        request_id, answered = told
        if request_id in self._asked or request_id in self._done:
            self._routed[request_id] = answered
        elif self._is_its_own(answered) and len(self.answers) < MOST_ANSWERS:
            self.answers.append(answered)
            count(self.tally, answered)

    def _is_its_own(self, answered: Answered) -> bool:
        """Whether the request came when only the new release served."""
        return answered.at - (answered.service or 0) / 1000 >= self.since

    def _probes(self) -> tuple[tuple[Probe, ...], tuple[Probe, ...]]:
        """Return the probes that count, and those that the release did not fail."""
        theirs: list[Probe] = []
        excused: list[Probe] = []
        for request_id, done in self._done.items():
            routed = self._routed.get(request_id)
            nobodys = routed is not None and routed.code in PLATFORMS_CODES
            if done.status is None:
                nobodys |= not left_waiting(routed, self.plans.health.timeout)
            (excused if nobodys and not done.good else theirs).append(done)
        return tuple(theirs), tuple(excused)

    def _await_the_routers_word(self, pause: threading.Event) -> None:
        """Wait for the lines on those probes that got no answer."""
        ends = time.monotonic() + SECOND_LOOK
        while time.monotonic() < ends and any(
            done.status is None and request_id not in self._routed
            for request_id, done in self._done.items()
        ):
            pause.wait(PAUSE)
            self._take_in()

    def _crashes(self) -> list[tuple[str, float]]:
        """Return what crashed, and when; of what the log told it has the word."""
        told = self.account.crashes
        named = {process for _, process in told}
        crashes = [(said, at) for (at, _), said in told.items()]
        crashes += [
            (f"{name}: the platform shows it as crashed", at)
            for name, at in self._crashed.items()
            if name not in named
        ]
        first = crashes[:MOST_CRASHES]
        return [(said, round(at - self.since, 1)) for said, at in first]

    def _is_bad(self) -> bool:
        probes, _ = self._probes()
        now = weigh(
            self.tally.showing(
                crashes=len(self._crashes()),
                seconds=self.seconds,
                until=self.since + self.seconds,
            ),
            self.old,
            promised=self.promised,
            probes=bad_by_path(probes),
            margins=self.margins,
        )
        return now.worse or bool(new_quota_codes(self.account.codes, self.before))
