"""Only the target is loaded: no other host is asked, no answer is endless."""

import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import gevent  # type: ignore[import-untyped]
import requests
from locust import User
from locust.clients import LocustHttpAdapter
from locust.contrib.fasthttp import FastHttpUser
from locust.exception import StopUser

from gate.suites.load.generator.turns import Turn, Unanswered

ANSWER_SECONDS = 10.0
"""How long a whole answer may take; a slower one is a failed request."""
ANSWER_BYTES = 10_000_000
"""How long an answer's body may be; a longer one is a failed request."""
CHUNK = 65_536
PORTS = {"http": 80, "https": 443}

Place = tuple[str, int]


def place_of(url: str) -> Place:
    """Return host and port of a URL."""
    parts = urlsplit(url)
    return (parts.hostname or "").lower(), parts.port or PORTS.get(parts.scheme, 0)


def told(place: Place) -> str:
    """Return a host and port as people write it."""
    host, port = place
    return host if port in {0, *PORTS.values()} else f"{host}:{port}"


def keep_to_target(user: Any, url: str, turn: Callable[[], Turn]) -> None:
    """Let *user*'s client ask nobody but *url*, directly, with a bound on answers.

    *turn* tells whose turn it is: requests get an ``X-Request-ID`` that it remembers.
    """
    if isinstance(user, FastHttpUser):
        agent = user.client.client
        send: Any = agent._urlopen  # noqa: SLF001 - each hop, redirects included

        def hop(request: Any) -> Any:
            _permit(request.url_split.host, request.url_split.port, url, turn())
            with _asking(turn(), request):
                answer = send(request)
                response = answer._response  # noqa: SLF001 - the client's own buffer
                chunks = iter(partial(response.read, CHUNK), b"")
                whole = _whole(chunks, answer.release)
                response._body_buffer[:] = whole  # noqa: SLF001
                return answer

        agent._urlopen = hop  # type: ignore[method-assign]  # noqa: SLF001
        return
    user.client.trust_env = False
    for scheme in PORTS:
        user.client.mount(f"{scheme}://", TargetAdapter(user, url, turn))


class TargetAdapter(LocustHttpAdapter):
    """The same for users of `requests`."""

    def __init__(self, user: User, url: str, turn: Callable[[], Turn]) -> None:
        pools = getattr(user, "pool_manager", None)
        super().__init__(pool_manager=pools)
        self.url = url
        self.turn = turn

    def send(self, request: Any, *rest: Any, **more: Any) -> requests.Response:
        """Send one hop; raises requests' ConnectionError, which Locust expects."""
        try:
            _permit(*place_of(request.url), self.url, self.turn())
            with _asking(self.turn(), request):
                answer = super().send(request, *rest, **{**more, "stream": True})
                whole = _whole(answer.iter_content(CHUNK), answer.close)
                answer._content = bytes(whole)  # noqa: SLF001 - as its own reading does
                return answer
        except Unanswered as error:
            raise requests.ConnectionError(str(error)) from error


def forbid_other_places(arms: Mapping[str, str], refuse: Callable[[str], None]) -> None:
    """Let this process look up no host but the arms', whatever library asks.

    *refuse* is told the first other one. There is no way back: for child processes.
    """
    permitted = {place_of(url) for url in arms.values()}
    hosts = {host for host, _ in permitted}

    def watch(event: str, arguments: tuple[Any, ...]) -> None:
        if event != "socket.getaddrinfo":
            return
        host, port = arguments[:2]
        host = host.decode("ascii", "replace") if isinstance(host, bytes) else host
        host = str(host or "").lower()
        known = (host, port) in permitted if isinstance(port, int) else host in hosts
        if not known:
            place = told((host, port if isinstance(port, int) else 0))
            refuse(place)
            raise Unanswered(f"{place} is not the target: not asked")

    sys.addaudithook(watch)


_TOO_SLOW = f"no whole answer within {ANSWER_SECONDS:g} s"
_TOO_LONG = f"the answer is longer than {ANSWER_BYTES // 1_000_000} MB"


@contextmanager
def _asking(turn: Turn, request: Any) -> Iterator[None]:
    """Wait for the whole answer, within bounds.

    Raises StopUser, which ends the turn, where an earlier request was not answered: the
    flow has failed, and each further wait would only keep that from being known.
    """
    if turn.unanswered:
        raise StopUser
    turn.request_id = _identify(request.headers)
    limit = gevent.Timeout(ANSWER_SECONDS, Unanswered(_TOO_SLOW))
    with turn.asking(request.method, request.url), limit:
        try:
            yield
        except OSError:  # requests wraps it in one of its own
            turn.unanswered = not limit.pending
            raise


def _permit(host: str, port: int, url: str, turn: Turn) -> None:
    if (host.lower(), port) != place_of(url):
        turn.left = turn.left or told((host, port))
        raise Unanswered(f"{told((host, port))} is not the target: not asked")


def _identify(headers: Any) -> str:
    """Give a request an id that Heroku's router takes over, unless it has one."""
    if "X-Request-ID" not in headers:
        headers["X-Request-ID"] = uuid4().hex
    return str(headers["X-Request-ID"])


def _whole(chunks: Iterable[bytes], give_up: Callable[[], object]) -> bytearray:
    """Read a body to its end; raises Unanswered when that is beyond the bound."""
    body = bytearray()
    for chunk in chunks:
        body += chunk
        if len(body) > ANSWER_BYTES:
            give_up()
            raise Unanswered(_TOO_LONG)
    return body
