"""The protocol of a promotion: each step, and what a run that ends there leaves.

Heroku compares nothing before it writes, knows no idempotency key, and neither lists
promotions nor takes one back. So a look comes before each write and another after it, and
what is recorded is what the platform shows, never what an answer said.

 #  step             recorded           called                  ended here, then resumed
 1  lease            -                  -                       the lease is free at once
 2  open             run opened         -                       closed: nothing was changed
 3  candidate        will/did deploy    source, build, reads    staging has the candidate,
                                                                or not: the next run sees
 4  way back         rollback planned   reads                   closed
 5  rehearsal        will/did rehearse  slug releases, staging  closed: staging may run the
                                                                old slug; the next promote
                                                                deploys the candidate again
 6  bind             candidate bound    reads; the baseline     closed
                                        app takes its slug
 7  barrier, suites  evidence …         reads, requests         closed: judged anew
 8  judgement        verdict reached    -                       closed; a rollback of
                                                                staging is finished first
 9  compare          -                  reads                   closed
10  intent           will promote       -                       found out: never sent again
11  promotion        sent               the promotion, once     found out, by its id or
                                                                among the releases
12  outcome          did promote        reads                   found out
13  watch            watch ended        reads, requests         watched anew, as long
14  take back        slug rejected,     a slug release          looked at: where the bad
                     will/did roll back                         slug is live, once more
15  settle           -                  reads                   waited for again
16  close            run closed         -                       -

Rules. Nothing is sent without an intent on disk (10, 14), and no intent is recorded
without a look in the same breath (9). A promotion is sent once in the life of a run, and
names the judged release (11); "not there" means nothing until no request can still take
effect (12, 15). A failed release command is no promotion, and is not rolled back (12). A
rollback restores what the run was bound to, never "the previous release", and only where
the slug of this run is live, under whichever version (14): a release by somebody else is
not undone, and ends the run as held. No run ends in peace while a request of its own may
still take effect (15), or when a release of somebody else was covered by one (15).
"""

from gate.actions.acting import Acting, Outcome
from gate.actions.promote import landed
from gate.actions.roll_back import roll_back
from gate.actions.stop import reject
from gate.actions.waiting import LONGEST_PAUSE, LOOK_BACK, PAUSE
from gate.actions.writing import Settling, same_slug
from gate.errors import ExitCode, Held, MovedMeanwhile, NotFound, Unresolved
from gate.judges.watch import action_after
from gate.ledger.chronicle import now
from gate.ledger.journal import Journal, Write
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
    watched = journal.watched
    if watched is None or _left_open(acting, subject, watched):
        watched = _watched(acting, subject, release, before)
    outcome = _carried(acting, subject, release, watched)
    _nothing_lost(acting, subject)
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
    _settle(acting)
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
            raise _superseded(error.what, error.why) from error
        _settle(acting)
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


def _settle(acting: Acting) -> None:
    """Wait until no request of this run can take effect any more that was not seen."""
    settling = Settling(acting, *_unseen(acting.journal()))
    pause = PAUSE
    while not settling.over:
        acting.clock.wait(pause)
        pause = min(pause * 1.2, LONGEST_PAUSE)


def _unseen(journal: Journal) -> list[Write]:
    """Return the writes whose own effect may be still to come.

    A promotion that was adopted bears no mark: it may be somebody else's of the same
    slug. A rollback is found by its mark, and is its own.
    """
    found = [write for write in journal.writes("roll back") if write.open]
    promotion = journal.promotion
    if promotion is None or promotion.confirmed is None:
        return found
    return [*found, promotion] if promotion.confirmed.adopted else found


def _require_ours(acting: Acting, subject: Subject, release: Release) -> Release:
    live = acting.platform.current_release(acting.premises.production)
    if live is not None and same_slug(live.slug, subject.candidate.slug):
        return live
    name = live.name if live else "nothing"
    raise _superseded(
        f"{name} is live now, and not {release.name}", live.description if live else ""
    )


def _nothing_lost(acting: Acting, subject: Subject) -> None:
    """Raise Held when a release of somebody else lies covered by one of this run.

    Nothing prevents it: the platform compares nothing. But it is not kept quiet.
    """
    journal = acting.journal()
    writes = [*journal.writes("promote"), *journal.writes("roll back")]
    own = {w.confirmed.version for w in writes if w.confirmed is not None}
    app = acting.premises.production
    marks = {w.intent.mark for w in writes if w.intent.app == app and w.intent.mark}
    own_slugs = {subject.restore, subject.candidate.slug and subject.candidate.slug.id}
    floor = subject.baseline.version if subject.baseline else 0
    releases = acting.platform.releases(app, limit=LOOK_BACK)
    own |= {each.version for each in releases if each.description in marks}
    for release in releases:
        if release.version <= floor:
            return
        if release.version in own:
            continue
        foreign = release.slug is not None and release.slug.id not in own_slugs
        lived = release.status is ReleaseStatus.SUCCEEDED
        if foreign and lived and release.version < max(own, default=0):
            raise Held(
                f"{release.name} was released by somebody else, and covered by this run",
                why=release.description,
                advice="a person is needed: look whether it is still wanted, and "
                "release it again",
            )


def _superseded(what: str, why: str) -> Held:
    return Held(
        f"somebody else released to production: {what}",
        why=why,
        advice="nothing was written over it; look who did, and judge it: "
        "python -m gate check",
    )
