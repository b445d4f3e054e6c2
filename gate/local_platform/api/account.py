"""The account, its features and what is left of its rate limit."""

from aiohttp import web

from gate.local_platform.api import context, problems
from gate.local_platform.api.context import serializer
from gate.local_platform.api.middlewares import RATE_LIMIT

routes = web.RouteTableDef()


@routes.get("/account")
async def show(request: web.Request) -> web.Response:
    """The one account of this platform."""
    return web.json_response(serializer(request).account())


@routes.get("/users/{account}")
async def show_named(request: web.Request) -> web.Response:
    """The same, by name."""
    context.account(request)
    return web.json_response(serializer(request).account())


@routes.get("/account/features")
async def features(_request: web.Request) -> web.Response:
    """No feature belongs to the account here."""
    return web.json_response([])


@routes.get("/account/features/{feature}")
async def feature(_request: web.Request) -> web.Response:
    """404, upon which clients ask the app for the feature."""
    raise problems.not_found("feature")


@routes.get("/account/rate-limits")
async def rate_limits(request: web.Request) -> web.Response:
    """Costs no token."""
    return web.json_response({"remaining": request.app[RATE_LIMIT].remaining})
