"""The router of one app: a streaming reverse proxy on its own loopback port."""

import asyncio
import logging
import time
from typing import Final

from aiohttp import web

from gate.local_platform import ports
from gate.local_platform.dynos.dyno import Dyno
from gate.local_platform.dynos.formation import Formation
from gate.local_platform.faults.kinds import Place
from gate.local_platform.premises import Premises
from gate.local_platform.router import router_errors
from gate.local_platform.router import trip as trips
from gate.local_platform.router.choosing import MOST_TRIES, Choice
from gate.local_platform.router.connections import Connection, Connections
from gate.local_platform.router.patience import Patience
from gate.local_platform.router.proxying import Exchange
from gate.local_platform.router.router_errors import Code, Refusal
from gate.local_platform.router.trip import Trip
from gate.local_platform.visitors import Door, Visitor

_log = logging.getLogger(__name__)
_USUALLY_BODILESS: Final = ("GET", "HEAD", "OPTIONS", "TRACE")


class Router:
    """Accepts requests for one app and hands each to a web dyno."""

    def __init__(self, premises: Premises, app_id: str, formation: Formation) -> None:
        self._premises = premises
        self._app_id = app_id
        self._formation = formation
        self._choice = Choice(premises.timers, formation)
        self._connections = Connections(premises.timers)
        self._runner: web.ServerRunner | None = None
        self._listening: asyncio.Server | None = None
        self._closing = False

    async def open(self, port: int) -> None:
        """Listen on the app's port; raises OSError if somebody else does."""
        server = web.Server(self._serve, handler_cancellation=True)
        self._runner = web.ServerRunner(server, shutdown_timeout=0.1)
        await self._runner.setup()
        timers = self._premises.timers
        door = Door(server, timers, self._refuse, auto_decompress=False)
        loop = asyncio.get_running_loop()
        self._listening = await loop.create_server(
            door, ports.LOOPBACK, port, backlog=512
        )

    async def close(self) -> None:
        """Stop listening; requests under way are cut (H24)."""
        self._closing = True
        if self._listening is not None:
            self._listening.close()
        if self._runner is not None:
            await self._runner.cleanup()
        self._connections.close()

    async def _serve(self, request: web.BaseRequest) -> web.StreamResponse:
        trip = trips.begin(request)
        visitor = request.protocol
        assert isinstance(visitor, Visitor)
        visitor.begin()
        try:
            self._check(trip, visitor)
            return await self._deliver(trip)
        except Refusal as refusal:
            return self._end(trip, refusal.code)
        except asyncio.CancelledError:
            self._cut(trip)
            raise
        except Exception as error:  # noqa: BLE001 - a visitor gets an answer anyway
            _log.error("the router failed", exc_info=error)
            return self._end(trip, router_errors.PLATFORM_ERROR)
        finally:
            visitor.end()
            self._write(trip)

    def _cut(self, trip: Trip) -> None:
        """The visitor hung up, as ends a WebSocket, or the router closes."""
        if self._closing:
            trip.code = router_errors.FORCED_CLOSE
        elif trip.status != 101:
            trip.code = router_errors.CLIENT_GONE
        if trip.code is not None:
            trip.status = trip.code.status

    def _refuse(self, request: web.BaseRequest, cause: str) -> web.StreamResponse:
        """The answer to what is no request, and its log line."""
        trip = trips.begin(request)
        try:
            return self._end(trip, router_errors.bad_request(cause))
        finally:
            self._write(trip)

    def _write(self, trip: Trip) -> None:
        log = self._premises.logplex.of(self._app_id)
        log.write("heroku", "router", trip.line())

    def _check(self, trip: Trip, visitor: Visitor) -> None:
        """Whether it may go to a dyno at all; raises Refusal."""
        app = self._formation.app
        request = trip.request
        if not request.raw_path.startswith("/"):
            raise Refusal(router_errors.bad_request("bad request target"))
        if trip.host.lower() not in {
            f"127.0.0.1:{app.port}",
            f"localhost:{app.port}",
            f"{app.name}.localhost:{app.port}",
        }:
            raise Refusal(router_errors.MISDIRECTED)
        headers = request.headers
        if "Expect" in headers and headers["Expect"].lower() != "100-continue":
            cause = "unsupported expect header value"
            raise Refusal(router_errors.bad_request(cause, 417))
        if headers.get("Transfer-Encoding", "chunked").lower() != "chunked":
            raise Refusal(router_errors.bad_request("bad transfer encoding"))
        if visitor.crowded:
            raise Refusal(router_errors.CROWDED)
        if app.maintenance:
            raise Refusal(router_errors.MAINTENANCE)
        if self._premises.state.current_slug(app) is None:
            raise Refusal(router_errors.BLANK)
        path = request.raw_path.partition("?")[0]
        trip.fault = self._premises.faults.take(
            Place.ROUTER, app=app.name, on=f"{request.method} {path}"
        )
        if trip.fault is not None and trip.fault.kind == "H99":
            raise Refusal(router_errors.PLATFORM_ERROR)

    async def _deliver(self, trip: Trip) -> web.StreamResponse:
        """Try dynos until one takes the request; raises Refusal."""
        loop = asyncio.get_running_loop()
        until = loop.time() + self._premises.timers.hold
        for _ in range(MOST_TRIES):
            dyno = await self._choice.take()
            trip.dyno = dyno.name
            try:
                connection = await self._connect(trip, dyno)
            except Refusal:
                self._choice.free(dyno)
                if not self._choice.quarantine(dyno):
                    raise
                if loop.time() > until:
                    break
                continue
            except BaseException:
                self._choice.free(dyno)
                raise
            try:
                return await self._exchange(trip, dyno, connection)
            finally:
                self._choice.free(dyno)
        raise Refusal(router_errors.QUARANTINED)

    async def _connect(self, trip: Trip, dyno: Dyno) -> Connection:
        """A kept connection for what carries no body, else a new one; raises Refusal."""
        if trip.fault is not None and trip.fault.kind == "dyno-refuse":
            trip.fault = None  # this dyno refuses, another one may serve
            raise Refusal(router_errors.REFUSED)
        request = trip.request
        if request.method in _USUALLY_BODILESS and not request.body_exists:
            connection = self._connections.reuse(dyno)
            if connection is not None:
                trip.connect = "0ms"
                return connection
        started = time.monotonic()
        try:
            return await self._connections.open(dyno)
        finally:
            trip.connect = f"{(time.monotonic() - started) * 1000:.0f}ms"

    async def _exchange(
        self, trip: Trip, dyno: Dyno, connection: Connection
    ) -> web.StreamResponse:
        started = time.monotonic()
        whole = False
        try:
            async with Patience(self._premises.timers) as patience:
                exchange = Exchange(trip, connection, patience)
                response = await exchange.run()
                whole = exchange.whole
                return response
        finally:
            trip.service = f"{(time.monotonic() - started) * 1000:.0f}ms"
            if whole:
                self._connections.give_back(dyno, connection)
            else:
                self._connections.discard(connection)

    def _end(self, trip: Trip, code: Code) -> web.StreamResponse:
        """The page for the code; hangs up if the head of an answer is sent already."""
        trip.code = code
        if trip.status == 0:
            trip.status = code.status
            config = self._formation.app.config
            page = web.Response(
                status=code.status or 503,
                text=router_errors.page(code, config),
                content_type="text/html",
                headers={
                    "Cache-Control": "no-cache, no-store",
                    "Server": "local-router",
                },
            )
            if code is router_errors.CROWDED:  # the next connection may find room
                page.force_close()
            return page
        if code is not router_errors.INTERRUPTED:
            trip.status = code.status
        if trip.request.transport is not None:
            trip.request.transport.abort()
        raise ConnectionResetError("the answer broke off")
