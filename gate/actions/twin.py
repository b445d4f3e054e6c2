"""The candidate beside itself: what differs between the two is noise."""

from collections.abc import Iterator
from contextlib import contextmanager

from gate.actions.acting import Acting
from gate.actions.bind import align
from gate.actions.slug_release import release_slug
from gate.actions.waiting import live_release
from gate.errors import UsageProblem
from gate.model.release import Release
from gate.model.subject import Subject


@contextmanager
def twin(acting: Acting) -> Iterator[Subject]:
    """Have staging's slug on the baseline app too, and put back what was there.

    Raises UsageProblem when there is no baseline app, or nothing runs on staging;
    PlatformUnavailable when the slug does not come up there.
    """
    platform, premises = acting.platform, acting.premises
    if not premises.baseline:
        raise UsageProblem(
            "there is no app for the candidate to run beside itself",
            why="the settings name no baseline",
            advice='name an app in [tool.gate]: baseline = "…-baseline"',
        )
    candidate = live_release(platform, premises.staging)
    if candidate is None or candidate.slug is None:
        raise UsageProblem(
            f"nothing runs on {premises.staging}",
            why="it holds no release with a slug",
            advice="run: python -m gate deploy",
        )
    before = live_release(platform, premises.baseline)
    try:
        yield Subject(
            run=acting.run.run,
            candidate=candidate,
            candidate_url=platform.app(premises.staging).web_url,
            baseline=candidate,
            production_url=platform.app(premises.production).web_url,
            control_url=align(acting, candidate, premises.baseline, beside=candidate),
            control_app=premises.baseline,
        )
    finally:
        _put_back(acting, before)


def _put_back(acting: Acting, before: Release | None) -> None:
    """Should this be broken off as well, the next run aligns the app before it asks."""
    app = acting.premises.baseline
    now = acting.platform.current_release(app)
    if before is None or before.slug is None or now is None or now.slug is None:
        return
    if now.slug.id != before.slug.id:
        mark = f"gate {acting.run.run}: back to {before.name}"
        release_slug(
            acting, now, before.slug, app=app, deed="align baseline", mark=mark
        )
