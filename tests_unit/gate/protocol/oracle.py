"""What must be true of a history, each rule with its id; judged when all is over.

The ids are those of the protocol's design: S what is safe, T what is told, L that it
ends. A gate of several is told from the others by *who*.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from gate.errors import ExitCode
from gate.ledger.journal import Journal
from gate.ledger.records import ActionIntended, Record, RunClosed, VerdictReached
from gate.model.ending import Standing
from gate.model.subject import Subject
from gate.model.verdict import Action
from tests_unit.gate.protocol.estate import (
    COLLEAGUE,
    PRODUCTION,
    STAGING,
    Made,
    Place,
    Sent,
    letter_of,
)
from tests_unit.gate.protocol.examiner import Seen
from tests_unit.gate.protocol.heroku import Heroku
from tests_unit.gate.protocol.world import Moment, Told, World

LOUD = frozenset({ExitCode.UNRESOLVED, ExitCode.HELD})
TAKES = {"promote": "promote", "release": "roll back"}
DENIALS = ("was not rolled back", "never took effect")
REPLACES = frozenset({"deploy", "undo", "by hand"})
"""The acts of a colleague that put something else there, unlike a config change."""


@dataclass(frozen=True)
class History:
    """What a model, a ledger and its observers hold when nothing is in flight."""

    heroku: Heroku
    rows: list[Record]
    seen: list[Seen]
    closings: dict[str, Moment]
    told: list[Told]
    excused: bool
    """Whether something happened that is a reason to call a person."""
    silent: bool
    """Whether the platform or the disk did not answer at some time."""

    @property
    def kept(self) -> Journal:
        """The promotion that a rollback by hand takes back: the first there was."""
        return Journal.of(r for r in self.rows if r.run == self.rows[0].run)

    @property
    def runs(self) -> Iterator["Run"]:
        """Each run that left a record."""
        for name in dict.fromkeys(record.run for record in self.rows):
            yield Run(self, name)


class Run:
    """One run in a history."""

    def __init__(self, history: History, name: str) -> None:
        self.history, self.name = history, name
        self.records = [r for r in history.rows if r.run == name]
        self.journal = Journal.of(self.records)
        self.by_hand = self.journal.by_hand
        asked_of = history.kept if self.by_hand else self.journal
        self.subject: Subject | None = asked_of.subject
        self.closed: RunClosed | None = self.journal.closed
        sent = [s for s in history.heroku.sent if s.run == name]
        self.sent = [s for s in sent if s.app == PRODUCTION]
        self.staged = [s for s in sent if s.app == STAGING and s.kind == "release"]
        self.promoted = [s for s in self.sent if s.kind == "promote"]
        self.taken_back = [s for s in self.sent if s.kind == "release"]

    @property
    def candidate(self) -> str:
        """The letter that was judged."""
        return letter_of(self.subject.candidate.slug) if self.subject else ""

    @property
    def restore(self) -> str:
        """The letter that a rollback restores."""
        baseline = self.subject.baseline if self.subject else None
        return letter_of(baseline.slug) if baseline else ""

    @property
    def floor(self) -> int:
        """The version of production that the run was bound to."""
        baseline = self.subject.baseline if self.subject else None
        return baseline.version if baseline else 0

    @property
    def at_stake(self) -> bool:
        """Whether it was about to promote; somebody else may have, of the same slug."""
        return self.journal.promotion is not None

    @property
    def lived(self) -> list[Made]:
        """Its releases that went live in production."""
        made = [s.release for s in self.sent if s.release is not None]
        return [m for m in made if m.version in _production(self).lives]


def _production(run: Run) -> Place:
    return run.history.heroku.places[PRODUCTION]


def judged(world: World) -> list[str]:
    """All that is wrong with a history; nothing, where all is well."""
    scenario = world.scenario
    fates = (*scenario.release, *scenario.staging_release)
    interfered = bool(world.scenario.acts)
    refused = any(s.refused for s in world.heroku.sent if s.kind == "release")
    failed = any("fails" in str(fate) for fate in fates)
    failed = failed or bool(scenario.dead and scenario.first == "rollback")
    struck = any(told.struck for told in world.told)
    unanswered = scenario.blind > 0 or scenario.build not in ("good", "slow")
    return broken(
        world,
        excused=interfered or refused or failed or not scenario.production,
        silent=struck or unanswered or scenario.silence is not None,
    )


def broken(world: World, *, excused: bool, silent: bool) -> list[str]:
    """All that is wrong with a history, given what speaks for it: see `History`."""
    history = History(
        world.heroku,
        world.rows,
        world.seen,
        world.closings,
        world.told,
        excused=excused,
        silent=silent,
    )
    return [*filter(None, (world.trouble,)), *_broken(history)]


def _broken(history: History) -> Iterator[str]:
    for run in history.runs:
        for rules in (_sends, _covers, _ends, _promises, _asked_for):
            yield from rules(run)
    for told in history.told:
        yield from _tells(history, told)


def _sends(run: Run) -> Iterator[str]:
    """What may be sent at all, and after what."""
    if len(run.promoted) > 1:
        yield "S5 promoted twice"
    for sent in run.promoted:
        if not any(_passes(record, run) for record in run.history.rows[: sent.rows]):
            yield "S1 promoted without a durable pass"
        if sent.letter != run.candidate:
            yield f"S1b promoted {sent.letter}, and {run.candidate} was judged"
    production = _production(run)
    lived = {m.letter for m in production.releases if m.version in production.lives}
    for sent in run.taken_back:
        if sent.letter != run.restore:
            yield f"S6 rolled back to {sent.letter}, and not to {run.restore}"
        if sent.letter not in lived:
            yield f"S12 rolled back to {sent.letter}, which never ran there"
    yield from _unannounced(run)


def _passes(record: Record, run: Run) -> bool:
    return (
        isinstance(record, VerdictReached)
        and record.run == run.name
        and record.verdict.action is Action.PROMOTE
    )


def _unannounced(run: Run) -> Iterator[str]:
    for kind, sent_of in (("promote", run.promoted), ("release", run.taken_back)):
        for number, sent in enumerate(sent_of, 1):
            wanted = (run.name, PRODUCTION, TAKES[kind])
            intents = [
                r
                for r in run.history.rows[: sent.rows]
                if isinstance(r, ActionIntended) and (r.run, r.app, r.deed) == wanted
            ]
            if len(intents) < number:
                yield f"I1 a {kind} was sent without an intent on disk"


def _covers(run: Run) -> Iterator[str]:
    """What is written over what."""
    production = _production(run)
    by_version = {m.version: m for m in production.releases}
    for sent in run.sent:
        looked = by_version.get(sent.looked)
        if looked is None or not _foreign(run, looked):
            continue
        same = sent.kind == "release" and looked.letter == run.candidate
        if not same and looked.letter != sent.letter:
            yield f"S10 wrote over v{looked.version}, seen at the last look"
    loud = run.closed is not None and run.closed.exit_code in LOUD
    for made in run.lived:
        under = by_version.get(made.over)
        if under is None:
            continue
        if made.config != under.config:
            yield "S7 reverted a config change of somebody else"
        own = {run.candidate, run.restore}
        if _foreign(run, under) and under.letter not in own and not loud:
            yield f"S2 covered v{under.version} without a word"


def _foreign(run: Run, made: Made) -> bool:
    foreign = made.by == COLLEAGUE and made.kind in REPLACES
    return foreign and made.version > run.floor


def _ends(run: Run) -> Iterator[str]:
    """What an end of this kind must not leave."""
    closed = run.closed
    if closed is None:
        yield "L1 a run was never closed"
        return
    code, then = ExitCode(closed.exit_code), run.history.closings[run.name]
    if code is ExitCode.DEFECT:
        yield f"D a defect: {closed.says}"
    if code is ExitCode.HELD and not run.history.excused:
        yield f"S9 cried wolf: {closed.says}"
    live = _production(run).live
    if code not in LOUD:
        if then.in_flight:
            yield f"S4 ended {code.name} with a write still in flight"
        ours = live is not None and any(m is live for m in run.lived)
        if live is not None and ours and live.letter in run.history.heroku.bad:
            yield f"S4 ended {code.name}, and the bad slug is live"
    bad = then.live == run.candidate and then.live in run.history.heroku.bad
    helpless = not run.restore or any(_useless(s) for s in run.taken_back)
    told = code is ExitCode.HELD and live is not None and live.by == COLLEAGUE
    wanted = told or _wanted(run, then)
    if bad and run.lived and run.subject and not (helpless or wanted):
        yield f"S4c ended {code.name} while the bad slug was live"


def _wanted(run: Run, then: Moment) -> bool:
    """Whether a colleague took the bad slug away, and then put it there on purpose.

    Known for certain where the run knows its promotion's id: that took effect once.
    """
    promotion = run.journal.promotion
    if promotion is None or promotion.sent is None or promotion.confirmed is None:
        return False
    own = promotion.confirmed.version
    acts = [
        made
        for made in _production(run).releases
        if made.by == COLLEAGUE and own < made.version <= then.version
    ]
    away = [made.version for made in acts if made.letter != run.candidate]
    back = [made.version for made in acts if made.kind == "by hand"]
    return bool(away and back and away[0] < back[-1])


def _useless(sent: Sent) -> bool:
    """A rollback that the platform refused, or whose release command failed."""
    failed = sent.release is not None and sent.release.status == "failed"
    return sent.refused or failed


def _promises(run: Run) -> Iterator[str]:
    """That what is recorded is so, at the instant at which it is recorded."""
    closed = run.closed
    if closed is None or run.by_hand:
        return
    code, then = ExitCode(closed.exit_code), run.history.closings[run.name]
    if code is ExitCode.PASSED and run.at_stake:
        if then.live != run.candidate:
            yield f"T2 ended PASSED, and {then.live} is live"
        if not any(_watched(run, s) for s in run.history.seen):
            yield "T2 ended PASSED, and was not watched to the end"
    elif (
        code is ExitCode.PASSED
        and run.subject is not None
        and then.live != run.candidate
    ):
        yield f"T2 ended PASSED with nothing to do, and {then.live} is live"
    elif code is ExitCode.ROLLED_BACK and run.at_stake:
        if then.live != run.restore:
            yield f"T3 ended ROLLED_BACK, and {then.live} is live"
    elif code is ExitCode.ROLLED_BACK and then.staging == run.candidate:
        yield "T3 ended ROLLED_BACK, and the candidate is live on staging"
    elif code not in LOUD and code is not ExitCode.ROLLED_BACK and run.lived:
        yield f"T1 ended {code.name}, and production was changed"
    yield from _stands(run, code, closed.standing, then)


def _taken_back(run: Run, closed: RunClosed) -> Iterator[str]:
    """How a rollback that a person asked for ends."""
    code, standing = ExitCode(closed.exit_code), closed.standing
    then = run.history.closings[run.name]
    back = then.live == run.restore
    if run.lived and any(denial in closed.says for denial in DENIALS):
        yield f"T5 its rollback took effect, and it told: {closed.says}"
    if standing == Standing.NEW_SERVES:
        yield "T5 told that the new release serves, and promoted none"
    if standing == Standing.OLD_SERVES and run.lived and not back:
        yield f"T5 told that the old release serves, and {then.live} does"
    if standing not in tuple(Standing):
        yield "T5 ended and did not tell what holds"
    if code is ExitCode.TRY_AGAIN and run.lived:
        yield "T5 told to try again, and its rollback took effect"
    if code is ExitCode.PASSED and run.taken_back and not back:
        yield f"T5 ended PASSED, and {then.live} is live"
    if code is ExitCode.PASSED and run.lived and standing != Standing.OLD_SERVES:
        yield f"T5 ended PASSED, and told: {standing}"
    if code in LOUD and standing != Standing.HELD:
        yield f"T5 ended {code.name}, and told: {standing}"


def _asked_for(run: Run) -> Iterator[str]:
    """A rollback by hand is asked for by one process, and the ledger tells of it."""
    if not run.by_hand:
        return
    if run.closed is not None:
        yield from _taken_back(run, run.closed)
    if run.promoted:
        yield "S13 promoted, and a rollback was asked for"
    if len({asked.process for asked in run.taken_back}) > 1:
        yield "S13 asked for again by a process that came later"
    by_version = {m.version: m for m in _production(run).releases}
    for asked in run.taken_back:
        looked = by_version.get(asked.looked)
        if looked is not None and looked.letter == run.restore:
            yield f"S13 asked for again, and v{looked.version} had been seen"
    sent = [(s.mark, s.release) for s in run.taken_back if s.release is not None]
    made = {mark: release for mark, release in sent if release.status == "succeeded"}
    loud = run.closed is not None and run.closed.exit_code in LOUD
    for write in run.journal.writes("roll back", PRODUCTION):
        own = made.get(write.intent.mark)
        version = write.confirmed.version if write.confirmed else 0
        if version and (own is None or own.version != version):
            yield f"T6 recorded v{version} as its own"
        if own is not None and not version and (write.failed or not loud):
            yield f"T6 recorded nothing of v{own.version}, which it made"


def _watched(run: Run, seen: Seen) -> bool:
    """Whether a whole watch of this run began after its promotion was live."""
    since = min((m.since for m in run.lived if m.kind == "promote"), default=0.0)
    same = (seen.run, seen.letter) == (run.name, run.candidate)
    return same and seen.whole and seen.began >= since


def _stands(run: Run, code: ExitCode, standing: str, then: Moment) -> Iterator[str]:
    """Whether the word of three is the right one."""
    if not standing:
        return
    ours = run.at_stake and then.live == run.candidate
    if standing == Standing.NEW_SERVES and not ours:
        yield f"T4 told that the new release serves, and {then.live} does"
    if standing == Standing.OLD_SERVES and ours:
        yield "T4 told that the old release serves, and the new one does"
    if standing == Standing.NEW_SERVES and then.live in run.history.heroku.bad:
        yield "T4 told that the new release serves, and it is bad"
    if run.history.silent and standing == Standing.HELD:
        return
    if code is ExitCode.PASSED and run.at_stake and standing != Standing.NEW_SERVES:
        yield f"T4 ended PASSED, and told: {standing}"
    if (
        code is ExitCode.ROLLED_BACK
        and run.at_stake
        and standing != Standing.OLD_SERVES
    ):
        yield f"T4 ended ROLLED_BACK, and told: {standing}"
    if code in LOUD and run.at_stake and standing != Standing.HELD:
        yield f"T4 ended {code.name}, and told: {standing}"


def _tells(history: History, told: Told) -> Iterator[str]:
    """What a process says when it ends, closed or not."""
    if told.code is ExitCode.DEFECT:
        yield f"D a defect: {told.says[-60:]}"
    if told.code is ExitCode.UNRESOLVED and not (history.silent or history.excused):
        yield f"S9 unresolved, and all could be asked: {told.says[-60:]}"
