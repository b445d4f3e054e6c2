"""One request handed to one dyno, and its answer streamed back."""

import asyncio
from typing import Final

from aiohttp import ClientConnectionResetError, ClientError, web
from aiohttp.abc import AbstractStreamWriter
from aiohttp.http import (
    HttpProcessingError,
    HttpVersion11,
    RawResponseMessage,
    StreamWriter,
)
from aiohttp.streams import StreamReader
from multidict import CIMultiDict

from gate.local_platform.router import connections, heads, router_errors, tunnels
from gate.local_platform.router.connections import Connection
from gate.local_platform.router.patience import Patience
from gate.local_platform.router.router_errors import Code, Refusal
from gate.local_platform.router.trip import Trip

_LENGTH: Final = "Content-Length"
_PIECE: Final = 4  # bytes of a trickle


class Answered(web.StreamResponse):
    """An answer that the client has already; tells the server whether to go on."""

    def __init__(self, *, keep_alive: bool) -> None:
        super().__init__()
        self._stays = keep_alive

    @property
    def keep_alive(self) -> bool:
        """Whether the client may send another request."""
        return self._stays

    async def prepare(self, request: web.BaseRequest) -> None:
        """Nothing: the head was sent."""

    async def write_eof(self, data: bytes = b"") -> None:
        """Nothing: the body was sent."""


