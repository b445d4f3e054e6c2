"""GET /account and what is left of the rate limit."""

from aiohttp import web

from gate.local_platform.api.context import serializer
from gate.local_platform.api.middlewares import RATE_LIMIT

routes = web.RouteTableDef()


@routes.get("/account")
async def show(request: web.Request) -> web.Response:
    """The one account of this platform."""
    return web.json_response(serializer(request).account())


@routes.get("/account/rate-limits")
async def rate_limits(request: web.Request) -> web.Response:
    """Costs no token."""
    return web.json_response({"remaining": request.app[RATE_LIMIT].remaining})
