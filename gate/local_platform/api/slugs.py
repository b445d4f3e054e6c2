"""Slugs made elsewhere: declare one, upload its tarball, release it."""

import re
from uuid import uuid4

from aiohttp import web

from gate.local_platform import clock
from gate.local_platform.api import context, problems
from gate.local_platform.state import Slug

routes = web.RouteTableDef()

_TYPE = re.compile(r"[-\w]{1,128}")


@routes.post("/apps/{app}/slugs")
async def create(request: web.Request) -> web.Response:
    """A slug to be; its tarball, with all files below ./app/, goes to its blob."""
    app = context.app(request)
    body = await context.body(request)
    types = body.inner("process_types").fields
    for kind, command in types.items():
        if not _TYPE.fullmatch(kind) or not isinstance(command, str) or not command:
            raise problems.invalid_params("process_types must map names to commands.")
    at = clock.now()
    slug = Slug(
        id=str(uuid4()),
        app_id=app.id,
        process_types=types,
        created_at=at,
        updated_at=at,
        description=body.optional("buildpack_provided_description"),
        checksum=body.optional("checksum"),
        commit=body.optional("commit"),
        commit_description=body.optional("commit_description"),
    )
    context.state(request).slugs[slug.id] = slug
    context.platform(request).premises.save()
    write = context.serializer(request)
    return web.json_response(write.slug(slug, "PUT"), status=201)


@routes.get("/apps/{app}/slugs/{slug}")
async def show(request: web.Request) -> web.Response:
    """A slug that belongs to the app or that one of its releases runs."""
    app = context.app(request)
    state = context.state(request)
    slug = state.slugs.get(request.match_info["slug"])
    if slug is None or (
        slug.app_id != app.id
        and all(r.slug_id != slug.id for r in state.releases_of(app.id))
    ):
        raise problems.not_found("slug")
    return web.json_response(context.serializer(request).slug(slug, "GET"))