class Exchange:
    """One request on one connection.  `whole` once the dyno's answer was read."""

    def __init__(self, trip: Trip, connection: Connection, patience: Patience) -> None:
        self.whole = False
        self._trip = trip
        self._connection = connection
        self._patience = patience
        self._heard = False  # an interim answer
        self._upload: asyncio.Task[None] | None = None
        self._broken: Code | None = None  # why the upload ended early

    async def run(self) -> Answered:
        """Send the request, stream the answer.  Raises Refusal."""
        try:
            answer, payload = await self._ask()
            if answer.code == 101:
                if not heads.wants_upgrade(self._trip.request):
                    raise Refusal(router_errors.BAD_RESPONSE)
                await self._tunnel(answer)
                return Answered(keep_alive=False)
            return await self._answer(answer, payload)
        finally:
            if self._upload is not None:
                self._upload.cancel()

    async def _ask(self) -> tuple[RawResponseMessage, StreamReader]:
        connection, request = self._connection, self._trip.request
        connection.expect(bodiless=request.method == "HEAD")
        self._patience.first_byte()
        try:
            await self._send()
            return await self._head()
        except (ClientError, OSError, HttpProcessingError) as error:
            code = self._broken or connections.why(error)
            if code is router_errors.NO_RESPONSE and self._heard:
                code = router_errors.INTERRUPTED
            raise Refusal(code) from None

    async def _send(self) -> None:
        request = self._trip.request
        headers = heads.forwarded(self._trip)
        writer = StreamWriter(self._connection, asyncio.get_running_loop())
        has_body = request.body_exists
        if has_body and _LENGTH not in headers:
            writer.enable_chunking()
            headers["Transfer-Encoding"] = "chunked"
        await writer.write_headers(heads.request_line(request), headers)
        writer.send_headers()
        if has_body:
            self._upload = asyncio.create_task(self._send_body(writer))

    async def _send_body(self, writer: StreamWriter) -> None:
        """A dyno that stops reading may still answer; a client must go on to the end."""
        patience, content = self._patience, self._trip.request.content
        try:
            patience.idle(router_errors.CLIENT_IDLE)
            while chunk := await content.readany():
                patience.idle(router_errors.REQUEST_TIMEOUT)
                await writer.write(chunk)
                patience.idle(router_errors.CLIENT_IDLE)
            await writer.write_eof()
        except ClientConnectionResetError:
            return
        except web.RequestPayloadError:
            self._break_off(router_errors.bad_request("bad chunk"))
        except OSError:
            self._break_off(router_errors.CLIENT_GONE)
        if self._trip.status == 0:
            patience.first_byte()

    def _break_off(self, code: Code) -> None:
        self._broken = code
        if self._connection.transport is not None:
            self._connection.transport.abort()

    async def _head(self) -> tuple[RawResponseMessage, StreamReader]:
        """The final answer's; those before it (1xx) are passed on."""
        request = self._trip.request
        while True:
            answer, payload = await self._connection.read()
            if answer.code >= 200 or answer.code == 101:
                return answer, payload
            self._heard = True
            self._patience.idle(router_errors.IDLE)
            if request.version >= HttpVersion11:
                loop = asyncio.get_running_loop()
                writer = StreamWriter(request.protocol, loop)
                await self._begin(writer, answer, CIMultiDict(answer.headers))
                writer.send_headers()

    async def _begin(
        self,
        writer: AbstractStreamWriter,
        answer: RawResponseMessage,
        headers: CIMultiDict[str],
    ) -> None:
        version = self._trip.request.version
        line = f"HTTP/{version[0]}.{version[1]} {answer.code} {answer.reason}"
        try:
            await writer.write_headers(line, headers)
        except ValueError:  # control characters
            raise Refusal(router_errors.BAD_RESPONSE) from None

    async def _answer(
        self, answer: RawResponseMessage, payload: StreamReader
    ) -> Answered:
        trip, request = self._trip, self._trip.request
        writer, keep_alive = request.writer, request.keep_alive
        headers = heads.answered(trip, answer)
        chunked = False
        if not heads.is_bodiless(trip, answer) and _LENGTH not in headers:
            if request.version >= HttpVersion11:
                chunked = True
                headers["Transfer-Encoding"] = "chunked"
            else:
                keep_alive = False
        if not keep_alive:
            headers["Connection"] = "close"
        elif request.version < HttpVersion11:
            headers["Connection"] = "keep-alive"
        await self._begin(writer, answer, headers)
        if chunked:  # only now: the page of a refusal is not
            writer.enable_chunking()
        trip.status = answer.code
        try:
            await self._stream(payload, writer)
        except ClientConnectionResetError:  # raised by writing, not by reading
            raise Refusal(router_errors.CLIENT_GONE) from None
        except (ClientError, OSError):
            raise Refusal(self._broken or router_errors.INTERRUPTED) from None
        self.whole = self._upload is None or self._upload.done()
        return Answered(keep_alive=keep_alive)

    async def _stream(
        self, payload: StreamReader, writer: AbstractStreamWriter
    ) -> None:
        chunk = payload.read_nowait()  # often all of it: one write for head and body
        if not chunk and not payload.at_eof():
            writer.send_headers()
        while True:
            if chunk:
                self._patience.idle(router_errors.CLIENT_IDLE)
                await self._pass_on(chunk, writer)
            if payload.at_eof():
                break
            self._patience.idle(router_errors.IDLE)
            chunk = await payload.readany()
        self._patience.idle(router_errors.CLIENT_IDLE)
        await writer.write_eof()

    async def _pass_on(self, chunk: bytes, writer: AbstractStreamWriter) -> None:
        trip = self._trip
        fault = trip.fault
        size = len(chunk)
        if fault is not None and fault.kind == "dyno-trickle":
            size = _PIECE
        for start in range(0, len(chunk), size):
            if fault is not None and size == _PIECE:
                writer.send_headers()
                await asyncio.sleep(fault.seconds)
                self._patience.idle(router_errors.CLIENT_IDLE)
            piece = chunk[start : start + size]
            trip.bytes += len(piece)
            await writer.write(piece)

    async def _tunnel(self, answer: RawResponseMessage) -> None:
        """Both sides speak another protocol from here on: bytes go as they come."""
        trip, request = self._trip, self._trip.request
        writer = request.writer
        await self._begin(writer, answer, heads.answered(trip, answer))
        trip.status = 101
        writer.send_headers()
        dyno = StreamWriter(self._connection, asyncio.get_running_loop())
        await tunnels.join(trip, self._connection, dyno, self._patience)
