"""The router of one app: a streaming reverse proxy on its own loopback port."""

import asyncio
import random
import time
from collections.abc import AsyncIterator, Awaitable
from types import SimpleNamespace
from typing import TypeVar

import aiohttp
from aiohttp import web
from yarl import URL

from gate.local_platform import ports
from gate.local_platform.dynos.dyno import Dyno
from gate.local_platform.dynos.formation import Formation
from gate.local_platform.premises import Premises
from gate.local_platform.router import router_errors
from gate.local_platform.router import trip as trips
from gate.local_platform.router.router_errors import Code, Refusal
from gate.local_platform.router.trip import Trip

_BODILESS = (204, 304)
_IDLE = router_errors.IDLE

Result = TypeVar("Result")


class Router:
    """Accepts requests for one app and hands each to a web dyno."""

    def __init__(self, premises: Premises, app_id: str, formation: Formation) -> None:
        self._premises = premises
        self._app_id = app_id
        self._formation = formation
        self._session: aiohttp.ClientSession | None = None
        self._runner: web.ServerRunner | None = None

    async def open(self, port: int) -> None:
        """Listen on the app's port; raises OSError if somebody else does."""
        timers = self._premises.timers
        trace = aiohttp.TraceConfig()
        trace.on_connection_create_start.append(_connect_started)
        trace.on_connection_create_end.append(_connect_ended)
        # One connection a request: a dyno that closes an idle connection just as
        # the next request is sent would otherwise look like a failing app.
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0, force_close=True),
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=False,
            skip_auto_headers=("User-Agent", "Accept", "Accept-Encoding"),
            timeout=aiohttp.ClientTimeout(total=None, sock_connect=timers.connect),
            trace_configs=[trace],
        )
        server = web.Server(self._serve, access_log=None)
        self._runner = web.ServerRunner(server, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, ports.LOOPBACK, port, backlog=512).start()

    async def close(self) -> None:
        """Stop listening; requests under way are cut."""
        if self._runner is not None:
            await self._runner.cleanup()
        if self._session is not None:
            await self._session.close()

    async def _serve(self, request: web.BaseRequest) -> web.StreamResponse:
        trip = trips.begin(request)
        response: web.StreamResponse | None = None
        try:
            self._check(request)
            dyno = await self._choose()
            trip.dyno = dyno.name
            response = await self._proxy(trip, dyno)
        except Refusal as refusal:
            trip.code = refusal.code
            if trip.status == 0:
                trip.status = refusal.code.status
                response = _error_response(refusal.code)
        finally:
            if trip.status == 0:  # our side of the connection was cut meanwhile
                trip.code, trip.status = router_errors.CLIENT_GONE, 499
            log = self._premises.logplex.of(self._app_id)
            log.write("heroku", "router", trip.line())
        if response is None:  # the head is sent already: all we can do is hang up
            if request.transport is not None:
                request.transport.abort()
            raise ConnectionResetError("the dyno's answer broke off")
        return response

    def _check(self, request: web.BaseRequest) -> None:
        app = self._formation.app
        names = ("127.0.0.1", "localhost", f"{app.name}.localhost")
        if request.host not in {f"{name}:{app.port}" for name in names}:
            raise Refusal(router_errors.MISDIRECTED)
        if not request.raw_path.startswith("/"):
            raise Refusal(router_errors.BAD_REQUEST)
        if app.maintenance:
            raise Refusal(router_errors.MAINTENANCE)
        if self._premises.state.current_slug(app) is None:
            raise Refusal(router_errors.BLANK)

    async def _choose(self) -> Dyno:
        """A random web dyno that is up, waiting for one that boots."""
        try:
            async with asyncio.timeout(self._premises.timers.hold):
                while True:
                    webs = [d for d in self._formation.dynos() if _is_web(d)]
                    up = [dyno for dyno in webs if dyno.state == "up"]
                    if up:
                        return random.choice(up)
                    if not webs:
                        raise Refusal(router_errors.NO_WEB)
                    if all(dyno.state == "crashed" for dyno in webs):
                        raise Refusal(router_errors.CRASHED)
                    await self._formation.changed()
        except TimeoutError:
            raise Refusal(router_errors.BOOT_TIMEOUT) from None

    async def _proxy(self, trip: Trip, dyno: Dyno) -> web.StreamResponse | None:
        """Send it on and stream the answer back; None when the answer broke off."""
        started = time.monotonic()
        timing = SimpleNamespace(connect=0.0, attempts=0)
        backend = None
        try:
            backend = await self._send(trip, dyno, timing)
            return await self._answer(trip, backend)
        finally:
            trip.connect = f"{timing.connect * 1000:.0f}ms"
            trip.service = f"{(time.monotonic() - started) * 1000:.0f}ms"
            if backend is not None:
                backend.close()

    async def _send(
        self, trip: Trip, dyno: Dyno, timing: SimpleNamespace
    ) -> aiohttp.ClientResponse:
        assert self._session is not None
        request = trip.request
        body = _body(request) if request.body_exists else None
        try:
            async with asyncio.timeout(self._premises.timers.first_byte):
                return await self._session.request(
                    request.method,
                    URL(
                        f"http://{ports.LOOPBACK}:{dyno.port}{request.raw_path}",
                        encoded=True,
                    ),
                    headers=trips.forwarded(trip, self._formation.app.port),
                    data=body,
                    allow_redirects=False,
                    trace_request_ctx=timing,
                )
        except aiohttp.ConnectionTimeoutError:
            raise Refusal(router_errors.CONNECT_TIMEOUT) from None
        except TimeoutError:
            raise Refusal(router_errors.REQUEST_TIMEOUT) from None
        except aiohttp.ClientConnectorError:
            raise Refusal(router_errors.REFUSED) from None
        except aiohttp.ClientConnectionError:
            gone = request.transport is None or request.transport.is_closing()
            code = router_errors.CLIENT_GONE if gone else router_errors.NO_RESPONSE
            raise Refusal(code) from None
        except aiohttp.ClientError:
            raise Refusal(router_errors.BAD_RESPONSE) from None

    async def _answer(
        self, trip: Trip, backend: aiohttp.ClientResponse
    ) -> web.StreamResponse:
        response = web.StreamResponse(status=backend.status, reason=backend.reason)
        for name, value in backend.headers.items():
            if name.lower() not in trips.HOP_BY_HOP:
                response.headers.add(name, value)
        response.headers.add("Via", trips.VIA)
        trip.status = backend.status
        try:
            await response.prepare(trip.request)
            if trip.request.method != "HEAD" and backend.status not in _BODILESS:
                await self._stream(trip, backend, response)
            await response.write_eof()
        except aiohttp.ClientConnectionResetError:  # raised by writing, not reading
            trip.status = 499
            raise Refusal(router_errors.CLIENT_GONE) from None
        except (aiohttp.ClientError, ConnectionError):
            raise Refusal(router_errors.INTERRUPTED) from None
        return response

    async def _stream(
        self, trip: Trip, backend: aiohttp.ClientResponse, response: web.StreamResponse
    ) -> None:
        while chunk := await self._timely(backend.content.readany(), _IDLE):
            trip.bytes += len(chunk)
            await self._timely(response.write(chunk), router_errors.CLIENT_IDLE)

    async def _timely(self, work: Awaitable[Result], late: Code) -> Result:
        """Wait for either side no longer than the idle window."""
        try:
            async with asyncio.timeout(self._premises.timers.idle):
                return await work
        except TimeoutError:
            raise Refusal(late) from None


def _is_web(dyno: Dyno) -> bool:
    return dyno.launch.type == "web"


async def _body(request: web.BaseRequest) -> AsyncIterator[bytes]:
    if request.headers.get("Expect", "").lower() == "100-continue":
        await request.writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
    while chunk := await request.content.readany():
        yield chunk


def _error_response(error: Code) -> web.Response:
    return web.Response(
        status=error.status,
        text=router_errors.page(error),
        content_type="text/html",
        headers={"Cache-Control": "no-cache, no-store"},
    )


async def _connect_started(
    _session: aiohttp.ClientSession, context: SimpleNamespace, _params: object
) -> None:
    """The client library repeats what seems safe to repeat; a router must not."""
    if context.trace_request_ctx.attempts:
        raise Refusal(router_errors.NO_RESPONSE)
    context.trace_request_ctx.attempts += 1
    context.started = time.monotonic()


async def _connect_ended(
    _session: aiohttp.ClientSession, context: SimpleNamespace, _params: object
) -> None:
    context.trace_request_ctx.connect = time.monotonic() - context.started
