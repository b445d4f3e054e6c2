"""The candidate beside itself: what differs between the two is noise."""

from collections.abc import Iterator
from contextlib import contextmanager

from gate.actions.acting import Acting
from gate.actions.bind import align, candidate_of, have_slug
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
    live = live_release(platform, premises.staging, clock=acting.clock)
    candidate = candidate_of(premises.staging, live)
    before = live_release(platform, premises.baseline, clock=acting.clock)
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
    if before is not None and before.slug is not None:
        mark = f"gate {acting.run.run}: back to {before.name}"
        have_slug(acting, before.slug, acting.premises.baseline, mark=mark)
