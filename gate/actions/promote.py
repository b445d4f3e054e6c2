"""Promoting: the judged release, by its id, onto what it was compared with.

`promote` is steps 9 to 12 of the protocol (`gate.actions.protocol`); `landed` finds out
what became of it, and is all that a resumed run does: nothing is ever sent twice.
"""

from collections.abc import Iterable

from gate.actions.acting import Acting
from gate.actions.pinning import still_pinned
from gate.actions.waiting import (
    LOOK_BACK,
    growing_pauses,
    until,
    written_release,
)
from gate.actions.writing import (
    Settling,
    confirm,
    failed,
    intend,
    same_slug,
    sent,
    unanswered,
)
from gate.errors import (
    Held,
    MovedMeanwhile,
    PlatformRefused,
    PlatformUnavailable,
    PromotionFailed,
    Unresolved,
)
from gate.interrupts import held_back
from gate.ledger.journal import Write
from gate.ledger.records import ActionIntended
from gate.model.platform import Platform
from gate.model.release import PromotionTarget, Release, ReleaseStatus, TargetStatus
from gate.model.subject import Subject

PATIENCE = 3600.0


def promote(acting: Acting, subject: Subject) -> Release:
    """Return production's release of the judged slug, settled.

    Raises MovedMeanwhile before anything is written, PlatformRefused or PromotionFailed
    when nothing came of it, Held when another slug came out, Unresolved when the
    platform could not be asked what came of it.
    """
    platform = acting.platform
    app = acting.premises.production
    # Before the comparison: what comes after it is above this version.
    newest = platform.releases(app, limit=1)
    if newest and newest[0].status is ReleaseStatus.PENDING:
        raise MovedMeanwhile(
            f"{newest[0].name} is being released to production; nothing was promoted",
            why=newest[0].description,
            advice="wait until it has settled, then promote again",
        )
    nothing_moved(acting, subject)
    slug = subject.candidate.slug
    assert slug is not None, "a subject is bound to a slug"
    with held_back():  # an answer that comes soon is recorded, whoever interrupts
        intent = intend(
            acting,
            "promote",
            app,
            replaces=subject.baseline.name if subject.baseline else "nothing",
            puts=subject.candidate.name,
            slug=slug.id,
            floor=newest[0].version if newest else 0,
        )
        write = _send(acting, subject, intent)
    return landed(acting, subject, write)


def _send(acting: Acting, subject: Subject, intent: ActionIntended) -> Write:
    """Ask for the promotion, once, and record the answer, or that there is none."""
    try:
        promotion = acting.platform.promote(
            pipeline_id=subject.pinned.pipeline_id,
            source=subject.candidate,
            source_app_id=subject.pinned.staging_id,
            target_id=subject.pinned.production_id,
        )
    except PlatformRefused as error:
        failed(acting, intent, str(error))
        raise
    except PlatformUnavailable:
        return Write(intent, unanswered=unanswered(acting, intent))
    return Write(intent, sent(acting, intent, promotion.id))


def landed(acting: Acting, subject: Subject, write: Write) -> Release:
    """Return production's release that a promotion has made, once it has settled.

    Asks the promotion itself where its id is known, else production's releases. Raises
    as `promote` does.
    """
    platform, intent = acting.platform, write.intent
    if write.confirmed is not None:
        return written_release(
            platform, intent.app, write.confirmed.version, clock=acting.clock
        )
    adopted = write.sent is None
    release = None
    if write.sent is not None:
        release = _followed(acting, subject, intent, write.sent.reference)
    if release is None:
        release = _found(acting, subject, write)
    if not same_slug(subject.candidate.slug, release.slug):
        raise Held(
            f"{release.name} does not hold the judged slug",
            why=f"expected {subject.candidate.slug}, found {release.slug}",
            advice="a person is needed: see who else promotes to production",
        )
    return confirm(acting, intent, release, adopted=adopted)


