"""Log sessions: an address that shows, or follows, one app's log."""

import asyncio
import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from aiohttp import web

from gate.local_platform import clock
from gate.local_platform.api import context, problems
from gate.local_platform.logplex import AppLog, Filter, Line, Tail

routes = web.RouteTableDef()

_DEFAULT_LINES = 100
_HEARTBEAT = 10.0  # seconds between looks whether the client is still there


@routes.post("/apps/{app}/log-sessions")
async def create(request: web.Request) -> web.Response:
    """What to show is in the address itself, which is signed and short-lived."""
    app = context.app(request)
    body = await context.body(request)
    lines = body.number("lines")
    wanted = {
        "app": app.id,
        "source": body.optional("source"),
        "dyno": body.optional("dyno_name")
        or body.optional("dyno")
        or body.optional("type"),
        "lines": _DEFAULT_LINES if lines is None else lines,
        "tail": bool(body.flag("tail")),
    }
    platform = context.platform(request)
    token = urlsafe_b64encode(json.dumps(wanted).encode()).decode().rstrip("=")
    lifetime = platform.premises.timers.log_session
    query = platform.premises.signer.query("logs", token, lifetime)
    at = clock.now()
    answer = {
        "created_at": at,
        "id": str(uuid4()),
        "logplex_url": f"{platform.api_url}/logs/{token}?{query}",
        "updated_at": at,
    }
    return web.json_response(answer, status=201)


@routes.get("/logs/{session}")
async def show(request: web.Request) -> web.StreamResponse:
    """Plain lines, or events for those who ask for them; ends unless tailing."""
    wanted = _wanted(request)
    premises = context.platform(request).premises
    if wanted["app"] not in premises.state.apps:
        raise problems.not_found("app")
    log = premises.logplex.of(wanted["app"])
    tail = Tail(Filter(wanted["source"], wanted["dyno"]))
    response = web.StreamResponse(headers=request["headers"])
    events = "text/event-stream" in request.headers.get("Accept", "")
    response.content_type = "text/event-stream" if events else "text/plain"
    session = _Session(response, tail, events)
    if wanted["tail"]:
        log.tails.add(tail)  # before the recent lines: none may fall between
    try:
        await response.prepare(request)
        await session.recent(log, wanted["lines"], _last_seen(request))
        if wanted["tail"]:
            async with asyncio.timeout(premises.timers.tail):
                await session.follow()
    except TimeoutError:
        pass
    except ConnectionError:
        return response
    finally:
        log.tails.discard(tail)
    await response.write_eof()
    return response


@dataclass(slots=True)
class _Session:
    response: web.StreamResponse
    tail: Tail
    events: bool
    last: int = 0

    async def recent(self, log: AppLog, lines: int, after: int | None) -> None:
        for line in log.recent(self.tail.filter, lines, after):
            await self._send(line)
        self.last = max(self.last, after or 0)

    async def follow(self) -> None:
        """Send what comes; a closed connection shows at the next write."""
        while True:
            try:
                async with asyncio.timeout(_HEARTBEAT):
                    line = await self.tail.queue.get()
            except TimeoutError:
                await self.response.write(b": still here\n\n" if self.events else b"")
                continue
            if self.tail.lost:
                lost, self.tail.lost = self.tail.lost, 0
                text = f"Error L11 (Tail buffer overflow) -> {lost} messages dropped"
                notice = Line(line.number, line.at, "heroku", "logplex", text)
                await self.response.write(self._format(notice))
            await self._send(line)

    async def _send(self, line: Line) -> None:
        if line.number > self.last:
            self.last = line.number
            await self.response.write(self._format(line))

    def _format(self, line: Line) -> bytes:
        shown = f"id: {line.number}\ndata: {line}\n\n" if self.events else f"{line}\n"
        return shown.encode()


def _wanted(request: web.Request) -> dict[str, Any]:
    token = request.match_info["session"]
    query = request.query
    signer = context.platform(request).premises.signer
    if not signer.permits(
        "logs", token, query.get("expires", ""), query.get("signature", "")
    ):
        raise problems.forbidden("This log session is not valid, or not any more.")
    padded = token + "=" * (-len(token) % 4)
    wanted: dict[str, Any] = json.loads(urlsafe_b64decode(padded))
    return wanted


def _last_seen(request: web.Request) -> int | None:
    """Where an event client that reconnects wants to go on."""
    last = request.headers.get("Last-Event-ID", "")
    return int(last) if last.isascii() and last.isdigit() else None
