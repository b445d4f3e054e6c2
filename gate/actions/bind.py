"""Binding: what exactly is judged, against what, before anything is asked of it."""

from gate.actions.acting import Acting
from gate.actions.restart import start_alike
from gate.actions.slug_release import release_slug
from gate.actions.waiting import live_release
from gate.errors import PlatformUnavailable, UsageProblem
from gate.ledger.chronicle import now
from gate.ledger.records import CandidateBound
from gate.model.release import Release
from gate.model.subject import Subject


def bind(acting: Acting, candidate: Release | None, *, policy_digest: str) -> Subject:
    """Return the subject of a run, with the baseline running beside the candidate.

    Both have been started for this run: see `start_alike`. Raises UsageProblem when
    there is no candidate, PlatformUnavailable when the baseline cannot be brought up:
    then nothing can be compared.
    """
    platform, premises = acting.platform, acting.premises
    if candidate is None or candidate.slug is None:
        raise UsageProblem(
            f"nothing runs on {premises.staging}",
            why="it holds no release with a slug",
            advice="run: python -m gate deploy",
        )
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


def align(acting: Acting, baseline: Release, app: str, *, beside: Release) -> str:
    """Have *app* serve the slug of *baseline*, as fresh as *beside*; return where.

    Raises PlatformUnavailable when it does not come up.
    """
    assert baseline.slug is not None
    running = acting.platform.current_release(app)
    if running is None or running.slug is None or running.slug.id != baseline.slug.id:
        running = release_slug(
            acting,
            running,
            baseline.slug,
            app=app,
            deed="align baseline",
            mark=f"gate {acting.run.run}: baseline {baseline.name}",
        )
    start_alike(acting, running, beside)
    barrier = acting.await_serving(running)
    if not barrier.serves:
        raise PlatformUnavailable(
            f"the baseline app {app} does not serve the slug of {baseline.name}",
            why=barrier.seen,
            advice=f"look at its log; it needs the same config vars as {app}'s peers",
        )
    return acting.platform.app(app).web_url
