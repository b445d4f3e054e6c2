"""Clients of the API that send slowly or come in crowds."""

import asyncio
from collections.abc import Awaitable, Callable

from aiohttp import web

from gate.local_platform.api.context import PLATFORM
from gate.local_platform.api.problems import bad_request
from gate.local_platform.visitors import Visitor

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@web.middleware
async def served(request: web.Request, handler: Handler) -> web.StreamResponse:
    """The head was read: from here on the request's own limits hold."""
    visitor = request.protocol
    if not isinstance(visitor, Visitor):  # a server without our door
        return await handler(request)
    visitor.begin()
    try:
        if visitor.crowded:
            response = web.json_response(
                {"id": "service_unavailable", "message": "Too many connections."},
                status=503,
            )
            response.force_close()
            return response
        return await handler(request)
    finally:
        visitor.end()


async def taken(request: web.Request, sending: Awaitable[None]) -> None:
    """Send a part of a stream; a client that does not take it is cut, some day.

    Not before the longest tail is over: its reader may well stop to look at a page.
    """
    try:
        async with asyncio.timeout(request.app[PLATFORM].premises.timers.tail):
            await sending
    except TimeoutError:
        if request.transport is not None:
            request.transport.abort()
        raise ConnectionResetError("the client takes nothing") from None


@web.middleware
async def punctual(request: web.Request, handler: Handler) -> web.StreamResponse:
    """A small body is read as a whole, in time or not at all (400)."""
    if request.body_exists and not request.path.startswith("/blobs/"):
        try:
            async with asyncio.timeout(request.app[PLATFORM].premises.timers.idle):
                await request.read()
        except TimeoutError:
            raise bad_request("The body did not come in time.") from None
    return await handler(request)
