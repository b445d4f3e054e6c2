"""Releases: list, look at, release a slug, roll back."""

from dataclasses import replace

from aiohttp import web

from gate.local_platform import clock, transitions
from gate.local_platform.addons.attachments import restored_config
from gate.local_platform.api import context, problems
from gate.local_platform.building.commands import BuildError
from gate.local_platform.state import App, Release, Slug

routes = web.RouteTableDef()

_KEYS = {
    "version": lambda release: release.version,
    "id": lambda release: release.id,
}


@routes.get("/apps/{app}/releases")
async def index(request: web.Request) -> web.Response:
    """The app's releases, by ascending version unless asked otherwise."""
    releases = context.state(request).releases_of(context.app(request).id)
    return context.listed(request, releases, _KEYS, context.serializer(request).release)


@routes.get("/apps/{app}/releases/{release}")
async def show(request: web.Request) -> web.Response:
    """One release, by id or version number."""
    return web.json_response(context.serializer(request).release(_release(request)))


@routes.get("/apps/{app}/releases/{release}/config-vars")
async def config(request: web.Request) -> web.Response:
    """The config vars that the release runs with."""
    return web.json_response(_release(request).config)


@routes.post("/apps/{app}/releases")
async def create(request: web.Request) -> web.Response:
    """`release` rolls back slug and config; `slug` keeps today's config."""
    app = context.app(request)
    body = await context.body(request)
    if body.has("release") == body.has("slug"):
        raise problems.invalid_params("Send either slug or release.")
    if body.has("release"):
        release = _roll_back(request, app, body.text("release"))
    else:
        release = await _release_slug(
            request, app, body.text("slug"), body.optional("description")
        )
    return web.json_response(context.serializer(request).release(release), status=201)


def refuse_while_pending(request: web.Request, app: App) -> None:
    """409 while a release command runs: which config would the next one have?"""
    pending = context.state(request).pending_release(app.id)
    if pending is not None:
        raise problems.conflict(
            f"Release v{pending.version} still runs its release command; wait for it."
        )


def _roll_back(request: web.Request, app: App, release_id: str) -> Release:
    state = context.state(request)
    target = state.releases.get(release_id)
    if target is None or target.app_id != app.id:
        raise problems.not_found("release")
    kept_for = context.platform(request).premises.retention
    if not transitions.eligible_for_rollback(state, target, kept_for):
        message = f"v{target.version} is not eligible for rollback."
        raise problems.invalid_params(message)
    refuse_while_pending(request, app)
    slug = state.slugs[target.slug_id or ""]
    description = f"Rollback to v{target.version}"
    releaser = context.platform(request).releaser
    return releaser.create(app, slug, restored_config(state, target), description)


async def _release_slug(
    request: web.Request, app: App, slug_id: str, description: str | None
) -> Release:
    state = context.state(request)
    slug = state.slugs.get(slug_id)
    if slug is None:
        raise problems.not_found("slug")
    if slug.environment is None:
        slug = await _finish(request, slug)
    refuse_while_pending(request, app)
    app = state.apps.get(app.id) or context.app(request)
    text = description or f"Deploy {(slug.commit or '')[:8]}".strip()
    return context.platform(request).releaser.create(app, slug, app.config, text)


async def _finish(request: web.Request, slug: Slug) -> Slug:
    """Unpack an uploaded slug and make its environment, at its first release."""
    platform = context.platform(request)
    said: list[str] = []
    try:
        environment = await platform.slugs.finish(slug, said.append)
    except BuildError as error:
        detail = " ".join([str(error), *said[-5:]])
        raise problems.invalid_params(f"The slug cannot run: {detail}") from None
    size = platform.premises.home.blob(slug.id).stat().st_size
    slug = replace(slug, environment=environment, size=size, updated_at=clock.now())
    platform.premises.state.slugs[slug.id] = slug
    return slug


def _release(request: web.Request) -> Release:
    app = context.app(request)
    found = context.state(request).release(app.id, request.match_info["release"])
    if found is None:
        raise problems.not_found("release")
    return found
