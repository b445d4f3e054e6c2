"""An examiner of releases with a real barrier, whose watch sees what it is told to."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from gate.ledger.chronicle import Chronicle
from gate.model.evidence import BarrierEvidence, Category
from gate.model.plan import HealthPlan
from gate.model.platform import Platform
from gate.model.release import Release
from gate.model.rollback import RollbackEvidence
from gate.model.subject import Subject
from gate.model.verdict import Judgement, Result, Verdict
from gate.model.watch_evidence import Traffic, Watched
from gate.suites.barrier import await_release
from tests_unit.gate.fakes.quiet import Quiet

GOOD = Judgement(Category.HEALTH, Result.PASSED, "all well")
BAD = Judgement(Category.HEALTH, Result.FAILED, "3 crashes in production")


@dataclass
class Onlooker(Quiet):
    """A `gate.actions.acting.Examiner`; *looks* is called when a watch begins."""

    platform: Platform
    plan: HealthPlan
    sees: Judgement = GOOD
    looks: Callable[[], None] = lambda: None

    def serves(self, release: Release) -> BarrierEvidence:
        url = self.platform.app(release.app).web_url
        return await_release(self.platform, release, url, self.plan)

    def examine(
        self,
        run: Chronicle,
        subject: Subject,
        asked: Sequence[Category],
        way_back: RollbackEvidence | None = None,
    ) -> Verdict:
        raise NotImplementedError

    def watch(
        self,
        run: Chronicle,
        subject: Subject,
        release: Release,
        before: Traffic | None,
    ) -> Watched:
        self.looks()
        return Watched(self.sees, 0.0, "")
