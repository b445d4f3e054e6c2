"""Binding: what exactly is judged, against what, before anything is asked of it."""

from gate.actions.acting import Acting
from gate.actions.restart import start_alike
from gate.actions.slug_release import release_slug
from gate.actions.waiting import live_release
from gate.errors import PlatformUnavailable, UsageProblem
from gate.ledger.chronicle import now
from gate.ledger.records import CandidateBound
from gate.model.release import Release, Slug
from gate.model.subject import Subject


def bind(acting: Acting, candidate: Release | None, *, policy_digest: str) -> Subject:
    """Return the subject of a run, with the baseline running beside the candidate.

    Both have been started for this run: see `start_alike`. Raises UsageProblem when
    there is no candidate, PlatformUnavailable when the baseline cannot be brought up:
    then nothing can be compared.
    """
    platform, premises = acting.platform, acting.premises
    candidate = candidate_of(premises.staging, candidate)
    production = platform.app(premises.production)
    live = live_release(platform, premises.production)
    baseline = live if live is not None and live.slug is not None else None
    control = ""
    if baseline is not None and premises.baseline:
        control = align(acting, baseline, premises.baseline, beside=candidate)
    subject = Subject(
        run=acting.run.run,
        candidate=candidate,
        candidate_url=platform.app(premises.staging).web_url,
        baseline=baseline,
        production_url=production.web_url,
        control_url=control,
        control_app=premises.baseline if control else "",
        components={
            name: platform.app(app).web_url for name, app in premises.components.items()
        },
        policy_digest=policy_digest,
    )
    acting.run.ledger.append(CandidateBound(acting.run.run, now(), subject))
    return subject


def candidate_of(staging: str, live: Release | None) -> Release:
    """Return what is *live* on *staging*; raises UsageProblem when it runs nothing."""
    if live is None or live.slug is None:
        raise UsageProblem(
            f"nothing runs on {staging}",
            why="it holds no release with a slug",
            advice="run: python -m gate deploy",
        )
    return live


def align(acting: Acting, baseline: Release, app: str, *, beside: Release) -> str:
    """Have *app* serve the slug of *baseline*, as fresh as *beside*; return where.

    Raises PlatformUnavailable when it does not come up.
    """
    assert baseline.slug is not None
    mark = f"gate {acting.run.run}: baseline {baseline.name}"
    running = have_slug(acting, baseline.slug, app, mark=mark)
    start_alike(acting, running, beside)
    barrier = acting.await_serving(running)
    if not barrier.serves:
        raise PlatformUnavailable(
            f"the baseline app {app} does not serve the slug of {baseline.name}",
            why=barrier.seen,
            advice=f"look at its log; it needs the same config vars as {app}'s peers",
        )
    return acting.platform.app(app).web_url


def have_slug(acting: Acting, slug: Slug, app: str, *, mark: str) -> Release:
    """Have *app* run *slug*, released as *mark* only where another runs there."""
    running = acting.platform.current_release(app)
    if running is not None and running.slug is not None and running.slug.id == slug.id:
        return running
    return release_slug(
        acting, running, slug, app=app, deed="align baseline", mark=mark
    )
