"""Promoting: the judged release, by its id, onto what it was compared with.

1. Read staging and production again; anything moved → refuse, nothing was written.
2. Record the intent.
3. Ask for the promotion of ``source.release.id``, once.
4. Wait for the target. An answer that was lost is looked up among production's
   releases by slug and version; the request is never repeated.
5. Record the outcome: production's own release, whose slug must be the judged one.
"""

from gate.actions.acting import Acting
from gate.actions.waiting import found_write, until, written_release
from gate.errors import (
    Held,
    MovedMeanwhile,
    PlatformRefused,
    PlatformUnavailable,
    PromotionFailed,
    UsageProblem,
)
from gate.model.platform import Platform
from gate.model.release import App, PromotionTarget, Release, TargetStatus
from gate.model.subject import Subject

PATIENCE = 3600.0
LOOK_BACK = 20


def promote(acting: Acting, subject: Subject) -> Release:
    """Return production's release of the judged slug, settled.

    Raises MovedMeanwhile before anything is written, Held when another slug came
    out, Unresolved when the platform could not be asked what came of it.
    """
    platform, premises = acting.platform, acting.premises
    production = platform.app(premises.production)
    staging = platform.app(premises.staging)
    pipeline = platform.pipeline(premises.pipeline)
    if pipeline is None:
        raise UsageProblem(
            f"there is no pipeline {premises.pipeline}",
            advice="correct [tool.gate] pipeline, or create it: heroku pipelines:create",
        )
    _nothing_moved(platform, subject, production)
    replaces = subject.baseline.name if subject.baseline else "nothing"
    with acting.run.deed(
        "promote", production.name, replaces=replaces, puts=subject.candidate.name
    ) as outcome:
        try:
            promotion = platform.promote(
                pipeline_id=pipeline.id,
                source=subject.candidate,
                source_app_id=staging.id,
                target_id=production.id,
            )
        except PlatformRefused:
            raise
        except PlatformUnavailable as error:
            release = _find(platform, subject, production, error)
        else:
            release = _follow(platform, promotion.id, subject, production)
        judged, live = subject.candidate.slug, release.slug
        if judged is None or live is None or judged.id != live.id:
            raise Held(
                f"{release.name} does not hold the judged slug",
                why=f"expected {judged}, found {live}",
                advice="a person is needed: see who else promotes to production",
            )
        outcome.append(release)
    return outcome[0]


def _nothing_moved(platform: Platform, subject: Subject, production: App) -> None:
    candidate = platform.current_release(subject.candidate.app)
    if candidate is None or candidate.id != subject.candidate.id:
        live = candidate.name if candidate else "nothing"
        raise MovedMeanwhile(
            f"{subject.candidate.name} is no longer what runs on staging: {live} is",
            why="the verdict was about the other one",
            advice="promote again, to have judged what runs there now",
        )
    baseline = platform.current_release(production.name)
    before = subject.baseline.id if subject.baseline else None
    after = baseline.id if baseline and baseline.slug else None
    if before != after:
        live = baseline.name if baseline else "nothing"
        raise MovedMeanwhile(
            f"production moved while the candidate was judged: {live} is live now",
            why="the verdict was a comparison with the release before",
            advice="promote again, to be compared with what is live now",
        )


def _follow(
    platform: Platform, promotion_id: str, subject: Subject, production: App
) -> Release:
    """Return what a promotion came to; it was accepted, whatever is said of it now."""
    try:
        target = _target(platform, promotion_id, production)
    except PlatformUnavailable as error:
        return _find(platform, subject, production, error)
    return _released(platform, production, target)


def _target(platform: Platform, promotion_id: str, production: App) -> PromotionTarget:
    def read() -> PromotionTarget | None:
        targets = platform.promotion_targets(promotion_id)
        return next((t for t in targets if t.app_id == production.id), None)

    target = until(
        read,
        lambda seen: seen is not None and seen.status is not TargetStatus.PENDING,
        patience=PATIENCE,
        what=f"the promotion to {production.name}",
    )
    assert target is not None
    return target


def _released(platform: Platform, production: App, target: PromotionTarget) -> Release:
    if target.status is TargetStatus.FAILED or target.release_id is None:
        raise PromotionFailed(
            f"the promotion to {production.name} failed; the old release serves",
            why=target.error_message or "its release command failed",
            advice=f"look at the release output of {production.name}",
        )
    return written_release(platform, production.name, target.release_id)


def _find(
    platform: Platform, subject: Subject, production: App, error: PlatformUnavailable
) -> Release:
    """Look for our slug above the baseline's version, until it should have shown."""
    floor = subject.baseline.version if subject.baseline else 0
    wanted = subject.candidate.slug.id if subject.candidate.slug else ""

    def read() -> Release | None:
        for release in platform.releases(production.name, limit=LOOK_BACK):
            ours = release.slug is not None and release.slug.id == wanted
            if ours and release.version > floor:
                return release
        return None

    found = found_write(
        read,
        error,
        what=f"a promotion to {production.name}",
        advice="run the command again: it looks before it writes",
    )
    return written_release(platform, production.name, found.version)
