"""The protocol of a promotion: each step, and what a run that ends there leaves.

Heroku compares nothing before it writes, knows no idempotency key, and neither lists
promotions nor takes one back. So a look comes before each write and another after it, and
what is recorded as done is what the platform shows, never what an answer said.

 #  step             recorded           called                  ended here, then resumed
 1  lease            -                  -                       free at once; a ref of a
                                                                remote after 90 s
 2  open             run opened         -                       closed: nothing was changed
 3  candidate        will/did deploy    reads; source, build    staging has the candidate,
                                                                or not: the next run sees
 4  way back         rollback planned,  reads, requests         closed
                     rollback accepted
 5  rehearsal        will/did align     slug releases, not on   closed: staging may run the
                     baseline, rehearse production; requests    old slug; the next promote
                                                                deploys the candidate again
 6  bind             will/did align     reads; the baseline     closed
                     baseline, restart, app takes its slug;
                     candidate bound    dynos start afresh
 7  barrier, suites  evidence …         reads, requests         closed: judged anew
 8  judgement        verdict reached,   where it says so: a     closed; a rollback of
                     will/did roll back slug release, staging   staging is finished first
 9  compare          -                  reads                   closed
10  intent           will promote       -                       found out: never sent again
11  promotion        sent, unanswered,  the promotion, once     found out, by its id or
                     or failed: refused                         among the releases
12  outcome          did promote, or    reads                   found out
                     failed
13  watch            watch ended        reads, requests         watched anew, as long
14  take back        slug rejected,     a slug release,         looked at: where the bad
                     will/did roll back requests                slug is live, once more
                     (or unanswered)
15  settle           unanswered, where  reads                   waited for, to the same
                     that is not yet                            moment; on another boot or
                                                                machine: as long again
16  close            run closed, or     reads, requests: the    looked at again; suspended
                     run suspended      closing look            it stays open

Rules. Nothing is sent without an intent on disk (10, 14), and no intent is recorded
without a look in the same breath (9). A promotion is sent once in the life of a run, and
names the judged release (11); "not there" means nothing until no request can still take
effect (12, 15). A failed release command is no promotion, and is not rolled back (12). A
rollback restores what the run was bound to, never "the previous release", and only where
the slug of this run is live, under whichever version (14): a release by somebody else is
not undone, and ends the run as held. No run ends in peace while a request of its own may
still take effect, counted from when it was given up and not from its intent (15), or when
a release of somebody else was covered by one (15). And none ends by what it has done, but
by what production shows last (16): where that is a release of somebody else, it is held.
"""

from gate.actions.acting import Acting, Outcome
from gate.actions.closing import await_settled, require_nothing_covered
from gate.actions.promote import landed
from gate.actions.roll_back import roll_back
from gate.actions.stop import reject
from gate.actions.waiting import LOOK_BACK
from gate.actions.writing import is_one_of, same_slug
from gate.errors import ExitCode, Held, MovedMeanwhile, NotFound, Unresolved
from gate.judges.watch import action_after
from gate.ledger.chronicle import now
from gate.ledger.records import WatchEnded
from gate.model.release import Release, ReleaseStatus, Slug
from gate.model.subject import Subject
from gate.model.verdict import Action, Judgement, Result
from gate.model.watch_evidence import Traffic

MOST_WATCHES = 3


def finish(acting: Acting, before: Traffic | None = None) -> Outcome:
    """Bring a run whose promotion was intended to its end: steps 12 to 15.

    Raises what `landed` and `roll_back` do; Held when somebody else has released to
    production, Unresolved when a watch could not tell.
    """
    journal = acting.journal()
    subject, write = journal.subject, journal.promotion
    assert subject is not None
    assert write is not None
    _require_the_same_app(acting, subject)
    release = landed(acting, subject, write)
    _require_nobody_came_back(acting, subject, release)
    watched = journal.watched
    if watched is None or _left_open(acting, subject, watched):
        watched = _watched(acting, subject, release, before)
    outcome = _carried(acting, subject, release, watched)
    _require_nothing_covered(acting, subject, release)
    return outcome


def _require_the_same_app(acting: Acting, subject: Subject) -> None:
    """Raise Held where production's name stands for another app, or for none."""
    name, pinned = acting.premises.production, subject.pinned.production_id
    try:
        found = acting.platform.app(name).id
    except NotFound:
        found = "no app"
    if pinned and found != pinned:
        raise Held(
            f"{name} is not the app any more that this run was to promote to",
            why=f"it was {pinned}, and is {found}",
            advice="a person is needed: look who deleted it or made it anew",
        )


