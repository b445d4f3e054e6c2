"""Calls to the Platform API: what is repeated, what never is, and until when."""

import json
import random
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from uuid import uuid4

from gate.errors import NotFound, PlatformUnavailable, UsageProblem
from gate.heroku.addresses import base_address, handed_address, host_of
from gate.heroku.errors import ASK_AGAIN, WriteUnconfirmed, failure, printable
from gate.heroku.patience import Patience, asked_pause, pauses
from gate.heroku.streams import LineStream
from gate.heroku.wire import (
    Anonymous,
    Bearer,
    Exchange,
    Limits,
    NoAnswerError,
    Parcel,
    exchange,
)

ACCEPT: Final = "application/vnd.heroku+json; version=3"
MOST_PAGES: Final = 100


@dataclass(frozen=True, slots=True)
class Call:
    """One call: *repeatable* if sending it twice leaves the app as once does."""

    method: str
    path: str
    json: Mapping[str, object] | None = None
    range: str | None = None
    repeatable: bool = False

    @property
    def name(self) -> str:
        """What people are told it was."""
        return f"{self.method} {self.path}"


@dataclass(frozen=True, slots=True)
class Answer:
    """A 2xx answer, its body read whole, and the call that it answers."""

    call: Call
    status: int
    headers: Mapping[str, str]
    body: bytes
    request_id: str


