"""Output streams of builds and release commands, by signed addresses."""

import re
from collections.abc import AsyncIterator

from aiohttp import web

from gate.local_platform.api import context, problems
from gate.local_platform.api.slow_clients import taken

routes = web.RouteTableDef()

_FROM = re.compile(r"bytes=(\d{1,15})-$")


@routes.get("/outputs/{id}")
async def stream(request: web.Request) -> web.StreamResponse:
    """Plain text until the end, or events if asked; resumable by bytes or event id."""
    id = request.match_info["id"]
    premises = context.platform(request).premises
    query = request.query
    if not premises.signer.permits(
        "output", id, query.get("expires", ""), query.get("signature", "")
    ):
        raise problems.forbidden("This address is not valid, or not any more.")
    if not premises.outputs.exists(id):
        raise problems.not_found("stream")
    if "text/event-stream" in request.headers.get("Accept", ""):
        return await _events(request, id)
    match = _FROM.match(request.headers.get("Range", ""))
    offset = int(match[1]) if match else 0
    response = web.StreamResponse(
        status=206 if offset else 200, headers=request["headers"]
    )
    response.content_type = "text/plain"
    await response.prepare(request)
    async for chunk in premises.outputs.follow(id, offset):
        await taken(request, response.write(chunk))
    await taken(request, response.write_eof())
    return response


async def _events(request: web.Request, id: str) -> web.StreamResponse:
    """One event a line; its id is the offset of the byte after it."""
    last = request.headers.get("Last-Event-ID", "0")
    offset = int(last[:15]) if last.isascii() and last.isdigit() else 0
    response = web.StreamResponse(headers=request["headers"])
    response.content_type = "text/event-stream"
    await response.prepare(request)
    outputs = context.platform(request).premises.outputs
    async for line in _lines(outputs.follow(id, offset)):
        offset += len(line)
        data = line.rstrip(b"\r\n")
        event = b"id: %d\ndata: %b\n\n" % (offset, data)
        await taken(request, response.write(event))
    await taken(request, response.write_eof())
    return response


async def _lines(chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    rest = b""
    async for chunk in chunks:
        *lines, rest = (rest + chunk).splitlines(keepends=True) or [b""]
        for line in lines:
            yield line
        if rest.endswith(b"\n"):
            yield rest
            rest = b""
    if rest:
        yield rest
