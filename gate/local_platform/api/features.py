"""App features: runtime metrics and preboot, for dynos of every size."""

from dataclasses import replace

from aiohttp import web

from gate.local_platform import clock
from gate.local_platform.api import context, problems
from gate.local_platform.api.serializers import FEATURES

routes = web.RouteTableDef()


@routes.get("/apps/{app}/features")
async def index(request: web.Request) -> web.Response:
    """All features."""
    app, write = context.app(request), context.serializer(request)
    return web.json_response([write.feature(app, name) for name in FEATURES])


@routes.get("/apps/{app}/features/{feature}")
async def show(request: web.Request) -> web.Response:
    """One feature, by name or id."""
    app, name = context.app(request), _name(request)
    return web.json_response(context.serializer(request).feature(app, name))


@routes.patch("/apps/{app}/features/{feature}")
async def change(request: web.Request) -> web.Response:
    """Switch it; dynos are not restarted for that, and metrics wait until they are."""
    enabled = (await context.body(request)).flag("enabled")
    app, name = context.app(request), _name(request)
    if enabled is None:
        raise problems.invalid_params("enabled is required.")
    if name == "preboot":
        app = replace(app, preboot=enabled, updated_at=clock.now())
    else:
        app = replace(app, runtime_metrics=enabled, updated_at=clock.now())
    context.state(request).apps[app.id] = app
    context.platform(request).premises.save()
    return web.json_response(context.serializer(request).feature(app, name))


def _name(request: web.Request) -> str:
    wanted = request.match_info["feature"]
    app, write = context.app(request), context.serializer(request)
    for name in FEATURES:
        if wanted in (name, write.feature(app, name)["id"]):
            return name
    raise problems.not_found("feature")
