"""All suites of a run, in the order that wastes least: each piece as it comes.

The barrier first. Then health, unit, contract and integration side by side, and load
alone, while the platform's log of both arms is read.
"""

import signal
import time
from collections.abc import Generator, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed, wait
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from gate.model.evidence import (
    SUITES,
    Category,
    Evidence,
    IntegrationEvidence,
    PlatformEvidence,
)
from gate.model.plan import Plans
from gate.model.platform import Platform
from gate.model.subject import Subject
from gate.stats.events import BASELINE, CANDIDATE
from gate.suites.barrier import await_release
from gate.suites.child_process import end_children
from gate.suites.control import with_control
from gate.suites.log_watch import LogWatch
from gate.suites.pytest_child import run_suite
from gate.suites.run_folder import RunFolder

TOGETHER = (
    Category.UNIT,
    Category.HEALTH,
    Category.CONTRACT,
    Category.INTEGRATION,
)
ENOUGH = 1.0
"""Seconds for a child to end when it is told to."""


@dataclass(frozen=True, slots=True)
class Suites:
    """The suites of one run: what is asked, from which checkout, and where it goes."""

    platform: Platform
    plans: Plans
    folder: RunFolder
    checkout: Path

    def collect(
        self, subject: Subject, asked: Sequence[Category] = SUITES
    ) -> Generator[Evidence, None, None]:
        """Yield every piece of evidence about *subject*; to keep it is the caller's.

        The suites that are not *asked* do not run. Where the candidate does not serve,
        only the unit tests are left to run.
        """
        barrier = await_release(
            self.platform, subject.candidate, subject.candidate_url, self.plans.health
        )
        yield barrier
        first = [each for each in TOGETHER if each in asked]
        if not barrier.serves:
            first = [each for each in first if each is Category.UNIT]
            yield from self._together(subject, first)
            return
        with listening(self.platform, subject, self.folder) as logs:
            yield from self._together(subject, first)
            if Category.LOAD in asked:
                load = self._suite(Category.LOAD, subject)
                if load is not None:
                    yield load
        yield logs.told()

    def _together(
        self, subject: Subject, categories: Sequence[Category]
    ) -> Iterator[Evidence]:
        if not categories:
            return
        with ThreadPoolExecutor(len(categories)) as pool:
            futures: list[Future[Evidence | None]] = []
            try:
                futures += (
                    pool.submit(self._suite, each, subject) for each in categories
                )
                for future in as_completed(futures):
                    evidence = future.result()
                    if evidence is not None:
                        yield evidence
            except BaseException:
                _end(futures)
                raise

    def _suite(self, category: Category, subject: Subject) -> Evidence | None:
        plan = self.plans.of(category)
        evidence = run_suite(
            category,
            plan.paths,
            checkout=self.checkout,
            folder=self.folder,
            deadline=plan.deadline,
        )
        if isinstance(evidence, IntegrationEvidence):
            return with_control(
                evidence,
                subject,
                self.plans,
                folder=self.folder,
                checkout=self.checkout,
            )
        return evidence


def _end(suites: Sequence[Future[Evidence | None]]) -> None:
    """End the children of suites that still run, and those that they start then."""
    number = signal.SIGTERM
    while True:
        end_children(number)
        if not wait(suites, timeout=ENOUGH).not_done:
            return
        number = signal.SIGKILL


@dataclass(frozen=True, slots=True)
class Listening:
    """The logs of candidate and baseline while they are being read."""

    candidate: LogWatch
    baseline: LogWatch | None
    since: float

    def told(self) -> PlatformEvidence:
        """Return what the platform has told so far."""
        return PlatformEvidence(
            candidate=self.candidate.told(since=self.since),
            baseline=self.baseline.told(since=self.since) if self.baseline else None,
        )


@contextmanager
def listening(
    platform: Platform, subject: Subject, folder: RunFolder
) -> Iterator[Listening]:
    """Read the platform's log of both arms until the context is left.

    It is written to *folder* as it comes, for the suite that measures under load.
    """
    since = time.time()
    with ExitStack() as stack:
        candidate = LogWatch(subject.candidate.app, tee=folder.log(CANDIDATE))
        stack.enter_context(candidate.reading(platform))
        baseline = None
        if subject.control_app:
            baseline = LogWatch(subject.control_app, tee=folder.log(BASELINE))
            stack.enter_context(baseline.reading(platform))
        yield Listening(candidate, baseline, since)
