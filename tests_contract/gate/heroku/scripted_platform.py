"""A real HTTP server that plays a script: one reply after the other."""

import json
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Self

Handler = BaseHTTPRequestHandler
LONGEST_REPLY = 15.0


@dataclass(frozen=True)
class Seen:
    """A request as it arrived."""

    method: str
    path: str
    headers: Message
    body: bytes


@dataclass
class ScriptedPlatform:
    """Serves on a free loopback port; *seen* is what arrived, in order.

    *outlasted* is set when a client did not give up on a reply without an end.
    """

    seen: list[Seen] = field(default_factory=list)
    script: deque[Callable[[Handler], None]] = field(default_factory=deque)
    over: threading.Event = field(default_factory=threading.Event)
    outlasted: threading.Event = field(default_factory=threading.Event)

    def __enter__(self) -> Self:
        stage = self

        class Actor(BaseHTTPRequestHandler):
            def handle_one_request(self) -> None:
                self.raw_requestline = self.rfile.readline(65537)
                if self.raw_requestline and self.parse_request():
                    length = int(self.headers.get("Content-Length", 0))
                    body = self.rfile.read(length)
                    stage.seen.append(Seen(self.command, self.path, self.headers, body))
                    stage.script.popleft()(self)
                self.close_connection = True

            def log_message(self, format: str, *args: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Actor)
        self._server.daemon_threads = True
        self._server.handle_error = lambda *_: None  # type: ignore[method-assign]
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.02,), daemon=True
        )
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        problem: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.over.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    @property
    def url(self) -> str:
        """Where it serves."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def answers(
        self, value: object, status: int = 200, headers: Mapping[str, str] = {}
    ) -> None:
        """Next: an answer; bytes go out as they are, anything else as JSON."""
        body = value if isinstance(value, bytes) else json.dumps(value).encode()

        def play(actor: Handler) -> None:
            actor.send_response(status)
            for name, text in {"Content-Length": str(len(body)), **headers}.items():
                actor.send_header(name, text)
            actor.end_headers()
            actor.wfile.write(body)

        self.script.append(play)

    def drops(self) -> None:
        """Next: take the request, and hang up."""
        self.script.append(lambda _: None)

    def keeps_silent(self) -> None:
        """Next: take the request, and say nothing until the test is over."""
        self.script.append(lambda _: self._wait(self.over))

    def dribbles(self, raw: bytes, pause: float = 0.05) -> None:
        """Next: send *raw* byte by byte, then go on with blanks for ever."""

        def play(actor: Handler) -> None:
            position = 0
            until = time.monotonic() + LONGEST_REPLY
            while not self.over.wait(pause):
                actor.wfile.write(raw[position : position + 1] or b" ")
                position += 1
                if time.monotonic() > until:
                    self.outlasted.set()
                    return

        self.script.append(play)

    def streams(self, pieces: "deque[bytes]", go_on: threading.Event) -> None:
        """Next: send the pieces as chunks at once, then wait for *go_on* and hang up.

        A last piece that is empty ends the stream properly.
        """

        def play(actor: Handler) -> None:
            actor.protocol_version = "HTTP/1.1"
            actor.send_response(200)
            actor.send_header("Transfer-Encoding", "chunked")
            actor.end_headers()
            for piece in pieces:
                actor.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece))
            self._wait(go_on)

        self.script.append(play)

    def _wait(self, event: threading.Event) -> None:
        if not event.wait(LONGEST_REPLY):
            self.outlasted.set()
