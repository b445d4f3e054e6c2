"""Config vars: a change of them is a release."""

import re

from aiohttp import web

from gate.local_platform.addons.attachments import owned
from gate.local_platform.api import context, problems

routes = web.RouteTableDef()

_KEY = re.compile(r"\w+")


@routes.get("/apps/{app}/config-vars")
async def show(request: web.Request) -> web.Response:
    """What the next release will run with."""
    return web.json_response(context.app(request).config)


@routes.patch("/apps/{app}/config-vars")
async def change(request: web.Request) -> web.Response:
    """Set and (by null) remove; a change is a release, no change is none.

    While a release command runs the answer shows the old values and warns of it.
    """
    changes = (await context.body(request)).fields
    for key, value in changes.items():
        if not _KEY.fullmatch(key):
            raise problems.invalid_params(f"{key[:80]!r} is no name of a config var.")
        if value is not None and not (isinstance(value, str) and "\0" not in value):
            raise problems.invalid_params(f"{key} must be a string or null.")
    app = context.app(request)
    if attached := owned(context.state(request), app.id) & changes.keys():
        names = ", ".join(sorted(attached))
        raise problems.invalid_params(f"Cannot overwrite attachment values {names}.")
    context.platform(request).config_changes.make(context.app(request), changes)
    app = context.app(request)
    headers = {}
    if app.waiting_config:
        warning = "The change waits for the release command that is running."
        headers = {"X-Heroku-Warning": warning, "Warning-Message": warning}
    return web.json_response(app.config, headers=headers)
