"""The whole story on one page.

    candidate → barrier → suites → judges → policy → verdict → act → watch → done

A commit becomes a candidate on staging. Suites collect evidence; judges turn evidence
into findings; the policy decides; the verdict is carried out; production is watched.
Every step is in the ledger before the next one begins.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from gate.actions.acting import Acting, Outcome
from gate.actions.bind import bind
from gate.actions.deploy import make_live
from gate.actions.promote import promote
from gate.actions.roll_back import live_release_of, release_to_restore, roll_back
from gate.actions.stop import settled_before, stop, take_back
from gate.actions.waiting import live_release
from gate.errors import ExitCode, UsageProblem
from gate.judges import judge, judge_watch
from gate.judges.last_words import last_words
from gate.judges.watch import action_after
from gate.ledger.calibration_file import told_calibration
from gate.ledger.chronicle import Chronicle, now, opened
from gate.ledger.evidence_files import write_policy, write_watch
from gate.ledger.history import error_history
from gate.ledger.records import EvidenceCollected, VerdictReached, WatchEnded
from gate.ledger.store import Ledger
from gate.model.ending import Ending
from gate.model.evidence import SUITES, Category, Evidence, EvidenceBundle
from gate.model.plan import Plans
from gate.model.platform import Platform
from gate.model.policy import Policy
from gate.model.premises import Premises
from gate.model.release import Release
from gate.model.subject import Subject
from gate.model.verdict import Action, Judgement, Result, Verdict
from gate.model.watch_evidence import Traffic
from gate.model.watch_weighing import promised_by
from gate.repository import Repository
from gate.suites.collecting import Suites
from gate.suites.old_release import old_release
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
            settled = settled_before(self.acting(run), commit, again=again)
            if settled is not None:
                return self._end(run, settled)
            subject = self.prepare(run, commit)
            with old_release(self.platform, subject) as old:
                verdict = self._examine(run, subject)
            if verdict.action is not Action.PROMOTE:
                outcome = stop(self.acting(run), subject, verdict)
                return self._end(run, outcome, verdict)
            release = promote(self.acting(run), subject)
            watched = self._watch(run, subject, release, old.told())
            outcome = self._carried(run, subject, release, watched)
            return self._end(run, outcome, verdict, watched)

    def check(
        self, asked: Sequence[Category] = SUITES, command: str = "check"
    ) -> Ending:
        """Judge what runs on staging, by what is *asked*; nothing follows from it."""
        with opened(self.ledger, command, self.premises, "") as run:
            subject = self.prepare(run, None)
            verdict = self._examine(run, subject, asked)
            answer = f"the answer to {verdict.release} is: {verdict.words}"
            return self._end(run, Outcome(verdict.exit_code, answer), verdict)

    def deploy(self, commit: str) -> Ending:
        """Make a commit the candidate, and prove that it is what serves."""
        with opened(self.ledger, "deploy", self.premises, commit) as run:
            candidate = self._live(run, self.premises.staging, commit)
            return self._end(run, self._served(run, candidate))

    def seed(self, commit: str) -> Ending:
        """Release a commit on production, unjudged: a rehearsal needs a baseline."""
        with opened(self.ledger, "local seed", self.premises, commit) as run:
            live = self._live(run, self.premises.production, commit)
            return self._end(run, self._served(run, live))

    def roll_back(
        self, app: str, *, replacing: int | None, target: int | None
    ) -> Ending:
        """Put an earlier release's slug in the place of the live one; prove it serves.

        *replacing* is the version that must be live, *target* the one to restore.
        """
        bad = live_release_of(self.platform, app, replacing)
        restore = release_to_restore(self.platform, bad, target)
        commit = restore.commit or ""
        with opened(self.ledger, "rollback", self.premises, commit) as run:
            if restore.slug is None:
                raise UsageProblem(f"{restore.name} holds no slug to go back to")
            serves = roll_back(self.acting(run), bad, restore.slug)
            says = f"{serves.name} serves the slug of {restore.name}, not {bad.name}'s"
            return self._end(run, Outcome(ExitCode.PASSED, f"rolled back: {says}"))

    def prepare(self, run: Chronicle, commit: str | None) -> Subject:
        """Make *commit* the candidate, or take what runs on staging; bind the run."""
        if commit is None:
            candidate = live_release(self.platform, self.premises.staging)
        else:
            candidate = self._live(run, self.premises.staging, commit)
        subject = bind(self.acting(run), candidate, policy_digest=self.policy_digest)
        if not subject.commit or not self.repository.has(subject.commit):
            raise UsageProblem(
                f"{subject.candidate.name} is of {subject.commit or 'no named commit'}",
                why="that commit is not in this clone, so its tests are not here",
                advice="git fetch, then try again",
            )
        self.folder(run).prepare(
            subject,
            self.plans,
            self.history(subject),
            told_calibration(self.home, self.plans.load),
        )
        return subject

    def history(self, subject: Subject) -> tuple[int, int] | None:
        """Return how often the baseline's release failed in the same scenario before."""
        scenario = self.repository.digest(subject.commit, self.plans.load.file)
        runs = self.home / "runs"
        return error_history(self.ledger, runs, subject.baseline, scenario)

    def _live(self, run: Chronicle, app: str, commit: str) -> Release:
        scratch = self.folder(run).scratch
        return make_live(
            self.acting(run), self.repository, app, commit, scratch=scratch
        )

    def _served(self, run: Chronicle, release: Release) -> Outcome:
        barrier = self.acting(run).await_serving(release)
        code = ExitCode.PASSED if barrier.serves else ExitCode.BLOCKED
        state = "serves" if barrier.serves else "does not serve"
        commit = (release.commit or "?")[:8]
        says = f"{release.name} ({commit}) {state}: {barrier.seen}"
        return Outcome(code, says, last_words(barrier.log_tail))

    def _examine(
        self, run: Chronicle, subject: Subject, asked: Sequence[Category] = SUITES
    ) -> Verdict:
        """Collect evidence, judge it and decide. The platform is left alone."""
        seen = tuple(self._witnessed(run, subject, asked))
        return self.conclude(run, subject, seen, asked)

    def _witnessed(
        self, run: Chronicle, subject: Subject, asked: Sequence[Category]
    ) -> Iterator[Evidence]:
        """Record each piece of evidence before the next is looked at."""
        checkout = self.home / "checkouts" / run.run
        with self.repository.checkout(subject.commit, checkout) as files:
            suites = Suites(self.platform, self.plans, self.folder(run), files)
            for item in suites.collect(subject, asked):
                self.record(run, item)
                yield item
                if self.fail_fast and self._speaks_against(subject, item):
                    return

    def record(self, run: Chronicle, item: Evidence) -> None:
        """Put a piece of evidence on disk, and its digest into the ledger."""
        path, digest = self.folder(run).write(item)
        self.ledger.append(
            EvidenceCollected(run.run, now(), item.kind, str(path), digest)
        )

    def _speaks_against(self, subject: Subject, item: Evidence) -> bool:
        return judge(subject, EvidenceBundle.of((item,)), self.policy).regression

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
        self.ledger.append(VerdictReached(run.run, now(), verdict, policy))
        return verdict

    def _watch(
        self, run: Chronicle, subject: Subject, release: Release, before: Traffic | None
    ) -> Judgement:
        seen = watch_production(
            self.platform,
            release,
            subject.production_url,
            self.plans,
            before=before,
            promised=promised_by(self.folder(run).find(Category.LOAD.value)),
        )
        _, digest = write_watch(self.folder(run).evidence, seen)
        watched = judge_watch(seen, self.policy.limits)
        self.ledger.append(WatchEnded(run.run, now(), watched, seen.seconds, digest))
        return watched

    def _carried(
        self, run: Chronicle, subject: Subject, release: Release, watched: Judgement
    ) -> Outcome:
        plan, first = self.policy.limits.watch, subject.baseline is None
        match action_after(watched, plan, first=first):
            case Action.PROMOTE:
                says = f"promoted {subject.candidate.name}: {release.name} serves"
                if watched.result is not Result.PASSED:
                    says += "; kept, though the watch could not tell"
                return Outcome(ExitCode.PASSED, says)
            case Action.ROLL_BACK:
                return take_back(self.acting(run), subject, release, watched)
            case Action.BLOCK:
                says = f"{release.name} was promoted, look at it: {watched.seen}"
                return Outcome(ExitCode.UNRESOLVED, says)

    def _end(
        self,
        run: Chronicle,
        outcome: Outcome,
        verdict: Verdict | None = None,
        watched: Judgement | None = None,
    ) -> Ending:
        staging = self.platform.current_release(self.premises.staging)
        production = self.platform.current_release(self.premises.production)
        ending = Ending(
            run=run.run,
            exit_code=outcome.exit_code,
            says=outcome.says,
            staging=staging.name if staging and staging.slug else "",
            production=production.name if production and production.slug else "",
            evidence=str(self.folder(run).evidence) if verdict else "",
            last_words=outcome.last_words,
            verdict=verdict,
            watched=watched,
        )
        return run.close(ending)

    def acting(self, run: Chronicle) -> Acting:
        """Return what the actions of a run have at hand."""
        return Acting(self.platform, self.premises, self.plans, run)

    def folder(self, run: Chronicle) -> RunFolder:
        """Return where a run keeps its evidence."""
        return RunFolder((self.home / "runs" / run.run).absolute())
