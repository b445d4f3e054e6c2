"""Examining: evidence is collected, kept, and judged; no app is changed by it.

Suites collect evidence, judges turn it into findings, the policy decides. Each piece is
on disk, and its digest in the ledger, before the next is looked at.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from gate.errors import PlatformUnavailable
from gate.judges import judge, judge_watch
from gate.ledger.calibration_file import told_calibration
from gate.ledger.chronicle import Chronicle, now
from gate.ledger.evidence_files import write_policy, write_watch
from gate.ledger.history import error_history
from gate.ledger.records import EvidenceCollected, VerdictReached
from gate.ledger.store import Ledger
from gate.model.evidence import (
    ASKED,
    SUITES,
    BarrierEvidence,
    Category,
    Evidence,
    EvidenceBundle,
)
from gate.model.plan import Plans
from gate.model.platform import Platform
from gate.model.policy import Policy
from gate.model.release import Release
from gate.model.rollback import RollbackEvidence
from gate.model.subject import Subject
from gate.model.verdict import Verdict
from gate.model.watch_evidence import Traffic, Watched
from gate.model.watch_weighing import promised_by
from gate.repository import Repository
from gate.suites.barrier import await_release
from gate.suites.collecting import Suites
from gate.suites.old_release import old_release
from gate.suites.run_folder import RunFolder
from gate.suites.watching import watch_production

OWN_CHECKS = (Category.HEALTH, Category.CONTRACT, Category.INTEGRATION)


@dataclass(frozen=True, slots=True)
class Examination:
    """A `gate.actions.acting.Examiner`: real suites, real requests, real judges."""

    platform: Platform
    repository: Repository
    plans: Plans
    policy: Policy
    ledger: Ledger
    home: Path
    fail_fast: bool = False

    def serves(self, release: Release) -> BarrierEvidence:
        """Wait until only *release* serves on its app."""
        url = self.platform.app(release.app).web_url
        return await_release(self.platform, release, url, self.plans.health)

    def prepare(self, run: Chronicle, subject: Subject) -> None:
        """Make room for the evidence about *subject*, and say what is known before."""
        self.folder(run).prepare(
            subject,
            self.plans,
            self.history(subject),
            told_calibration(self.home, self.plans.load),
        )

    def history(self, subject: Subject) -> tuple[int, int] | None:
        """Return how often the baseline's release failed in the same scenario before."""
        scenario = self.repository.digest(subject.commit, self.plans.load.file)
        runs = self.home / "runs"
        return error_history(self.ledger, runs, subject.baseline, scenario)

    def examine(
        self,
        run: Chronicle,
        subject: Subject,
        asked: Sequence[Category] = SUITES,
        way_back: RollbackEvidence | None = None,
    ) -> Verdict:
        """Collect evidence by what is *asked*, judge it and decide."""
        seen = tuple(self._witnessed(run, subject, asked, way_back))
        return self.conclude(run, subject, seen, asked)

    def _witnessed(
        self,
        run: Chronicle,
        subject: Subject,
        asked: Sequence[Category],
        way_back: RollbackEvidence | None,
    ) -> Iterator[Evidence]:
        """Record each piece of evidence before the next is looked at."""
        if way_back is not None:
            self.record(run, way_back)
            yield way_back
            if self.fail_fast and self._speaks_against(subject, way_back):
                return
        with self._collecting(run.run, self.folder(run), subject, asked) as collected:
            for item in collected:
                self.record(run, item)
                yield item
                if self.fail_fast and self._speaks_against(subject, item):
                    return

    @contextmanager
    def _collecting(
        self,
        name: str,
        folder: RunFolder,
        subject: Subject,
        asked: Sequence[Category],
    ) -> Iterator[Iterator[Evidence]]:
        """Have the suites run in a checkout *name*; give what they see, one by one."""
        checkout = self.home / "checkouts" / name
        with self.repository.checkout(subject.commit, checkout) as files:
            suites = Suites(self.platform, self.plans, folder, files)
            # Closed here: whatever breaks this off, no suite runs on in the checkout.
            with closing(suites.collect(subject, asked)) as collected:
                yield collected

    def record(self, run: Chronicle, item: Evidence) -> None:
        """Put a piece of evidence on disk, and its digest into the ledger."""
        path, digest = self.folder(run).write(item)
        run.append(EvidenceCollected(run.run, now(), item.kind, str(path), digest))

    def _speaks_against(self, subject: Subject, item: Evidence) -> bool:
        alone = EvidenceBundle.of((item,))
        return judge(subject, alone, self.policy, ASKED).regression

    def conclude(
        self,
        run: Chronicle,
        subject: Subject,
        seen: Iterable[Evidence],
        asked: Sequence[Category] = SUITES,
    ) -> Verdict:
        """Judge what was seen, decide, and record it."""
        verdict = judge(subject, EvidenceBundle.of(seen), self.policy, asked)
        policy = write_policy(self.folder(run).path, self.policy)
        run.append(VerdictReached(run.run, now(), verdict, policy))
        return verdict

    @contextmanager
    def remembering(self, subject: Subject) -> Iterator[Callable[[], Traffic | None]]:
        """Read production's log meanwhile; what is given tells what consumers met."""
        with old_release(self.platform, subject) as old:
            yield old.told

    def watch(
        self,
        run: Chronicle,
        subject: Subject,
        release: Release,
        before: Traffic | None,
    ) -> Watched:
        """Look at production for as long as the plans say, and judge what was seen."""
        folder = self.folder(run)
        seen = watch_production(
            self.platform,
            release,
            subject.production_url,
            self.plans,
            before=before,
            promised=promised_by(folder.find(Category.LOAD.value)),
        )
        _, digest = write_watch(folder.evidence, seen)
        return Watched(judge_watch(seen, self.policy.limits), seen.seconds, digest)

    def own_checks(self, run: Chronicle, subject: Subject) -> tuple[str, ...]:
        """Run the checks that the candidate's own commit has; return what speaks against.

        Health, contract and integration, judged as ever. Their evidence stays in the
        run's folder, and is no evidence about what the run judges. Raises
        PlatformUnavailable when they could not tell, UsageProblem when the commit is
        not in this clone.
        """
        folder = RunFolder(self.folder(run).path / "rehearsal")
        folder.prepare(subject, self.plans)
        name = f"{run.run}-rehearsal"
        with self._collecting(name, folder, subject, OWN_CHECKS) as collected:
            seen = tuple(collected)
        for item in seen:
            folder.write(item)
        verdict = judge(subject, EvidenceBundle.of(seen), self.policy, OWN_CHECKS)
        told = [f"{each.rule}: {each.summary}" for each in verdict.because]
        if verdict.because and not verdict.regression:
            raise PlatformUnavailable(
                f"its own checks could not tell how {subject.candidate.name} fares",
                why="; ".join(told),
                advice=f"look at what they left in {folder.path}",
            )
        return tuple(told)

    def folder(self, run: Chronicle) -> RunFolder:
        """Return where a run keeps its evidence."""
        return RunFolder((self.home / "runs" / run.run).absolute())
