"""How the state moves: pure rules on apps and releases, no processes."""

from collections import defaultdict
from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

from gate.local_platform import clock
from gate.local_platform.state import (
    App,
    Build,
    ProcessScale,
    Promotion,
    Release,
    Slug,
    State,
)

KEPT_RELEASES = 20
KEPT_FOR = timedelta(days=30)


def create_app(state: State, name: str, port: int, config: dict[str, str]) -> App:
    """A new app with the two releases that Heroku gives every new app."""
    at = clock.now()
    state.apps_created += 1
    app = App(str(uuid4()), name, state.apps_created, port, {}, at, at)
    state.apps[app.id] = app
    for description, snapshot in (
        ("Initial release", {}),
        ("Enable Logplex", config),
    ):
        release = add_release(state, app, None, snapshot, description, pending=False)
        app = make_current(state, release)
    return app


def add_release(
    state: State,
    app: App,
    slug: Slug | None,
    config: dict[str, str],
    description: str,
    *,
    pending: bool,
) -> Release:
    """The next release of an app; its config is the app's from now on.

    Versions are counted past every release there ever was, failed ones included.
    """
    at = clock.now()
    versions = [release.version for release in state.releases_of(app.id)]
    release = Release(
        id=str(uuid4()),
        app_id=app.id,
        version=max(versions, default=0) + 1,
        description=description,
        status="pending" if pending else "succeeded",
        slug_id=slug.id if slug else None,
        config=dict(config),
        has_output=pending,
        created_at=at,
        updated_at=at,
        addons={
            addon.config_var: addon.plan
            for addon in state.addons_of(app.id)
            if addon.state == "provisioned"
        },
    )
    state.releases[release.id] = release
    state.apps[app.id] = replace(state.apps[app.id], config=dict(config), updated_at=at)
    return release


def settle_release(state: State, release: Release, *, succeeded: bool) -> Release:
    """The release phase ended: a failed one leaves the old release current."""
    settled = replace(
        release,
        status="succeeded" if succeeded else "failed",
        updated_at=clock.now(),
    )
    state.releases[release.id] = settled
    if succeeded:
        make_current(state, settled)
    return settled


def make_current(state: State, release: Release) -> App:
    """This release is what runs; process types it brings are added at zero.

    Only `web` starts at one on its first deploy, as on Heroku.
    """
    app = state.apps[release.app_id]
    slug = state.slugs.get(release.slug_id or "")
    scales = dict(app.scales)
    at = clock.now()
    for kind in slug.process_types if slug else ():
        if kind != "release" and kind not in scales:
            quantity = 1 if kind == "web" else 0
            scales[kind] = ProcessScale(str(uuid4()), quantity, "Basic", at, at)
    app = replace(app, current_release=release.id, released_at=at, scales=scales)
    state.apps[app.id] = app
    return app


def is_expired(state: State, release: Release, kept_for: timedelta = KEPT_FOR) -> bool:
    """Older than 30 days and outside the newest 20: its artefact is not kept."""
    if release.id == state.apps[release.app_id].current_release:
        return False
    age = clock.parse(clock.now()) - clock.parse(release.created_at)
    if age <= kept_for:
        return False
    return release not in state.releases_of(release.app_id)[-KEPT_RELEASES:]


def eligible_for_rollback(
    state: State, release: Release, kept_for: timedelta = KEPT_FOR
) -> bool:
    """A release that succeeded and whose slug can still run."""
    slug = state.slugs.get(release.slug_id or "")
    runnable = slug is not None and slug.environment is not None
    expired = is_expired(state, release, kept_for)
    return release.status == "succeeded" and runnable and not expired


def is_deployment(state: State, release: Release) -> bool:
    """Whether the release succeeded and changed the slug of the one before."""
    if release.status != "succeeded" or release.slug_id is None:
        return False
    earlier = (
        other.slug_id
        for other in reversed(state.releases_of(release.app_id))
        if other.version < release.version and other.status == "succeeded"
    )
    return next(earlier, None) != release.slug_id


def unneeded_slugs(state: State, kept_for: timedelta, grace: float) -> list[str]:
    """Slugs that no release can run again, on any app.

    One that was never released has *grace* seconds to be, if its app still exists.
    """
    needed = {
        release.slug_id
        for release in state.releases.values()
        if not is_expired(state, release, kept_for)
    }
    for promotion in state.promotions.values():
        if promotion.status == "pending":
            source = state.releases.get(promotion.source_release_id)
            needed.add(source.slug_id if source else None)
    released = {release.slug_id for release in state.releases.values()}
    newest = clock.parse(clock.now()) - timedelta(seconds=grace)
    return [
        slug.id
        for slug in state.slugs.values()
        if slug.id not in needed
        and (
            slug.id in released
            or slug.app_id not in state.apps
            or clock.parse(slug.created_at) < newest
        )
    ]


def delete_app(state: State, app: App) -> None:
    """The app with its releases, builds and its place in a pipeline; slugs stay.

    Its databases are to be dropped once its dynos have stopped.
    """
    del state.apps[app.id]
    for addon in state.addons_of(app.id):
        if addon.state == "provisioned":
            state.addons[addon.id] = replace(addon, state="deprovisioned")
    for kind in (state.releases, state.builds, state.couplings):
        for id in [id for id, item in kind.items() if item.app_id == app.id]:
            del kind[id]


def unneeded_history(state: State, kept_for: timedelta) -> list[str]:
    """Builds that ended and promotions that settled, too long ago to matter.

    The newest 20 of each app or pipeline are kept, as with releases.
    """
    oldest = clock.parse(clock.now()) - kept_for
    kinds: dict[str, list[Build | Promotion]] = defaultdict(list)
    for build in state.builds.values():  # in the order they were begun
        kinds[build.app_id].append(build)
    for promotion in state.promotions.values():
        kinds[promotion.pipeline_id].append(promotion)
    return [
        item.id
        for items in kinds.values()
        for item in items[:-KEPT_RELEASES]
        if item.status != "pending" and clock.parse(item.updated_at) < oldest
    ]


def describe_config_change(old: dict[str, str], new: dict[str, str]) -> str:
    """Heroku's description of a config release, like `Set FOO, BAR config vars`."""
    was_set = [key for key in new if old.get(key) != new[key]]
    removed = [key for key in old if key not in new]
    parts = []
    if was_set:
        parts.append(f"Set {', '.join(was_set)} config vars")
    if removed:
        parts.append(f"Remove {', '.join(removed)} config vars")
    return " and ".join(parts)


def scale(app: App, kind: str, quantity: int | None, size: str | None) -> App:
    """The app with another number or size of dynos of one process type."""
    old = app.scales[kind]
    new = replace(
        old,
        quantity=old.quantity if quantity is None else quantity,
        size=size or old.size,
        updated_at=clock.now(),
    )
    return replace(app, scales={**app.scales, kind: new})
