"""The whole story on one page.

    candidate → barrier → suites → judges → policy → verdict → act → watch → done

A commit becomes a candidate on staging. Suites collect evidence; judges turn evidence
into findings; the policy decides; the verdict is carried out; production is watched.
Every step is in the ledger before the next one begins.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from gate.actions.bind import bind
from gate.actions.deploy import deploy
from gate.actions.promote import promote
from gate.actions.roll_back import last_good, roll_back
from gate.errors import ExitCode, UsageProblem
from gate.judges import judge, judge_watch
from gate.ledger.chronicle import Chronicle, now, opened
from gate.ledger.evidence_files import write_watch
from gate.ledger.records import (
    EvidenceCollected,
    SlugRejected,
    VerdictReached,
    WatchEnded,
)
from gate.ledger.store import Ledger
from gate.model.ending import Ending
from gate.model.evidence import BarrierEvidence, Evidence, EvidenceBundle
from gate.model.plan import Plans
from gate.model.platform import Platform
from gate.model.policy import Policy
from gate.model.premises import Premises
from gate.model.release import Release, ReleaseStatus
from gate.model.subject import Subject
from gate.model.verdict import Action, Judgement, Result, Verdict
from gate.repository import Repository
from gate.suites.barrier import await_release
from gate.suites.collecting import Suites
from gate.suites.run_folder import RunFolder
from gate.suites.watching import watch_production


@dataclass(frozen=True, slots=True)
class Gatekeeper:
    """Stands between staging and production; nothing else acts on the platform."""

    platform: Platform
    repository: Repository
    premises: Premises
    plans: Plans
    policy: Policy
    policy_digest: str
    ledger: Ledger
    home: Path
    fail_fast: bool = False

    def promote(self, commit: str, *, again: bool = False) -> Ending:
        """Take a commit through the gate: deploy, judge, promote, watch."""
        with opened(self.ledger, "promote", self.premises, commit) as run:
            done = self._nothing_to_do(run, commit, again=again)
            if done is not None:
                return run.close(done)
            subject = self.prepare(run, commit)
            verdict = self._examine(run, subject)
            if verdict.action is Action.PROMOTE:
                return run.close(self._promote(run, subject, verdict))
            return run.close(self._stop(run, subject, verdict))

    def check(self) -> Ending:
        """Judge what runs on staging; nothing follows from it."""
        with opened(self.ledger, "check", self.premises, "") as run:
            subject = self.prepare(run, None)
            verdict = self._examine(run, subject)
            answer = verdict.action.words
            says = f"{subject.candidate.name} would be answered with: {answer}"
            return run.close(self._ending(run, _blocked(verdict), says, verdict))

    def deploy(self, commit: str) -> Ending:
        """Make a commit the candidate, and prove that it is what serves."""
        with opened(self.ledger, "deploy", self.premises, commit) as run:
            candidate = self._candidate(run, commit)
            barrier = self._barrier(candidate)
            if not barrier.serves:
                says = f"{candidate.name} does not serve: {barrier.seen}"
                return run.close(self._ending(run, ExitCode.BLOCKED, says))
            says = f"{candidate.name} serves {commit[:8]}"
            return run.close(self._ending(run, ExitCode.PASSED, says))

    def roll_back(self, app: str, bad: Release, restore: Release) -> Ending:
        """Put an earlier release's slug in the place of *bad*, and prove it serves."""
        with opened(
            self.ledger, "rollback", self.premises, restore.commit or ""
        ) as run:
            if restore.slug is None:
                raise UsageProblem(f"{restore.name} holds no slug to go back to")
            restored = roll_back(
                self.platform,
                bad,
                restore.slug,
                chronicle=run,
                await_serving=self._barrier,
            )
            says = (
                f"rolled back {app}: {restored.name} serves the slug of "
                f"{restore.name} in place of {bad.name}"
            )
            return run.close(self._ending(run, ExitCode.PASSED, says))

    def _nothing_to_do(
        self, run: Chronicle, commit: str, *, again: bool
    ) -> Ending | None:
        live = self.platform.current_release(self.premises.production)
        if live is not None and live.commit == commit:
            says = f"{commit[:8]} is already in production ({live.name}): nothing to do"
            return self._ending(run, ExitCode.PASSED, says)
        for record in self.ledger.records():
            if isinstance(record, SlugRejected) and record.commit == commit:
                says = (
                    f"{commit[:8]} was rejected by run {record.run}: {record.because}; "
                    "promote --again has it judged once more"
                )
                return None if again else self._ending(run, ExitCode.BLOCKED, says)
        return None

    def _candidate(self, run: Chronicle, commit: str) -> Release:
        """Deploy unless staging runs that commit already."""
        live = self.platform.current_release(self.premises.staging)
        if live is not None and live.commit == commit:
            return live
        return deploy(
            self.platform,
            self.repository,
            self.premises.staging,
            commit,
            scratch=self.folder(run).scratch,
            chronicle=run,
        )

    def prepare(self, run: Chronicle, commit: str | None) -> Subject:
        """Make *commit* the candidate, or take what runs on staging; bind the run."""
        if commit is None:
            candidate = self.platform.current_release(self.premises.staging)
        else:
            candidate = self._candidate(run, commit)
        subject = bind(
            self.platform,
            candidate,
            premises=self.premises,
            plans=self.plans,
            policy_digest=self.policy_digest,
            chronicle=run,
        )
        if not self.repository.has(subject.commit or "?"):
            raise UsageProblem(
                f"{subject.candidate.name} was built from "
                f"{subject.commit or 'an unnamed commit'}",
                why="that commit is not in this clone, so its tests are not here",
                advice="git fetch, then try again",
            )
        self.folder(run).prepare(subject, self.plans)
        return subject

    def conclude(
        self, run: Chronicle, subject: Subject, seen: Iterable[Evidence]
    ) -> Verdict:
        """Judge what was seen, decide, and record it."""
        verdict = judge(subject, EvidenceBundle.of(seen), self.policy)
        self.ledger.append(VerdictReached(run.run, now(), verdict))
        return verdict

    def _examine(self, run: Chronicle, subject: Subject) -> Verdict:
        """Collect evidence, judge it and decide. The platform is left alone."""
        return self.conclude(run, subject, tuple(self._witnessed(run, subject)))

    def _witnessed(self, run: Chronicle, subject: Subject) -> Iterator[Evidence]:
        """Record each piece of evidence before the next is looked at."""
        folder = self.folder(run)
        checkout = self.home / "checkouts" / run.run
        with self.repository.checkout(subject.commit, checkout) as files:
            suites = Suites(self.platform, self.plans, folder, files)
            for item in suites.collect(subject):
                path, digest = folder.write(item)
                self.ledger.append(
                    EvidenceCollected(run.run, now(), item.kind, str(path), digest)
                )
                yield item
                if self.fail_fast and self._speaks_against(subject, item):
                    return

    def _speaks_against(self, subject: Subject, item: Evidence) -> bool:
        verdict = judge(subject, EvidenceBundle.of((item,)), self.policy)
        return verdict.regression

    def _promote(self, run: Chronicle, subject: Subject, verdict: Verdict) -> Ending:
        """Promote the very release that was judged, then watch it."""
        pipeline = self.platform.pipeline(self.premises.pipeline)
        if pipeline is None:
            raise UsageProblem(f"there is no pipeline {self.premises.pipeline}")
        release = promote(
            self.platform,
            subject,
            pipeline=pipeline,
            staging=self.platform.app(self.premises.staging),
            production=self.platform.app(self.premises.production),
            chronicle=run,
        )
        watched = self._watch(run, subject, release)
        if watched.result is Result.PASSED:
            says = f"promoted {subject.candidate.name}: {release.name} serves"
            return self._ending(run, ExitCode.PASSED, says, verdict, watched)
        if watched.result is Result.INSUFFICIENT:
            says = f"promoted, but {release.name} could not be watched: {watched.seen}"
            return self._ending(run, ExitCode.UNRESOLVED, says, verdict, watched)
        return self._take_back(run, subject, release, verdict, watched)

    def _watch(self, run: Chronicle, subject: Subject, release: Release) -> Judgement:
        seen = watch_production(
            self.platform, release, subject.production_url, self.plans
        )
        write_watch(self.folder(run).evidence, seen)
        watched = judge_watch(seen, self.plans.watch.good_rate)
        self.ledger.append(WatchEnded(run.run, now(), watched, seen.seconds))
        return watched

    def _take_back(
        self,
        run: Chronicle,
        subject: Subject,
        release: Release,
        verdict: Verdict,
        watched: Judgement,
    ) -> Ending:
        """Production went bad: reject the slug, and restore the baseline."""
        slug = subject.candidate.slug
        assert slug is not None
        self.ledger.append(
            SlugRejected(
                run.run,
                now(),
                slug.id,
                slug.checksum or "",
                subject.commit,
                watched.seen,
            )
        )
        if subject.baseline is None or subject.baseline.slug is None:
            says = f"{release.name} is bad and there is no release to go back to"
            return self._ending(run, ExitCode.HELD, says, verdict, watched)
        restored = roll_back(
            self.platform,
            release,
            subject.baseline.slug,
            chronicle=run,
            await_serving=self._barrier,
        )
        says = (
            f"production rolled back: {restored.name} serves the slug of "
            f"{subject.baseline.name} in place of {release.name}"
        )
        return self._ending(run, ExitCode.ROLLED_BACK, says, verdict, watched)

    def _stop(self, run: Chronicle, subject: Subject, verdict: Verdict) -> Ending:
        """Block; and where the policy says so, take staging back as well."""
        bad = subject.candidate
        if verdict.action is not Action.ROLL_BACK:
            says = f"blocked: {bad.name} stays on staging, production is untouched"
            return self._ending(run, _blocked(verdict), says, verdict)
        live = self.platform.current_release(bad.app)
        if live is None or live.id != bad.id or live.status is ReleaseStatus.FAILED:
            still = live.name if live else "nothing"
            says = f"blocked: {bad.name} never became live, {still} is still on staging"
            return self._ending(run, ExitCode.BLOCKED, says, verdict)
        good = subject.baseline.slug if subject.baseline else None
        restore = last_good(self.platform, bad.app, bad, good)
        if restore is None:
            says = f"blocked: {bad.name} is bad and staging had no good one before it"
            return self._ending(run, ExitCode.BLOCKED, says, verdict)
        restored = roll_back(
            self.platform, bad, restore, chronicle=run, await_serving=self._barrier
        )
        says = (
            f"staging rolled back: {restored.name} serves in place of {bad.name}; "
            "production is untouched"
        )
        return self._ending(run, ExitCode.ROLLED_BACK, says, verdict)

    def _barrier(self, release: Release) -> BarrierEvidence:
        url = self.platform.app(release.app).web_url
        return await_release(self.platform, release, url, self.plans.health)

    def folder(self, run: Chronicle) -> RunFolder:
        """Return where a run keeps its evidence."""
        return RunFolder((self.home / "runs" / run.run).absolute())

    def _ending(
        self,
        run: Chronicle,
        exit_code: ExitCode,
        says: str,
        verdict: Verdict | None = None,
        watched: Judgement | None = None,
    ) -> Ending:
        staging = self.platform.current_release(self.premises.staging)
        production = self.platform.current_release(self.premises.production)
        return Ending(
            run=run.run,
            exit_code=exit_code,
            says=says,
            staging=staging.name if staging else "",
            production=production.name if production and production.slug else "",
            evidence=str(self.folder(run).evidence) if verdict else "",
            verdict=verdict,
            watched=watched,
        )


def _blocked(verdict: Verdict) -> ExitCode:
    if verdict.action is Action.PROMOTE:
        return ExitCode.PASSED
    return ExitCode.BLOCKED if verdict.regression else ExitCode.INSUFFICIENT
