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
from gate.local_platform.api.slow_clients import taken
from gate.local_platform.faults.kinds import Place
from gate.local_platform.logplex import AppLog, Filter, Line, Loss, Tail

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
    earlier = _earlier(request, log, tail.filter, wanted["lines"])
    if wanted["tail"]:
        # In one breath with the lines before: none may fall between.
        log.tails.add(tail)
    response = web.StreamResponse(headers=request["headers"])
    events = "text/event-stream" in request.headers.get("Accept", "")
    kind = "text/event-stream" if events else "text/plain; charset=utf-8"
    response.headers["Content-Type"] = kind
    session = _Session(request, response, events)
    try:
        await response.prepare(request)
        await taken(request, session.send(earlier))
        if wanted["tail"]:
            async with asyncio.timeout(premises.timers.tail):
                await session.follow(tail, wanted["app"])
    except TimeoutError:
        pass
    except ConnectionError:
        return response
    finally:
        log.tails.discard(tail)
    await taken(request, response.write_eof())
    return response


@dataclass(frozen=True, slots=True)
class _Session:
    request: web.Request
    response: web.StreamResponse
    events: bool

    async def send(self, lines: list[Line]) -> None:
        if lines:
            await self.response.write("".join(map(self._format, lines)).encode())

    async def follow(self, tail: Tail, app_id: str) -> None:
        """Send what comes, many lines at once when many come."""
        while True:
            try:
                async with asyncio.timeout(_HEARTBEAT):
                    lines = await tail.take()
            except TimeoutError:
                await self._beat()
                continue
            await self._pass(lines, app_id)

    async def _pass(self, lines: list[Line], app_id: str) -> None:
        """Send the lines, but for those that a fault strikes."""
        loss, shown = Loss(), list[Line]()
        for line in lines:
            fault = _strike(self.request, app_id)
            if fault == "log-drop":
                await self.send(shown)
                if self.request.transport is not None:
                    self.request.transport.close()
                raise ConnectionResetError("the tail was cut")
            if fault is not None:
                loss.add(line)
            else:
                shown += (*loss.told(), line)
        await self.send([*shown, *loss.told()])

    async def _beat(self) -> None:
        """Nothing to say for a while: see whether the client is still there."""
        if self.request.transport is None or self.request.transport.is_closing():
            raise ConnectionResetError("the client is gone")
        if self.events:
            await self.response.write(b": still here\n\n")

    def _format(self, line: Line) -> str:
        return f"id: {line.number}\ndata: {line}\n\n" if self.events else f"{line}\n"


def _earlier(
    request: web.Request, log: AppLog, wanted: Filter, lines: int
) -> list[Line]:
    """The last lines; for an event client that reconnects, those it has not seen."""
    last = request.headers.get("Last-Event-ID", "")
    number = int(last[:18]) if last.isascii() and last.isdigit() else None
    if number is not None and number <= log.count:  # else it was another platform's
        return log.after(wanted, number)
    return log.recent(wanted, lines)


def _strike(request: web.Request, app_id: str) -> str | None:
    """The kind of the fault that strikes the next line of a tail, if one does."""
    premises = context.platform(request).premises
    app = premises.state.apps.get(app_id)
    if request.transport is None:  # nobody would see it
        return None
    fault = premises.faults.take(Place.LOG, app=app.name) if app else None
    return fault.kind if fault else None


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
