"""Builds: start one, look at it."""

from aiohttp import web

from gate.local_platform.api import context, problems
from gate.local_platform.state import Source

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
    given = (await context.body(request)).inner("source_blob")
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
    build = context.state(request).builds.get(request.match_info["build"])
    if build is None or build.app_id != context.app(request).id:
        raise problems.not_found("build")
    return web.json_response(context.serializer(request).build(build))