def _require_nobody_came_back(
    acting: Acting, subject: Subject, release: Release
) -> None:
    """Raise Held where somebody took the release away, and then put it there again.

    A promotion whose id is known takes effect once: the second one is not of this run,
    and what a person has decided since is not undone.
    """
    journal, app = acting.journal(), acting.premises.production
    promotion = journal.promotion
    if promotion is None or promotion.sent is None or promotion.confirmed is None:
        return
    since = [
        each
        for each in acting.platform.releases(app, limit=LOOK_BACK)
        if each.version > promotion.confirmed.version
        and each.slug is not None
        and each.status is ReleaseStatus.SUCCEEDED
    ]
    marks = {write.intent.mark for write in journal.writes("roll back", app)}
    ours = (subject.candidate.slug, release.slug)
    away = [each for each in since if not is_one_of(each.slug, *ours)]
    foreign = [each for each in away if each.description not in marks]
    if foreign and is_one_of(since[0].slug, *ours):
        await_settled(acting)
        raise _superseded(
            f"{foreign[0].name} took the place of this run's release, and "
            f"{since[0].name} put its slug there again",
            since[0].description,
        )


def _watched(
    acting: Acting, subject: Subject, release: Release, before: Traffic | None
) -> Judgement:
    """Watch *release*; once more where a config change put the same slug on top."""
    times = 0
    while True:
        watched = acting.examiner.watch(acting.run, subject, release, before)
        times += 1
        live = acting.platform.current_release(acting.premises.production)
        bad = watched.judgement.result is Result.FAILED
        if bad or live is None or live.id == release.id or times == MOST_WATCHES:
            break
        if not same_slug(live.slug, subject.candidate.slug):
            break
        release = live
    acting.run.append(
        WatchEnded(
            acting.run.run, now(), watched.judgement, watched.seconds, watched.digest
        )
    )
    return watched.judgement


def _left_open(acting: Acting, subject: Subject, watched: Judgement) -> bool:
    return _follows(acting, subject, watched) is Action.BLOCK


def _follows(acting: Acting, subject: Subject, watched: Judgement) -> Action:
    return action_after(watched, acting.plans.watch, first=subject.baseline is None)


def _carried(
    acting: Acting, subject: Subject, release: Release, watched: Judgement
) -> Outcome:
    match _follows(acting, subject, watched):
        case Action.PROMOTE:
            return _kept(acting, subject, release, watched)
        case Action.ROLL_BACK:
            return _taken_back(acting, subject, release, watched)
        case Action.BLOCK:
            await_settled(acting)
            _require_ours(acting, subject, release)
            raise Unresolved(
                f"{release.name} was promoted, and the watch could not tell",
                why=watched.seen,
                advice="look at it; python -m gate resume watches it again",
            )


def _kept(
    acting: Acting, subject: Subject, release: Release, watched: Judgement
) -> Outcome:
    """Step 15 of a promotion that stays."""
    await_settled(acting)
    live = _require_ours(acting, subject, release)
    says = f"promoted {subject.candidate.name}: {live.name} serves"
    if watched.result is not Result.PASSED:
        says += "; kept, though the watch could not tell"
    return Outcome(ExitCode.PASSED, says)


def _taken_back(
    acting: Acting, subject: Subject, release: Release, watched: Judgement
) -> Outcome:
    """Steps 14 and 15: reject the slug, restore what the run was bound to."""
    if not acting.journal().rejected:
        reject(acting, subject, watched)
    restore = _restored_slug(subject)
    if restore is None:
        raise Held(
            f"{release.name} is bad and production had no good release before it",
            why=watched.seen,
            advice="a person is needed: correct it, and promote the correction",
        )
    while True:
        try:
            restored = roll_back(acting, release, restore)
        except MovedMeanwhile as error:
            await_settled(acting)  # a request of this run may still cover it
            live = acting.platform.current_release(acting.premises.production)
            if live is not None and same_slug(live.slug, subject.candidate.slug):
                continue
            _require_nothing_covered(acting, subject, release)
            raise _superseded(error.what, error.why) from error
        await_settled(acting)
        live = acting.platform.current_release(acting.premises.production)
        if live is None or same_slug(live.slug, restore):
            break
        if not same_slug(live.slug, subject.candidate.slug):
            raise _superseded(f"{live.name} is live now", live.description)
    says = (
        f"production rolled back: {restored.name} serves the slug of "
        f"{subject.baseline.name if subject.baseline else 'before'} "
        f"in place of {release.name}"
    )
    return Outcome(ExitCode.ROLLED_BACK, says)


def _restored_slug(subject: Subject) -> Slug | None:
    """The slug that a rollback of production puts back: the baseline's, or none."""
    baseline = subject.baseline.slug if subject.baseline else None
    planned = baseline is not None and subject.restore == baseline.id
    return baseline if planned else None


def _require_ours(acting: Acting, subject: Subject, release: Release) -> Release:
    live = acting.platform.current_release(acting.premises.production)
    if live is not None and same_slug(live.slug, subject.candidate.slug):
        return live
    name = live.name if live else "nothing"
    raise _superseded(
        f"{name} is live now, and not {release.name}", live.description if live else ""
    )


def _require_nothing_covered(
    acting: Acting, subject: Subject, release: Release
) -> None:
    require_nothing_covered(
        acting,
        acting.premises.production,
        put=(subject.candidate.slug, release.slug),
        back=_restored_slug(subject),
        above=subject.baseline.version if subject.baseline else 0,
    )


def _superseded(what: str, why: str) -> Held:
    return Held(
        f"somebody else released to production: {what}",
        why=why,
        advice="nothing was written over it; look who did, and judge it: "
        "python -m gate check",
    )
