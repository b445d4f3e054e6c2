"""All suites of a run, in the order that wastes least: each piece as it comes.

The barrier first. Then health, unit, contract and integration side by side, and load
alone, while the platform's log of both arms is read.
"""

import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from gate.model.evidence import (
    Category,
    Evidence,
    IntegrationEvidence,
    PlatformEvidence,
)
from gate.model.plan import Plans
from gate.model.platform import Platform
from gate.model.subject import Subject
from gate.suites.barrier import await_release
from gate.suites.child_process import end_children
from gate.suites.control import with_control
from gate.suites.platform_log import LogWatch
from gate.suites.pytest_child import run_suite
from gate.suites.run_folder import RunFolder

TOGETHER = (
    Category.UNIT,
    Category.HEALTH,
    Category.CONTRACT,
    Category.INTEGRATION,
)


@dataclass(frozen=True, slots=True)
class Suites:
    """The suites of one run: what is asked, from which checkout, and where it goes."""

    platform: Platform
    plans: Plans
    folder: RunFolder
    checkout: Path

    def collect(self, subject: Subject) -> Iterator[Evidence]:
        """Yield every piece of evidence about *subject*; to keep it is the caller's.

        Where the candidate does not serve, only the unit tests are left to run.
        """
        barrier = await_release(
            self.platform, subject.candidate, subject.candidate_url, self.plans.health
        )
        yield barrier
        if not barrier.serves:
            yield from self._together(subject, (Category.UNIT,))
            return
        with listening(self.platform, subject) as logs:
            yield from self._together(subject, TOGETHER)
            load = self._suite(Category.LOAD, subject)
            if load is not None:
                yield load
        yield logs.told()

    def _together(
        self, subject: Subject, categories: tuple[Category, ...]
    ) -> Iterator[Evidence]:
        with ThreadPoolExecutor(len(categories)) as pool:
            futures: list[Future[Evidence | None]] = [
                pool.submit(self._suite, category, subject) for category in categories
            ]
            try:
                for future in as_completed(futures):
                    evidence = future.result()
                    if evidence is not None:
                        yield evidence
            except BaseException:
                end_children()
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
def listening(platform: Platform, subject: Subject) -> Iterator[Listening]:
    """Read the platform's log of both arms until the context is left."""
    with ExitStack() as stack:
        candidate = stack.enter_context(
            LogWatch(subject.candidate.app).reading(platform)
        )
        baseline = None
        if subject.control_app:
            baseline = stack.enter_context(
                LogWatch(subject.control_app).reading(platform)
            )
        yield Listening(candidate, baseline, time.time())
