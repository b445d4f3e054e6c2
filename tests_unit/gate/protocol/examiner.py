"""An examiner that looks at the model, and whose verdict a scenario has decided on."""

from collections.abc import Sequence
from dataclasses import dataclass

from gate.errors import PlatformUnavailable
from gate.judges.watch import TOO_LITTLE
from gate.ledger.chronicle import Chronicle, now
from gate.ledger.records import VerdictReached
from gate.model.evidence import SUITES, BarrierEvidence, Category
from gate.model.release import Release
from gate.model.rollback import RollbackEvidence, WayBack
from gate.model.subject import Subject
from gate.model.verdict import Action, Finding, Judgement, Result, Row, Verdict
from gate.model.watch_evidence import Traffic, Watched
from tests_unit.gate.fakes.quiet import Quiet
from tests_unit.gate.protocol.estate import PRODUCTION, letter_of
from tests_unit.gate.protocol.heroku import Heroku
from tests_unit.gate.protocol.port import Port

LOOKS = 3
BETWEEN = 4.0
CRASHED = Finding(Category.HEALTH, "health/crashed", "it crashed")
BROKEN = Finding(Category.EVIDENCE, "evidence/watch-broken", "not seen to its end")
LITTLE = Finding(Category.EVIDENCE, TOO_LITTLE, "too little traffic")


@dataclass(frozen=True)
class Seen:
    """A watch that came to its end: from when to when, of which release, with what.

    *whole*: it could tell, or there was too little traffic for more.
    """

    run: str
    began: float
    ended: float
    version: int
    letter: str
    result: Result
    whole: bool


@dataclass
class Looker(Quiet):
    """A `gate.actions.acting.Examiner`.

    A bad slug shows *bad_after* seconds. The first *blind* watches cannot tell, of all
    that are *seen*; *little*: there is too little traffic to tell.
    """

    heroku: Heroku
    port: Port
    seen: list[Seen]
    action: Action = Action.PROMOTE
    bad_after: float = 0.0
    blind: int = 0
    little: bool = False
    dead: str = ""

    def serves(self, release: Release) -> BarrierEvidence:
        return self.port.do("examiner", "serves", lambda: self._serves(release))

    def _serves(self, release: Release) -> BarrierEvidence:
        try:
            self.heroku.called()
        except PlatformUnavailable as error:
            return BarrierEvidence(release.name, False, "", str(error), asked=False)
        live = self.heroku.places[release.app].live
        there = live is not None and live.version == release.version
        serves = there and letter_of(release.slug) not in self.dead
        return BarrierEvidence(release.name, serves, "X-Release", f"there: {there}")

    def examine(
        self,
        run: Chronicle,
        subject: Subject,
        asked: Sequence[Category] = SUITES,
        way_back: RollbackEvidence | None = None,
    ) -> Verdict:
        for suite in ("health", "load"):
            self.port.do("examiner", suite, self.heroku.called)
        unsafe = way_back is not None and way_back.plan.way is WayBack.UNSAFE
        action = max(self.action, Action.BLOCK if unsafe else Action.PROMOTE)
        because = () if action is Action.PROMOTE else (CRASHED,)
        result = Result.FAILED if because else Result.PASSED
        rows = tuple(Row(each, result, "", action) for each in asked)
        verdict = Verdict(subject.candidate.name, action, rows, because)
        run.append(VerdictReached(run.run, now(), verdict))
        return verdict

    def watch(
        self,
        run: Chronicle,
        subject: Subject,
        release: Release,
        before: Traffic | None,
    ) -> Watched:
        began = self.heroku.now
        result, findings = Result.PASSED, tuple[Finding, ...]()
        for _ in range(LOOKS):
            showed = self.port.do("examiner", "watch", lambda: self._look(release))
            if showed is CRASHED:
                result, findings = Result.FAILED, (CRASHED,)
                break
            if showed is not None:
                result, findings = Result.INSUFFICIENT, (showed,)
        if result is Result.PASSED and len(self.seen) < self.blind:
            result, findings = Result.INSUFFICIENT, (BROKEN,)
        if result is Result.PASSED and self.little:
            result, findings = Result.INSUFFICIENT, (LITTLE,)
        ended, letter = self.heroku.now, letter_of(release.slug)
        whole = result is Result.PASSED or findings == (LITTLE,)
        self.seen.append(
            Seen(run.run, began, ended, release.version, letter, result, whole)
        )
        judged = Judgement(Category.HEALTH, result, "looked at", findings)
        return Watched(judged, ended - began, "")

    def _look(self, release: Release) -> Finding | None:
        self.heroku.wait(BETWEEN)
        try:
            self.heroku.called()
        except PlatformUnavailable:
            return BROKEN
        live = self.heroku.places[PRODUCTION].live
        if live is None or live.version != release.version:
            return BROKEN
        old_enough = self.heroku.now - live.since >= self.bad_after
        return CRASHED if live.letter in self.heroku.bad and old_enough else None

    def own_checks(self, run: Chronicle, subject: Subject) -> tuple[str, ...]:
        self.port.do("examiner", "own checks", self.heroku.called)
        return ()
