"""Rehearsing a rollback on staging: from the candidate to the old release, and back.

Whatever the candidate's release command has done to the database stays done: so it is
seen, before production is touched, whether the old code can live with that.
"""

import re
from collections.abc import Sequence
from fnmatch import fnmatchcase

from gate.actions.acting import Acting
from gate.actions.bind import align, candidate_of, component_urls
from gate.actions.slug_release import release_slug
from gate.actions.waiting import LONGEST_PAUSE, SETTLE, live_release
from gate.actions.writing import same_slug
from gate.errors import (
    GateError,
    MovedMeanwhile,
    PlatformRefused,
    PlatformUnavailable,
)
from gate.model.evidence import BarrierEvidence
from gate.model.release import Release, Slug
from gate.model.rollback import Rehearsal, Stop
from gate.model.subject import Subject
from gate.repository import Repository

NOT_THIS_SLUG = frozenset({400, 404, 409, 410, 422})
"""How a platform refuses what is asked for; other refusals are about who asks."""
DATABASE = re.compile(
    r"^\w*DATABASE\w*=|=(?:postgres|postgresql|mysql|mariadb|sqlite|mongodb)\b[\w+]*:"
)
"""A config var, as NAME=value, that tells of a database."""


def what_calls_for_it(
    acting: Acting, repository: Repository, old: Release, candidate: Release
) -> tuple[str, ...]:
    """Return what changed since *old* and calls for a rehearsal: files of the app.

    Where that cannot be told a rehearsal is called for too, and the reason is returned.
    """
    globs = acting.plans.promotion.rehearse
    if not globs:
        return ()
    before, after = old.commit or "", candidate.commit or ""
    for release, commit in ((old, before), (candidate, after)):
        if not commit or not repository.has(commit):
            named = f"commit {commit[:8]}" if commit else "its commit"
            return (f"unknown changes: {named} of {release.name} is not in this clone",)
    changed = repository.changed(before, after)
    return tuple(path for path in changed if _matches(path, globs))


def rehearse(
    acting: Acting, old: Release, candidate: Release
) -> tuple[Rehearsal, Release]:
    """Take staging to the slug of *old* and back; return also what runs there now.

    *old* is production's release, *candidate* what is live on staging. Raises
    MovedMeanwhile when somebody else releases there meanwhile, PlatformUnavailable when
    the baseline app does not serve, or when staging could not be taken back.
    """
    serves = acting.await_serving(candidate)
    if not serves.serves:
        why = f"{candidate.name} does not serve, there is nothing to come back to"
        return Rehearsal(None, None, f"{why}: {serves.seen}"), candidate
    control_url = _beside(acting, old)
    back: Stop | None = None
    broken = ""
    try:
        try:
            back = _back(acting, old, candidate, control_url)
        except GateError as error:
            broken = str(error)
        began = acting.clock.ticks()
        live = _returned(acting, old, candidate)
    except GateError:
        raise
    except (KeyboardInterrupt, Exception):
        # Not proved to serve: whoever interrupts wants an end, and the next run looks.
        _returned(acting, old, candidate)
        raise
    barrier = acting.await_serving(live)
    if not barrier.asked:
        return Rehearsal(back, None, broken or barrier.seen), live
    return Rehearsal(back, _stop(acting, live, barrier, began), broken), live


def _matches(path: str, globs: Sequence[str]) -> bool:
    """A star stands for slashes too, and ``**/`` for no folder at all."""
    return any(fnmatchcase(path, g) or fnmatchcase(f"/{path}", g) for g in globs)


def _beside(acting: Acting, old: Release) -> str:
    """Have the slug of *old* on the baseline app; return where.

    Empty: there is none, or it meets the same new schema, and can excuse nothing.
    """
    app = acting.premises.baseline
    if not app or _one_database(acting):
        return ""
    return align(acting, old, app)


def _one_database(acting: Acting) -> bool:
    """Whether config vars tell that staging and the baseline app share a database."""
    platform, premises = acting.platform, acting.premises
    there = platform.config_vars(premises.baseline)
    return any(
        value and value == there.get(name) and DATABASE.search(f"{name}={value}")
        for name, value in platform.config_vars(premises.staging).items()
    )