def nothing_moved(acting: Acting, subject: Subject) -> None:
    """Raise MovedMeanwhile unless staging, production and pipeline are as judged."""
    platform = acting.platform
    still_pinned(acting, subject.pinned)
    candidate = platform.current_release(subject.candidate.app)
    if candidate is None or candidate.id != subject.candidate.id:
        live = candidate.name if candidate else "nothing"
        raise MovedMeanwhile(
            f"{subject.candidate.name} is no longer what runs on staging: {live} is",
            why="the verdict was about the other one",
            advice="promote again, to have judged what runs there now",
        )
    baseline = platform.current_release(acting.premises.production)
    before = subject.baseline.id if subject.baseline else None
    after = baseline.id if baseline and baseline.slug else None
    if before != after:
        live = baseline.name if baseline else "nothing"
        raise MovedMeanwhile(
            f"production moved while the candidate was judged: {live} is live now",
            why="the verdict was a comparison with the release before",
            advice="promote again, to be compared with what is live now",
        )


def _followed(
    acting: Acting, subject: Subject, intent: ActionIntended, promotion: str
) -> Release | None:
    """Return what a promotion came to that was accepted; None: it tells nothing."""

    def read() -> PromotionTarget | None:
        targets = acting.platform.promotion_targets(promotion)
        wanted = subject.pinned.production_id
        return next((t for t in targets if t.app_id == wanted), None)

    try:
        target = until(
            read,
            lambda seen: seen is not None and seen.status is not TargetStatus.PENDING,
            patience=PATIENCE,
            what=f"the promotion to {intent.app}",
            clock=acting.clock,
        )
    except PlatformUnavailable:
        return None
    assert target is not None
    if target.status is TargetStatus.FAILED or target.release_id is None:
        why = target.error_message or "its release command failed"
        raise _came_to_nothing(acting, intent, why)
    return written_release(
        acting.platform, intent.app, target.release_id, clock=acting.clock
    )


def _found(acting: Acting, subject: Subject, write: Write) -> Release:
    """Look for the judged slug above the floor, until it cannot come any more."""
    intent, settling = write.intent, Settling(acting, write)
    pauses = growing_pauses()
    while True:
        over = settling.over
        try:
            ours = tuple(_ours(acting.platform, subject, intent))
        except PlatformUnavailable as error:
            if over:
                raise Unresolved(
                    f"a promotion to {intent.app} was asked for; what became of it "
                    "could not be asked",
                    why=str(error),
                    advice="run: python -m gate resume",
                ) from error
        else:
            good = [r for r in ours if r.status is not ReleaseStatus.FAILED]
            if good:
                version = good[0].version
                release = written_release(
                    acting.platform, intent.app, version, clock=acting.clock
                )
                if release.status is not ReleaseStatus.FAILED:
                    return release
            elif over and write.sent is not None and not ours:
                # It was accepted, so that it is not void for want of a sight of it.
                late = _followed(acting, subject, intent, write.sent.reference)
                if late is not None:
                    return late
            elif over or (ours and write.sent is not None):
                why = "its release command failed" if ours else "it never took effect"
                raise _came_to_nothing(acting, intent, why)
        acting.clock.wait(next(pauses))


def _ours(
    platform: Platform, subject: Subject, intent: ActionIntended
) -> Iterable[Release]:
    """Yield production's releases since the intent that hold the judged slug."""
    for release in platform.releases(intent.app, limit=LOOK_BACK):
        if release.version <= intent.floor:
            return
        slug = release.slug
        if slug is None:
            continue
        if slug.id != intent.slug and slug.checksum is None:
            slug = platform.slug(intent.app, slug.id)
        if same_slug(subject.candidate.slug, slug):
            yield release


def _came_to_nothing(
    acting: Acting, intent: ActionIntended, why: str
) -> PromotionFailed:
    failed(acting, intent, why)
    return PromotionFailed(
        f"the promotion to {intent.app} failed; the old release serves",
        why=why,
        advice=f"look at the release output of {intent.app}",
    )
