"""Binding: what exactly is judged, against what, before anything is asked of it."""

from dataclasses import replace

from gate.actions.acting import Acting
from gate.actions.restart import start_alike
from gate.actions.slug_release import release_slug
from gate.actions.waiting import live_release
from gate.errors import MovedMeanwhile, PlatformUnavailable, UsageProblem
from gate.ledger.chronicle import now
from gate.ledger.records import CandidateBound
from gate.model.release import Release, Slug
from gate.model.rollback import RollbackEvidence, RollbackPlan, WayBack
from gate.model.subject import Pinned, Subject


def bind(
    acting: Acting,
    candidate: Release | None,
    *,
    policy_digest: str,
    way_back: RollbackEvidence | None = None,
    pinned: Pinned = Pinned(),  # noqa: B008 - frozen
) -> Subject:
    """Return the subject of a run, with the baseline running beside the candidate.

    Both have been started for this run: see `start_alike`. Raises UsageProblem when
    there is no candidate, PlatformUnavailable when the baseline cannot be brought up:
    then nothing can be compared. Raises MovedMeanwhile when production is not what
    *way_back* goes back to.
    """
    platform, premises = acting.platform, acting.premises
    live = live_release(platform, premises.production, clock=acting.clock)
    candidate = candidate_of(premises.staging, candidate)
    production = platform.app(premises.production)
    baseline = live if live is not None and live.slug is not None else None
    if way_back is not None:
        _require_planned(way_back.plan, baseline)
    control = ""
    if baseline is not None and premises.baseline:
        control = align(acting, baseline, premises.baseline, beside=candidate)
    subject = Subject(
        run=acting.run.run,
        candidate=_without_secrets(candidate),
        candidate_url=platform.app(premises.staging).web_url,
        baseline=_without_secrets(baseline) if baseline else None,
        production_url=production.web_url,
        control_url=control,
        control_app=premises.baseline if control else "",
        components=component_urls(acting),
        policy_digest=policy_digest,
        pinned=pinned,
        restore=way_back.restore if way_back else "",
    )
    acting.run.append(CandidateBound(acting.run.run, now(), subject))
    return subject


def _require_planned(plan: RollbackPlan, baseline: Release | None) -> None:
    """A rollback must never go past what the candidate is compared with."""
    found = baseline.slug.id if baseline is not None and baseline.slug else ""
    none_needed = plan.way is WayBack.NONE_NEEDED
    if (none_needed and found) or (plan.slug and plan.slug != found):
        raise MovedMeanwhile(
            f"{plan.app} moved while the way back was looked for",
            why=f"{baseline.name if baseline else 'nothing'} is live now, "
            f"not {plan.target or 'nothing'}",
            advice="promote again",
        )


def _without_secrets(release: Release) -> Release:
    """Whoever knows the address of its output can read it: it is not recorded."""
    return replace(release, output_stream_url=None)


def component_urls(acting: Acting) -> dict[str, str]:
    """Return where each of the components is, by its name."""
    components = acting.premises.components
    return {name: acting.platform.app(app).web_url for name, app in components.items()}


def candidate_of(staging: str, live: Release | None) -> Release:
    """Return what is *live* on *staging*; raises UsageProblem when it runs nothing."""
    if live is None or live.slug is None:
        raise UsageProblem(
            f"nothing runs on {staging}",
            why="it holds no release with a slug",
            advice="run: python -m gate deploy",
        )
    return live


def align(
    acting: Acting, baseline: Release, app: str, *, beside: Release | None = None
) -> str:
    """Have *app* serve the slug of *baseline*, as fresh as *beside*; return where.

    Raises PlatformUnavailable when it does not come up.
    """
    assert baseline.slug is not None
    mark = f"gate {acting.run.run}: baseline {baseline.name}"
    running = have_slug(acting, baseline.slug, app, mark=mark)
    if beside is not None:
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
