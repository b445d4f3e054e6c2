"""What a client sees where a fault of the API strikes: on the wire, not by word."""

import asyncio
import socket
import struct
from collections.abc import Awaitable, Callable
from http import HTTPStatus

from aiohttp import web

from gate.local_platform.api import problems
from gate.local_platform.api.context import PLATFORM
from gate.local_platform.faults.faults import Fault
from gate.local_platform.faults.kinds import Place

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

OWN = "/local/"  # how faults are cleared again: never faulted, and free of charge
PIECE = 4  # bytes of a slow body
_POLL = 0.05
_RESET = struct.pack("ii", 1, 0)  # SO_LINGER: on, for no time
_PAGE = """<!DOCTYPE html>
<html>
  <head><title>{status} {phrase}</title></head>
  <body><h1>{status} {phrase}</h1><p>Please try again shortly.</p></body>
</html>
"""


@web.middleware
async def faulted(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Let the faults asked for strike: before the effect, or after it.

    What was refused had no effect, and what streams (logs, outputs, blobs) has begun:
    there no fault strikes afterwards.
    """
    if request.path.startswith(OWN):
        return await handler(request)
    faults = request.app[PLATFORM].premises.faults
    event = f"{request.method} {request.path}"
    fault = faults.take(Place.REQUEST, on=event)
    if fault is not None:
        return await _before(fault, request, handler)
    response = await handler(request)
    if not isinstance(response, web.Response):
        return response
    fault = faults.take(Place.ANSWER, on=event)
    return response if fault is None else await _after(fault, request, response)


async def _before(
    fault: Fault, request: web.Request, handler: Handler
) -> web.StreamResponse:
    match fault.kind:
        case "delay":
            await fault.wait()
            return await handler(request)
        case "hang":
            while not _gone(request):
                if fault.cleared.is_set():
                    return await handler(request)
                await asyncio.sleep(_POLL)
            raise ConnectionResetError("the client left")
        case "reset-before":
            raise _reset(request)
        case "429":
            raise problems.rate_limited()
        case status:
            return _page(int(status))


async def _after(
    fault: Fault, request: web.Request, response: web.Response
) -> web.StreamResponse:
    match fault.kind:
        case "502-after":
            return _page(502)
        case "reset-after":
            raise _reset(request)
        case kind:
            return await _piecemeal(request, response, fault, half=kind == "half-body")


async def _piecemeal(
    request: web.Request, whole: web.Response, fault: Fault, *, half: bool
) -> web.StreamResponse:
    """The head of the answer, and of its body a half, or all of it slowly."""
    body = whole.body or b""
    assert isinstance(body, bytes), "what does not stream is in memory"
    slow = web.StreamResponse(status=whole.status, headers=whole.headers)
    slow.headers.update(request["headers"])
    slow.content_length = len(body)
    await slow.prepare(request)
    if half:
        await slow.write(body[: len(body) // 2])
        if request.transport is not None:
            request.transport.close()  # after what was written has left
        raise ConnectionResetError("half of the body was sent")
    for start in range(0, len(body), PIECE):
        await slow.write(body[start : start + PIECE])
        if not fault.cleared.is_set():
            await fault.wait()
    await slow.write_eof()
    return slow


def _page(status: int) -> web.Response:
    """What a load balancer says in place of the API: no JSON."""
    text = _PAGE.format(status=status, phrase=HTTPStatus(status).phrase)
    return web.Response(status=status, text=text, content_type="text/html")


def _gone(request: web.Request) -> bool:
    return request.transport is None or request.transport.is_closing()


def _reset(request: web.Request) -> ConnectionResetError:
    """Send RST, so that the client cannot take the end for an answer."""
    if request.transport is not None:
        connection = request.transport.get_extra_info("socket")
        if connection is not None:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
        request.transport.abort()
    return ConnectionResetError("a fault was asked for")
