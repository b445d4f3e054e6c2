"""The HTTP client of old consumers: it asks one app, and reads a bounded answer."""

import time
from http.cookiejar import DefaultCookiePolicy
from typing import Any

import requests
import urllib3
from requests.adapters import HTTPAdapter

TIMEOUT = 15.0
MOST_BYTES = 50_000_000
_CHUNK = 65_536


class Unread(requests.RequestException):
    """An answer that began and could not be read to its end; the text says why."""


class Client(requests.Session):
    """A session without cookies, netrc and proxies that stays where it was sent.

    A redirect is an answer and not followed: the document has to speak of it, and it
    may lead to production.
    """

    def __init__(self) -> None:
        super().__init__()
        self.trust_env = False
        # One consumer's cookies are not the next one's.
        self.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        for scheme in ("http://", "https://"):
            self.mount(scheme, _Bounded())

    def get_redirect_target(self, resp: requests.Response) -> None:
        """Return nothing, wherever *resp* leads to."""


class _Bounded(HTTPAdapter):
    """Reads answers at once; what goes wrong names the request that met it."""

    def send(
        self, request: requests.PreparedRequest, *args: Any, **kwargs: Any
    ) -> requests.Response:
        """Return the answer, its body read; raises RequestException."""
        ends = time.monotonic() + TIMEOUT
        try:
            response = super().send(request, *args, **kwargs)
            # Whoever streams events never ends; schemathesis reads some of them.
            if "event-stream" not in response.headers.get("Content-Type", ""):
                response._content = _read(response, ends)  # noqa: SLF001
            elif not kwargs.get("stream"):
                response._content = b""  # noqa: SLF001
        except requests.RequestException as error:
            error.request = error.request or request
            raise
        return response


def _read(response: requests.Response, ends: float) -> bytes:
    body = bytearray()
    why = ""
    try:
        # Not iter_content: that waits for a full chunk, however slowly it trickles in.
        while not why and (chunk := response.raw.read1(_CHUNK, decode_content=True)):
            body += chunk
            if len(body) > MOST_BYTES:
                why = f"its answer is longer than {MOST_BYTES} bytes"
            elif time.monotonic() > ends:
                why = f"its answer took longer than {TIMEOUT:g} s"
    except urllib3.exceptions.TimeoutError:
        why = "its answer stopped in the middle"
    except (urllib3.exceptions.HTTPError, OSError):
        why = "its answer broke off or is damaged"
    if why:
        response.close()
        raise Unread(why)
    return bytes(body)
