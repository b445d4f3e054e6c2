"""Apps: create, list, rename, maintenance mode, delete."""

import re
from collections.abc import Mapping
from dataclasses import replace
from uuid import uuid4

from aiohttp import web

from gate.local_platform import clock
from gate.local_platform.api import context
from gate.local_platform.api.context import Body
from gate.local_platform.api.problems import invalid_params
from gate.local_platform.api.serializers import REGION, STACK
from gate.local_platform.state import App

routes = web.RouteTableDef()

_NAME = re.compile(r"[a-z][a-z0-9-]{1,28}[a-z0-9]")
_KEYS = {
    "name": lambda app: app.name,
    "id": lambda app: app.id,
    "updated_at": lambda app: app.updated_at,
}


@routes.get("/apps")
async def index(request: web.Request) -> web.Response:
    """All apps."""
    apps = list(context.state(request).apps.values())
    return context.listed(request, apps, _KEYS, context.serializer(request).app)


@routes.get("/users/{account}/apps")
async def index_of_account(request: web.Request) -> web.StreamResponse:
    """The same, as all of them are the account's."""
    context.account(request)
    return await index(request)


@routes.post("/apps")
async def create(request: web.Request) -> web.Response:
    """A new app, with two releases, a router and a database of its own."""
    body = await context.body(request)
    name = f"local-{uuid4().hex[:12]}"
    if body.has("name"):
        name = body.named("name", _NAME)
    _refuse_taken(request, name)
    _refuse_other(body, "region", REGION)
    _refuse_other(body, "stack", STACK)
    app = await context.platform(request).create_app(name)
    return web.json_response(context.serializer(request).app(app), status=201)


@routes.get("/apps/{app}")
async def show(request: web.Request) -> web.Response:
    """One app."""
    return web.json_response(context.serializer(request).app(context.app(request)))


@routes.patch("/apps/{app}")
async def change(request: web.Request) -> web.Response:
    """Rename, or turn maintenance mode on and off; dynos are left alone."""
    app = context.app(request)
    body = await context.body(request)
    if body.has("name") and body.text("name") != app.name:
        name = body.named("name", _NAME)
        _refuse_taken(request, name)
        app = replace(app, name=name)
    _refuse_other(body, "build_stack", STACK)
    maintenance = body.flag("maintenance")
    if maintenance is not None:
        app = replace(app, maintenance=maintenance)
    app = replace(app, updated_at=clock.now())
    context.state(request).apps[app.id] = app
    context.platform(request).premises.save()
    return web.json_response(context.serializer(request).app(app))


@routes.delete("/apps/{app}")
async def delete(request: web.Request) -> web.Response:
    """The app and all that belongs to it alone."""
    app = context.app(request)
    answer = context.serializer(request).app(app)
    await context.platform(request).delete_app(app)
    return web.json_response(answer)


@routes.get("/apps/{app}/collaborators")
async def nothing(request: web.Request) -> web.Response:
    """Asked for by clients that show an app; there are none here."""
    context.app(request)
    return web.json_response([])


@routes.post("/filters/apps")
async def filtered(request: web.Request) -> web.Response:
    """The apps of given ids; reads only, although it is a POST."""
    body = await context.body(request)
    ids = body.inner("in").fields.get("id")
    if not isinstance(ids, list):
        raise invalid_params("in.id must be a list.")
    every = context.state(request).apps
    apps: list[App] = [every[id] for id in ids if isinstance(id, str) and id in every]
    return context.listed(request, apps, _KEYS, context.serializer(request).app)


def _refuse_other(body: Body, field: str, only: Mapping[str, str]) -> None:
    """422 for a region or stack that is not the only one here."""
    if body.has(field) and body.text(field) not in only.values():
        raise invalid_params(f"{field} can only be {only['name']} here.")


def _refuse_taken(request: web.Request, name: str) -> None:
    if context.state(request).app(name) is not None:
        raise invalid_params("Name is already taken")
