"""Builds: start one, look at it, cancel it."""

from aiohttp import web

from gate.local_platform.api import context, problems
from gate.local_platform.api.context import Body
from gate.local_platform.state import Build, Source

routes = web.RouteTableDef()

_KEYS = {
    "started_at": lambda build: build.created_at,
    "id": lambda build: build.id,
    "created_at": lambda build: build.created_at,
}


@routes.post("/apps/{app}/builds")
async def create(request: web.Request) -> web.Response:
    """Begin to build a source that was put here."""
    app = context.app(request)
    body = await context.body(request)
    given = body.inner("source_blob")
    _refuse_other_buildpacks(body)
    source = Source(
        url=given.text("url"),
        checksum=given.optional("checksum"),
        version=given.optional("version"),
        version_description=given.optional("version_description"),
    )
    premises = context.platform(request).premises
    blob_id = premises.signer.blob_id(source.url, "GET")
    if blob_id is None:
        raise problems.invalid_params(
            "source_blob.url must be a get_url of POST /sources that is still valid."
        )
    blob = premises.home.blob(blob_id)
    if not blob.exists():
        raise problems.invalid_params("Nothing was put at source_blob.url yet.")
    build = context.platform(request).start_build(app, source, blob)
    return web.json_response(context.serializer(request).build(build), status=201)


@routes.get("/apps/{app}/builds")
async def index(request: web.Request) -> web.Response:
    """The app's builds."""
    app = context.app(request)
    every = context.state(request).builds.values()
    builds = [build for build in every if build.app_id == app.id]
    return context.listed(request, builds, _KEYS, context.serializer(request).build)


@routes.get("/apps/{app}/builds/{build}")
async def show(request: web.Request) -> web.Response:
    """One build."""
    return web.json_response(context.serializer(request).build(_build(request)))


@routes.delete("/apps/{app}/builds/{build}")
async def cancel(request: web.Request) -> web.Response:
    """Stop a pending build, which fails; one that has ended stays what it is."""
    build = _build(request)
    if build.status != "pending":
        raise problems.conflict(f"The build has already {build.status}.")
    build = context.platform(request).cancel_build(build)
    return web.json_response(context.serializer(request).build(build))


@routes.delete("/apps/{app}/build-cache")
async def forget_cache(request: web.Request) -> web.Response:
    """Nothing to do: no build here depends on what an earlier one left behind."""
    context.app(request)
    return web.json_response({})


def _refuse_other_buildpacks(body: Body) -> None:
    """422 for any but Python's, which need not be named."""
    packs = body.items("buildpacks") if body.fields.get("buildpacks") else []
    for pack in packs:
        names = [pack.optional("name") or "", pack.optional("url") or ""]
        if not any(name.removesuffix(".git").endswith("python") for name in names):
            raise problems.invalid_params("Only heroku/python builds here.")


def _build(request: web.Request) -> Build:
    build = context.state(request).builds.get(request.match_info["build"])
    if build is None or build.app_id != context.app(request).id:
        raise problems.not_found("build")
    return build
