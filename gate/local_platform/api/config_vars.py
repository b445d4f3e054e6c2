"""Config vars: a change of them is a release."""

import re

from aiohttp import web

from gate.local_platform import transitions
from gate.local_platform.api import context, problems
from gate.local_platform.api.releases import refuse_while_pending

routes = web.RouteTableDef()

_KEY = re.compile(r"\w+")


@routes.get("/apps/{app}/config-vars")
async def show(request: web.Request) -> web.Response:
    """What the next release will run with."""
    return web.json_response(context.app(request).config)


@routes.patch("/apps/{app}/config-vars")
async def change(request: web.Request) -> web.Response:
    """Set and (by null) remove; a change is a release, no change is none."""
    changes = (await context.body(request)).fields
    app = context.app(request)
    config = dict(app.config)
    for key, value in changes.items():
        if not _KEY.fullmatch(key):
            raise problems.invalid_params(f"{key[:80]!r} is no name of a config var.")
        if value is None:
            config.pop(key, None)
        elif isinstance(value, str) and "\0" not in value:
            config[key] = value
        else:
            raise problems.invalid_params(f"{key} must be a string or null.")
    if config == app.config:
        return web.json_response(config)
    refuse_while_pending(request, app)
    description = transitions.describe_config_change(app.config, config)
    slug = context.state(request).current_slug(app)
    context.platform(request).releaser.create(app, slug, config, description)
    return web.json_response(config)
