"""The way back, found before anything is changed: to what, and what speaks against it.

From a promotion the way back leads to what serves in production before it, and never
past that: where it does not serve, or was rejected, there is none. A rollback releases
the slug of the target with today's config vars, so the plan names what differs; of
config vars the names alone, since their values are secrets.
"""

from collections import Counter
from collections.abc import Iterator, Mapping

from gate.actions.acting import Acting
from gate.actions.choosing import earlier, named, passed_over, speaks_against
from gate.errors import NotFound, PlatformUnavailable
from gate.ledger.known_slugs import KnownSlugs
from gate.model.evidence import BarrierEvidence
from gate.model.platform import Platform
from gate.model.release import Release, Slug
from gate.model.rollback import Against, RollbackPlan, WayBack

NAMED = (
    "name a release that you know to be good: python -m gate rollback --plan --to v1"
)


def plan_rollback(
    acting: Acting, app: str, live: Release | None, candidate: Release
) -> RollbackPlan:
    """Return how *app* would be taken back from *candidate* to what is *live* there.

    Raises PlatformUnavailable when it could not be asked whether that serves.
    """
    if live is None or live.slug is None:
        return RollbackPlan(app, candidate.name, "", "", WayBack.NONE_NEEDED)
    barrier = acting.await_serving(live)
    if not barrier.asked:
        raise PlatformUnavailable(
            f"whether {live.name} serves could not be asked, so there is no way back yet",
            why=barrier.seen,
            advice="nothing was promoted; try again when the platform answers",
        )
    known = KnownSlugs.of(acting.run.ledger.records())
    because = (
        *_does_not_serve(live, barrier),
        *_unfit(acting.platform, live, known),
    )
    return _planned(
        acting.platform, candidate, live, live, because, f"it serves: {barrier.seen}"
    )


def plan_back(
    platform: Platform, live: Release, known: KnownSlugs, target: int | None
) -> RollbackPlan:
    """Return how an app would be taken back from what is *live* now.

    To the version *target*, or else to the last release that is known to have served.
    Raises UsageProblem when the target is no release to go back to.
    """
    app = live.app
    release = (
        named(platform, live, target) if target else earlier(platform, live, known)
    )
    if release is None:
        release = passed_over(platform, live, known)
    if release is None:
        nothing = Against(
            "rollback/no-earlier-release",
            f"before {live.name} there is no release of {app} to go back to",
            "correct it, and promote the correction",
            f"heroku releases --app {app}",
        )
        return RollbackPlan(app, live.name, "", "", WayBack.UNSAFE, (nothing,))
    run = known.served_in(release.slug)
    verified = f"run {run} saw it serve" if run else "that it serves is not recorded"
    against = tuple(speaks_against(platform, release, known))
    because = (*_unfit(platform, release, known), *against)
    if not run and not target and not against:
        unknown = Against(
            "rollback/not-known-to-serve",
            f"of no release before {live.name} is it recorded that it served",
            NAMED,
            f"heroku releases --app {app}",
        )
        because = (*because, unknown)
    return _planned(platform, live, release, live, because, verified)


def _does_not_serve(live: Release, barrier: BarrierEvidence) -> Iterator[Against]:
    if not barrier.serves:
        yield Against(
            "rollback/does-not-serve",
            f"{live.name} is live and does not serve: {barrier.seen}",
            "mend production first",
            f"heroku ps --app {live.app}",
        )


def _unfit(platform: Platform, target: Release, known: KnownSlugs) -> Iterator[Against]:
    """Yield why the slug of *target* cannot, or must not, be released again."""
    look = f"heroku releases:info v{target.version} --app {target.app}"
    if run := known.rejected_in(target.slug):
        yield Against(
            "rollback/rejected",
            f"the slug of {target.name} was rejected by run {run}",
            "put a good release in its place first",
            f"python -m gate explain {run}",
        )
    if not target.eligible_for_rollback:
        yield Against(
            "rollback/not-eligible",
            f"{target.name} cannot be restored any more ({target.status.value})",
            "release its commit anew, then promote",
            look,
        )
    if _slug(platform, target) is None:
        yield Against(
            "rollback/slug-gone",
            f"the slug of {target.name} is gone",
            "release its commit anew, then promote",
            look,
        )


def _slug(platform: Platform, release: Release) -> Slug | None:
    try:
        return platform.slug(release.app, release.slug.id) if release.slug else None
    except NotFound:
        return None


def _planned(
    platform: Platform,
    replaced: Release,
    target: Release,
    live: Release,
    because: tuple[Against, ...],
    verified: str,
) -> RollbackPlan:
    slug = target.slug.id if target.slug and not because else ""
    config = tuple(_config_and_addons(platform, target, live))
    way = WayBack.SAFE_WITH_TODAYS_CONFIG if config else WayBack.SAFE
    return RollbackPlan(
        app=target.app,
        replaces=replaced.name,
        target=target.name,
        slug=slug,
        way=WayBack.UNSAFE if because else way,
        because=because,
        differs=(*config, *_process_types(target, replaced)),
        verified="" if because else verified,
    )


def _config_and_addons(
    platform: Platform, target: Release, live: Release
) -> Iterator[str]:
    """Yield what the target had otherwise than *live* has it today, by name."""
    today = platform.config_vars(target.app)
    try:
        then = platform.release_config_vars(target.app, target.version)
    except NotFound:
        yield f"what config vars {target.name} had is not told any more"
        then = today
    for name in sorted(then.keys() | today.keys()):
        if then.get(name) != today.get(name):
            yield f"config var {name} {_changed(name, then, today)}"
    had, has = Counter(target.addons), Counter(live.addons)
    yield from (f"add-on {plan} was added since" for plan in sorted(has - had))
    yield from (f"add-on {plan} was removed since" for plan in sorted(had - has))


def _process_types(target: Release, replaced: Release) -> Iterator[str]:
    then, after = _commands(target.slug), _commands(replaced.slug)
    for name in sorted(then.keys() | after.keys()):
        if then.get(name) != after.get(name):
            what = f"process type {name}"
            if name not in then:
                yield f"{what} ends: {target.name} has none"
            elif name not in after:
                yield f"{what} returns: see that it is scaled"
            elif then[name] and after[name]:  # a platform need not tell them
                yield f"{what} runs another command"


def _commands(slug: Slug | None) -> dict[str, str]:
    if slug is None:
        return {}
    told = slug.commands or ("",) * len(slug.process_types)
    return dict(zip(slug.process_types, told, strict=True))


def _changed(name: str, then: Mapping[str, str], now: Mapping[str, str]) -> str:
    if name not in then:
        return "was added since"
    return "has another value now" if name in now else "was removed since"
