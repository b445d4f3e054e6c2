"""The whole story on one page.

    candidate → way back → barrier → suites → judges → policy → verdict → act → watch → done

A commit becomes a candidate on staging. The way back is found before anything else.
Suites collect evidence; judges turn evidence into findings; the policy decides; the
verdict is carried out; production is watched. Every step is in the ledger before the next
one begins, so that a run which is broken off anywhere is brought to its end by the next:
`gate.actions.protocol` says how, step by step.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Generic, TypeVar

from gate.actions.acting import Acting, Examiner, Outcome
from gate.actions.bind import bind, candidate_of
from gate.actions.by_hand import roll_back_by_hand
from gate.actions.choosing import (
    live_release_of,
    release_to_restore,
    speaks_against,
)
from gate.actions.clock import MACHINE, Clock
from gate.actions.deploy import make_live
from gate.actions.from_platform import look
from gate.actions.held import acknowledge, held
from gate.actions.pinning import pin
from gate.actions.promote import promote
from gate.actions.protocol import finish
from gate.actions.resume import settle
from gate.actions.standing import at_the_end, held_by
from gate.actions.stop import already_there, settled_before, stop
from gate.actions.waiting import live_release
from gate.actions.way_back import find_way_back
from gate.errors import ExitCode, GateError, NotFound, UsageProblem
from gate.judges.last_words import last_words
from gate.ledger.chronicle import Chronicle, begun, going_on
from gate.ledger.known_slugs import KnownSlugs
from gate.ledger.store import Ledger
from gate.model.ending import Ending, Standing, ended_by
from gate.model.evidence import ASKED, SUITES, Category
from gate.model.plan import Plans
from gate.model.platform import Platform
from gate.model.premises import Premises
from gate.model.release import Release
from gate.model.rollback import Consent, Rehearsal, RollbackEvidence, WayBack
from gate.model.subject import Pinned, Subject
from gate.model.verdict import Action, Verdict
from gate.repository import Repository

E = TypeVar("E", bound=Examiner)
SETTLED = frozenset(
    {
        ExitCode.PASSED,
        ExitCode.BLOCKED,
        ExitCode.INSUFFICIENT,
        ExitCode.ROLLED_BACK,
        ExitCode.INTERRUPTED,
    }
)
"""How a run may have ended that is no reason for the next one not to begin."""


@dataclass(frozen=True, slots=True)
class Gatekeeper(Generic[E]):
    """Stands between staging and production; nothing else acts on the platform."""

    platform: Platform
    repository: Repository
    premises: Premises
    plans: Plans
    policy_digest: str
    ledger: Ledger
    home: Path
    examiner: E
    clock: Clock = MACHINE

    def promote(
        self, commit: str, *, again: bool = False, consent: Consent | None = None
    ) -> Ending:
        """Take a commit through the gate: deploy, judge, promote, watch.

        First brings to its end what earlier runs have left; where that needs a person,
        nothing new begins.
        """
        left = [each for each in self.resume() if each.exit_code not in SETTLED]
        if left:
            return left[-1]
        with self._opened("promote", commit) as run:
            acting = self.acting(run)
            settled = settled_before(acting, commit, again=again)
            if settled is not None:
                return self._end(run, settled)
            pinned = pin(acting)
            candidate = self._live(run, self.premises.staging, commit)
            found = find_way_back(acting, self.repository, candidate, consent)
            subject = self._bound(run, found.candidate, found.way_back, pinned)
            if (nothing := already_there(subject)) is not None:
                return self._end(run, nothing)
            with self.examiner.remembering(subject) as old:
                verdict = self.examiner.examine(run, subject, ASKED, found.way_back)
            if verdict.action is not Action.PROMOTE:
                return self._end(run, stop(acting, subject, verdict), verdict)
            promote(acting, subject)
            return self._end(run, finish(acting, old()), verdict)

    def resume(self) -> tuple[Ending, ...]:
        """Bring every run to its end that was broken off; return how each ended.

        One whose exit code is that of `Unresolved` stays open: nothing could be asked.
        """
        premises = self.premises
        names = self.ledger.open_runs(premises.production, premises.platform)
        return tuple(self._resumed(name) for name in reversed(names))

    def _resumed(self, name: str) -> Ending:
        run = Chronicle(self.ledger, name)
        try:
            with going_on(run, partial(self._stands, run)):
                return self._end(run, settle(self.acting(run)))
        except GateError as error:
            if isinstance(error.__cause__, KeyboardInterrupt):
                raise
            return ended_by(name, error)

    def held(self) -> tuple[Ending, ...]:
        """Return how each run ended that was held and that nobody has dealt with."""
        return held(self.ledger, self.premises)

    def acknowledge(self, person: Consent) -> None:
        """Record that a person has seen what is held; raises UsageProblem: nothing is."""
        acknowledge(self.ledger, self.premises, person)

    def look(self) -> Ending:
        """Tell what holds in production where no run is open; nothing is written."""
        try:
            stands = look(self.acting(Chronicle(self.ledger, "")))
        except GateError as error:
            error.standing, error.known = Standing.HELD.value, error.what
            return ended_by("", error)
        says = "nothing to resume"
        return Ending(
            "", ExitCode.PASSED, says, standing=stands.words, known=stands.known
        )

    def check(
        self, asked: Sequence[Category] = SUITES, command: str = "check"
    ) -> Ending:
        """Judge what runs on staging, by what is *asked*; nothing follows from it."""
        with self._opened(command) as run:
            subject = self.prepare(run, None)
            verdict = self.examiner.examine(run, subject, asked)
            answer = f"the answer to {verdict.release} is: {verdict.words}"
            return self._end(run, Outcome(verdict.exit_code, answer), verdict)

    def rehearse(self) -> tuple[Ending, Rehearsal | None]:
        """Take staging to production's slug and back, and judge by that alone.

        Null: there is nothing to go back to, or no way that could be rehearsed.
        """
        with self._opened("rehearse") as run:
            acting, staging = self.acting(run), self.premises.staging
            live = live_release(self.platform, staging, clock=self.clock)
            candidate = candidate_of(staging, live)
            found = find_way_back(acting, self.repository, candidate, asked=True)
            plan, rehearsal = found.way_back.plan, found.way_back.rehearsal
            if rehearsal is None and plan.way is not WayBack.UNSAFE:
                there = "the same slug" if plan.target else "nothing"
                says = f"nothing to rehearse: production runs {there}"
                return self._end(run, Outcome(ExitCode.PASSED, says)), None
            subject = self._bound(run, found.candidate, found.way_back)
            asked = (Category.ROLLBACK,)
            verdict = self.examiner.examine(run, subject, asked, found.way_back)
            where = plan.target or "any release that is known to serve"
            says = f"the way back to {where}, rehearsed on {staging}: {verdict.words}"
            outcome = Outcome(verdict.exit_code, says)
            return self._end(run, outcome, verdict), rehearsal

    def deploy(self, commit: str) -> Ending:
        """Make a commit the candidate, and prove that it is what serves."""
        with self._opened("deploy", commit) as run:
            candidate = self._live(run, self.premises.staging, commit)
            return self._end(run, self._served(candidate))

    def seed(self, commit: str) -> Ending:
        """Release a commit on production, unjudged: a rehearsal needs a baseline."""
        with self._opened("local seed", commit) as run:
            live = self._live(run, self.premises.production, commit)
            return self._end(run, self._served(live))

    def roll_back(
        self, app: str, *, replacing: int | None, target: int | None
    ) -> Ending:
        """Put an earlier release's slug in the place of the live one; prove it serves.

        *replacing* is the version that must be live, *target* the one to restore.
        """
        bad = live_release_of(self.platform, app, replacing)
        known = KnownSlugs.of(self.ledger.records())
        restore = release_to_restore(self.platform, bad, target, known)
        against = tuple(speaks_against(self.platform, restore, known))
        with self._opened("rollback", restore.commit or "") as run:
            outcome = roll_back_by_hand(self.acting(run), bad, restore, against)
            return self._end(run, outcome)

    def prepare(self, run: Chronicle, commit: str | None) -> Subject:
        """Make *commit* the candidate, or take what runs on staging; bind the run."""
        staging = self.premises.staging
        if commit is None:
            candidate = live_release(self.platform, staging, clock=self.clock)
        else:
            candidate = self._live(run, staging, commit)
        return self._bound(run, candidate_of(staging, candidate))

    def _bound(
        self,
        run: Chronicle,
        candidate: Release,
        way_back: RollbackEvidence | None = None,
        pinned: Pinned = Pinned(),  # noqa: B008 - frozen
    ) -> Subject:
        subject = bind(
            self.acting(run),
            candidate,
            policy_digest=self.policy_digest,
            way_back=way_back,
            pinned=pinned,
        )
        if not subject.commit or not self.repository.has(subject.commit):
            raise UsageProblem(
                f"{subject.candidate.name} is of {subject.commit or 'no named commit'}",
                why="that commit is not in this clone, so its tests are not here",
                advice="git fetch, then try again",
            )
        self.examiner.prepare(run, subject)
        return subject

    def _live(self, run: Chronicle, app: str, commit: str) -> Release:
        scratch = (self.home / "runs" / run.run / "scratch").absolute()
        return make_live(
            self.acting(run), self.repository, app, commit, scratch=scratch
        )

    def _served(self, release: Release) -> Outcome:
        barrier = self.examiner.serves(release)
        code = ExitCode.PASSED if barrier.serves else ExitCode.BLOCKED
        state = "serves" if barrier.serves else "does not serve"
        commit = (release.commit or "?")[:8]
        says = f"{release.name} ({commit}) {state}: {barrier.seen}"
        return Outcome(code, says, last_words(barrier.log_tail))

    @contextmanager
    def _opened(self, command: str, commit: str = "") -> Iterator[Chronicle]:
        committed = self.repository.committed_at(commit) if commit else ""
        run = begun(self.ledger, command, self.premises, commit, committed=committed)
        with going_on(run, partial(self._stands, run)):
            yield run

    def _stands(self, run: Chronicle, error: BaseException) -> tuple[str, str]:
        """Tell what holds in production when *error* has broken the run off."""
        if not run.remembered().concerns_production:
            return "", ""
        stands = held_by(self.acting(run), error)
        return stands.words.value, stands.known

    def _end(
        self, run: Chronicle, outcome: Outcome, verdict: Verdict | None = None
    ) -> Ending:
        """Look at what holds now, and close the run with it."""
        acting = self.acting(run)
        journal = acting.journal()
        staging = self._live_on(self.premises.staging)
        production = self._live_on(self.premises.production)
        evidence = (self.home / "runs" / run.run / "evidence").absolute()
        ending = Ending(
            run=run.run,
            exit_code=outcome.exit_code,
            says=outcome.says,
            staging=staging.name if staging and staging.slug else "",
            production=production.name if production and production.slug else "",
            evidence=str(evidence) if verdict else "",
            last_words=outcome.last_words,
            verdict=verdict,
            watched=journal.watched,
        )
        if journal.concerns_production:
            stands = at_the_end(acting, outcome)
            ending = replace(ending, standing=stands.words, known=stands.known)
        return run.close(ending)

    def _live_on(self, app: str) -> Release | None:
        with suppress(NotFound):  # a fresh platform has no apps yet
            return self.platform.current_release(app)
        return None

    def acting(self, run: Chronicle) -> Acting:
        """Return what the actions of a run have at hand."""
        return Acting(
            self.platform, self.premises, self.plans, run, self.examiner, self.clock
        )
