"""One request and its answer over one connection of its own.

A connection is never reused: one that the server has just closed would make a
write that was never sent look like one whose answer was lost.
"""

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import IO, Final

import requests
from requests.adapters import HTTPAdapter
from requests.auth import AuthBase
from urllib3.exceptions import HTTPError
from urllib3.exceptions import TimeoutError as SilenceError

from gate.heroku.addresses import is_loopback
from gate.heroku.link import Link, LinkAdapter

PIECE_BYTES: Final = 64 * 1024
OURS: Final = {
    "User-Agent": "heroku-release-gate",
    "Accept-Encoding": "identity",
    "Connection": "close",
}


class NoAnswerError(Exception):
    """No usable answer came: *sent* says whether the request may have arrived."""

    def __init__(self, why: str, *, sent: bool, transient: bool = True) -> None:
        super().__init__(why)
        self.why = why
        self.sent = sent
        self.transient = transient


class Bearer(AuthBase):
    """Sends the token, and keeps requests from looking for one in a netrc file."""

    def __init__(self, token: str) -> None:
        self._token = token

    def __repr__(self) -> str:
        return "Bearer(…)"

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        """Put the token in; `requests` then asks no netrc file."""
        request.headers["Authorization"] = f"Bearer {self._token}"
        return request


class Anonymous(AuthBase):
    """Sends no token, nor one from a netrc file: for signed addresses."""

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        """Leave the request as it is."""
        return request


@dataclass(frozen=True, slots=True)
class Parcel:
    """What goes over the wire; its address may be signed, so it is not shown."""

    method: str
    url: str = field(repr=False)
    auth: AuthBase
    headers: Mapping[str, str]
    body: bytes | IO[bytes] | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits of one exchange (seconds; bytes)."""

    connect: float
    read: float
    within: float
    body_bytes: int


class Exchange:
    """An answer: read whole and closed, or left open to be read piece by piece."""

    def __init__(
        self, response: requests.Response, adapter: HTTPAdapter, link: Link
    ) -> None:
        self.status: int = response.status_code
        self.headers: Mapping[str, str] = response.headers
        self.body = b""
        self.link = link
        self._response = response
        self._adapter = adapter

    def piece(self) -> bytes:
        """Return what has arrived, waiting for it; empty at the end."""
        try:
            piece: bytes = self._response.raw.read1(PIECE_BYTES, decode_content=True)
        except (HTTPError, OSError) as problem:
            raise NoAnswerError(_why(problem, self.link), sent=True) from None
        return piece

    def read(self, limits: Limits) -> None:
        """Read the whole body within the limits."""
        pieces: list[bytes] = []
        size = 0
        while piece := self.piece():
            pieces.append(piece)
            size += len(piece)
            if size > limits.body_bytes:
                raise NoAnswerError(
                    f"its answer is larger than {limits.body_bytes} bytes",
                    sent=True,
                    transient=False,
                )
        self.body = b"".join(pieces)

    def close(self) -> None:
        """Let go of the connection."""
        self._response.close()
        self._adapter.close()


def exchange(parcel: Parcel, limits: Limits, *, keep_open: bool = False) -> Exchange:
    """Send a parcel once and return the answer, whatever its status.

    With *keep_open* the body of a 2xx answer is left to be read, and *within*
    bounds only the wait for its beginning. Raises `NoAnswerError`. (The look-up
    of a host name is outside of our reach, and its time limits are the system's.)
    """
    link = Link()
    watchdog = threading.Timer(max(limits.within, 0.0), link.cut)
    watchdog.daemon = True
    watchdog.start()
    answer: Exchange | None = None
    left_open = False
    try:
        answer = _begin(parcel, limits, link)
        left_open = keep_open and 200 <= answer.status < 300
        if not left_open:
            answer.read(limits)
        if link.is_cut:  # a body without a length just ends when it is cut
            left_open = False
            raise NoAnswerError(_out_of_time(), sent=link.opened)
    finally:
        watchdog.cancel()
        if answer is not None and not left_open:
            answer.close()
    return answer


def _begin(parcel: Parcel, limits: Limits, link: Link) -> Exchange:
    """Send the parcel and wait for the head of the answer."""
    adapter = LinkAdapter(link)
    try:
        with requests.Session() as session:
            session.headers.clear()
            request = session.prepare_request(
                requests.Request(
                    parcel.method,
                    parcel.url,
                    headers={**OURS, **parcel.headers},
                    data=parcel.body,
                    auth=parcel.auth,
                )
            )
            around = session.merge_environment_settings(
                request.url, {}, stream=True, verify=None, cert=None
            )
        # The adapter sends, not the session: a session prepares to follow
        # redirects, and reads their bodies without a limit.
        response = adapter.send(
            request,
            stream=True,
            timeout=(limits.connect, limits.read),
            verify=around["verify"] or True,
            # Proxies of the environment are fine, but not on the way to ourselves.
            proxies={} if is_loopback(parcel.url) else around["proxies"],
        )
    except (requests.RequestException, HTTPError, OSError) as problem:
        adapter.close()
        raise NoAnswerError(
            _why(problem, link),
            sent=link.opened,
            transient=link.opened or _may_pass(problem, parcel.url),
        ) from None
    return Exchange(response, adapter, link)


def _may_pass(problem: Exception, url: str) -> bool:
    """Say whether a connection that was not possible may be so later.

    Not with a wrong certificate, nor where nobody listens on this machine.
    """
    wrong_certificate = isinstance(problem, requests.exceptions.SSLError)
    return not wrong_certificate and not is_loopback(url)


def _why(problem: Exception, link: Link) -> str:
    """Say in words what went wrong, without the address: it may be signed."""
    if link.is_cut:
        return _out_of_time()
    if isinstance(problem, requests.exceptions.SSLError):
        return "its certificate could not be verified, or TLS failed"
    if isinstance(problem, requests.exceptions.ProxyError):
        return "the proxy could not be used"
    if isinstance(problem, requests.Timeout | SilenceError | TimeoutError):
        return "it kept silent" if link.opened else "no connection in time"
    return "the connection was lost" if link.opened else "no connection was possible"


def _out_of_time() -> str:
    return "no complete answer came in time"