class Transport:
    """Sends calls with patience, and with one token that it never shows.

    Answers that promise nothing are asked for again, if the call is repeatable;
    429 is never executed, so any call may follow it. The errors are those of
    `gate.heroku.errors`.
    """

    def __init__(
        self,
        base_url: str,
        token: str,
        *,
        patience: Patience,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
        jitter: random.Random | None = None,
    ) -> None:
        if not token.isascii() or not token.isprintable() or " " in token or not token:
            raise UsageProblem(
                "the platform's token cannot be used",
                why="it is empty, or holds spaces or characters no token has",
                advice="give the gate the token alone, without quotes or line ends",
            )
        self.base_url = base_address(base_url)
        self.rate_limit_remaining: int | None = None
        self._token = token
        self._patience = patience
        self._clock = clock
        self._sleep = sleep
        self._jitter = jitter or random.Random()

    def __repr__(self) -> str:
        return f"Transport({self.base_url!r})"

    def send(self, call: Call) -> Answer:
        """Send a call and return its 2xx answer."""
        request_id = str(uuid4())
        headers = {"Accept": ACCEPT, "Request-Id": request_id}
        body = None
        if call.json is not None:
            headers["Content-Type"] = "application/json"
            body = json.dumps(call.json).encode()
        if call.range is not None:
            headers["Range"] = call.range
        url = self.base_url + call.path
        parcel = Parcel(call.method, url, Bearer(self._token), headers, body)
        got = self._insist(
            call,
            lambda within: exchange(parcel, self._limits(within)),
            request_id=request_id,
            attempt=self._patience.attempt,
            total=self._patience.total,
        )
        shown = _request_id(got, request_id)
        return Answer(call, got.status, got.headers, got.body, shown)

    def pages(self, path: str, *, first: str | None = None) -> Iterator[Answer]:
        """Yield the pages of a list, following Next-Range while it is truncated."""
        wanted = first
        asked: set[str | None] = set()
        while True:
            asked.add(wanted)
            page = self.send(Call("GET", path, range=wanted, repeatable=True))
            yield page
            wanted = page.headers.get("Next-Range")
            if page.status != 206 or not wanted:
                return
            if wanted in asked or len(asked) == MOST_PAGES:
                raise PlatformUnavailable(
                    f"GET {path} has no end",
                    why=f"ever more pages are named [Request-Id {page.request_id}]",
                    advice="report this to those who run the platform",
                )

    def put_file(self, url: str, file: Path, *, name: str) -> None:
        """Put a file at a signed address: no token, no content type, its length."""
        call = Call("PUT", f"{name} to {host_of(url)}", repeatable=True)
        url = handed_address(url, call=call.name, base_url=self.base_url)

        def attempt(within: float) -> Exchange:
            with file.open("rb") as body:
                parcel = Parcel("PUT", url, Anonymous(), {}, body)
                return exchange(parcel, self._limits(within))

        upload = self._patience.upload
        self._insist(call, attempt, request_id="none", attempt=upload, total=upload)

    def open_lines(self, url: str, *, name: str, attempts: int = 1) -> LineStream:
        """Open a signed address and return its lines as they arrive.

        404 means that it has not started: it is asked for up to *attempts* times.
        """
        call = Call("GET", f"{name} at {host_of(url)}", repeatable=True)
        url = handed_address(url, call=call.name, base_url=self.base_url)
        parcel = Parcel("GET", url, Anonymous(), {"Accept": "text/plain"})

        def attempt(within: float) -> Exchange:
            limits = self._limits(within, read=self._patience.silence)
            return exchange(parcel, limits, keep_open=True)

        for left in reversed(range(attempts)):
            try:
                opened = self._insist(
                    call,
                    attempt,
                    request_id="none",
                    attempt=self._patience.attempt,
                    total=self._patience.total,
                )
            except NotFound:
                if not left:
                    raise
                self._sleep(self._patience.stream_pause)
            else:
                return LineStream(opened, name=call.name)
        raise ValueError("attempts must be positive")

    def _insist(
        self,
        call: Call,
        send: Callable[[float], Exchange],
        *,
        request_id: str,
        attempt: float,
        total: float,
    ) -> Exchange:
        """Send until there is a 2xx answer, an error that stays, or no time."""
        deadline = self._clock() + total
        waits = pauses(self._patience, self._jitter)
        while True:
            asked: float | None = None
            try:
                got = send(min(attempt, deadline - self._clock()))
            except NoAnswerError as lost:
                problem = _lost(call, lost, request_id)
                again = call.repeatable and lost.transient
            else:
                self._remember_rate_limit(got)
                if 200 <= got.status < 300:
                    return got
                problem = self._failure(call, got, request_id)
                again = got.status == 429 or (call.repeatable and got.status >= 500)
                asked = asked_pause(
                    got.headers.get("Retry-After"), longest=self._patience.longest_pause
                )
            pause = max(asked or 0.0, next(waits))
            if not again or self._clock() + pause >= deadline:
                raise problem
            self._sleep(pause)

    def _failure(
        self, call: Call, got: Exchange, request_id: str
    ) -> PlatformUnavailable:
        return failure(
            call.name,
            status=got.status,
            body=got.body.replace(self._token.encode(), b"[token]"),
            request_id=_request_id(got, request_id),
            repeatable=call.repeatable,
        )

    def _limits(self, within: float, *, read: float | None = None) -> Limits:
        patience = self._patience
        return Limits(
            connect=max(min(patience.connect, within), 0.001),
            read=read or max(min(patience.read, within), 0.001),
            within=within,
            body_bytes=patience.body_bytes,
        )

    def _remember_rate_limit(self, got: Exchange) -> None:
        remaining = got.headers.get("RateLimit-Remaining", "")
        if remaining.isascii() and remaining.isdigit():
            self.rate_limit_remaining = int(remaining[:9])


def _lost(call: Call, lost: NoAnswerError, request_id: str) -> PlatformUnavailable:
    """Turn the lack of an answer into an error, grave only for a write."""
    why = f"{lost.why} [Request-Id {request_id}]"
    if lost.sent and not call.repeatable:
        return WriteUnconfirmed(
            f"{call.name} has no answer", why=why, request_id=request_id
        )
    checked = "check the platform's address, and that it runs"
    advice = ASK_AGAIN if lost.transient else checked
    return PlatformUnavailable(f"{call.name} has no answer", why=why, advice=advice)


def _request_id(got: Exchange, ours: str) -> str:
    """Return the id by which the platform can find this call in its records."""
    return printable(got.headers.get("Request-Id", ""))[:100] or ours