def _back(acting: Acting, old: Release, candidate: Release, control_url: str) -> Stop:
    """Release the slug of *old* on staging, and have its own checks look at it.

    A slug that is refused, or whose release command fails, is what was to be found out.
    """
    assert old.slug is not None, "there is something to go back to"
    assert candidate.slug is not None, "a candidate holds a slug"
    began = acting.clock.ticks()
    mark = f"gate {acting.run.run}: rehearsal, back to {old.name}"
    try:
        restored = _released(acting, candidate.slug, old.slug, mark)
    except GateError as error:
        refused = error.__cause__
        if not isinstance(refused, PlatformRefused):
            raise
        if refused.status not in NOT_THIS_SLUG:
            raise
        seen = f"{error.what}: {refused}"
        return Stop(old.name, old.commit or "", 0.0, serves=False, seen=seen)
    barrier = acting.await_serving(restored)
    if not barrier.asked:
        raise PlatformUnavailable(
            f"whether {restored.name} serves could not be asked", why=barrier.seen
        )
    subject = _subject(acting, old, restored, control_url)
    return _stop(acting, restored, barrier, began, subject)


def _stop(
    acting: Acting,
    release: Release,
    barrier: BarrierEvidence,
    began: float,
    subject: Subject | None = None,
) -> Stop:
    """Return what was seen of *release*; the checks of *subject* are not timed."""
    seconds = round(acting.clock.ticks() - began, 1)
    troubles: tuple[str, ...] = ()
    if barrier.serves and subject is not None:
        troubles = acting.examiner.own_checks(acting.run, subject)
    return Stop(
        release.name,
        release.commit or "",
        seconds,
        serves=barrier.serves,
        seen=barrier.seen,
        troubles=troubles,
        log=barrier.log_tail,
    )


def _subject(
    acting: Acting, old: Release, restored: Release, control_url: str
) -> Subject:
    """The old release as a candidate, beside itself where its database is its own."""
    platform, premises = acting.platform, acting.premises
    return Subject(
        run=acting.run.run,
        candidate=restored,
        candidate_url=platform.app(premises.staging).web_url,
        baseline=old,
        production_url=platform.app(premises.production).web_url,
        control_url=control_url,
        control_app=premises.baseline if control_url else "",
        components=component_urls(acting),
    )


def _returned(acting: Acting, old: Release, candidate: Release) -> Release:
    """Have the candidate's slug on staging again; return the release that holds it.

    A platform that does not answer is asked for a while: it is looked at before each
    write, so nothing is written twice.
    """
    assert old.slug is not None, "it was gone back to"
    assert candidate.slug is not None, "a candidate holds a slug"
    mark = f"gate {acting.run.run}: rehearsal, forth to {candidate.name}"
    ends = acting.clock.ticks() + SETTLE
    while True:
        try:
            return _released(acting, old.slug, candidate.slug, mark)
        except MovedMeanwhile:
            raise
        except GateError as error:
            silent = type(error) is PlatformUnavailable
            if not silent or acting.clock.ticks() >= ends:
                raise _not_returned(old, candidate, error) from error
        acting.clock.wait(LONGEST_PAUSE)


def _not_returned(
    old: Release, candidate: Release, error: GateError
) -> PlatformUnavailable:
    return PlatformUnavailable(
        f"after the rehearsal {candidate.app} may still run the slug of {old.name}: "
        "it could not be taken back to the candidate",
        why=str(error),
        advice="production is untouched; promote again: that deploys the candidate",
    )


def _released(acting: Acting, there: Slug, slug: Slug, mark: str) -> Release:
    """Release *slug* on staging in the place of *there*, unless it is live already.

    Raises MovedMeanwhile when neither is live: somebody else's release is not undone.
    """
    app = acting.premises.staging
    live = candidate_of(app, live_release(acting.platform, app, clock=acting.clock))
    if same_slug(live.slug, slug):
        return live
    if not same_slug(live.slug, there):
        raise MovedMeanwhile(
            f"{live.name} was released while a rollback was rehearsed",
            why=live.description,
            advice="look who released it, then promote again",
        )
    return release_slug(acting, live, slug, app=app, deed="rehearse", mark=mark)
