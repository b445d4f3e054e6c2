"""What every request passes through on its way to its handler, in order."""

import base64
import binascii
import hmac
import logging
import re
import time
from collections.abc import Awaitable, Callable
from urllib.parse import urlsplit
from uuid import uuid4

from aiohttp import web

from gate.local_platform.api.context import PLATFORM
from gate.local_platform.api.problems import (
    Problem,
    bad_request,
    forbidden,
    rate_limited,
    too_large,
    unauthorized,
    unknown_endpoint,
)
from gate.local_platform.api.slow_clients import served
from gate.local_platform.visitors import Explain

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

POOL = 4_500
REFILL = 75
_SIGNED = ("/blobs/", "/outputs/", "/logs/")
_ACCEPTED = re.compile(
    r"application/vnd\.heroku\+json\s*;\s*version\s*=\s*3(\.[\w-]+)?\s*(;|$)",
    re.IGNORECASE,
)
_log = logging.getLogger(__name__)


class RateLimit:
    """Heroku's pool of tokens, which refills as steadily as there."""

    def __init__(self, refill_every: float) -> None:
        self._rate = REFILL / refill_every
        self._tokens = float(POOL)
        self._at = time.monotonic()

    @property
    def remaining(self) -> int:
        """How many requests are left now; the pool refills steadily."""
        now = time.monotonic()
        self._tokens = min(POOL, self._tokens + (now - self._at) * self._rate)
        self._at = now
        return int(self._tokens)

    def take(self) -> bool:
        """Use up one token, if there is one."""
        if self.remaining < 1:
            return False
        self._tokens -= 1
        return True


RATE_LIMIT = web.AppKey("rate_limit", RateLimit)


def _is_signed(request: web.Request) -> bool:
    return request.path.startswith(_SIGNED)


@web.middleware
async def identified(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Every reply carries a Request-Id and what is left of the rate limit.

    The id is always a new one: clients send the list of all ids that they ever got.
    """
    limit = request.app[RATE_LIMIT]
    request["headers"] = _identity(limit)
    response = await handler(request)
    if not response.prepared:
        response.headers.update(request["headers"])
        response.headers["RateLimit-Remaining"] = str(limit.remaining)
    return response


@web.middleware
async def explained(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Refusals become documented error bodies, and so do our own mistakes."""
    try:
        return await handler(request)
    except Problem as problem:
        return web.json_response(problem.body(), status=problem.status)
    except web.HTTPException as error:
        refusal = _explained(error)
        return web.json_response(refusal.body(), status=refusal.status)
    except ConnectionError:
        raise
    except Exception:  # noqa: BLE001 - the client is told, the log has the trace
        _log.exception("%s %s failed", request.method, request.path)
        body = {"id": "internal_server_error", "message": "The platform failed."}
        return web.json_response(body, status=500)


@web.middleware
async def addressed(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Only requests to our own names: a rebound DNS name is somebody else's."""
    own = urlsplit(request.app[PLATFORM].api_url)
    if request.host.lower() not in (own.netloc, f"localhost:{own.port}"):
        raise Problem(421, "misdirected_request", "This host is not served here.")
    origin = request.headers.get("Origin")
    site = request.headers.get("Sec-Fetch-Site", "none")
    if site not in ("none", "same-origin") or origin not in (None, own.geturl()):
        raise forbidden("Requests from web pages are not served.")
    return await handler(request)


@web.middleware
async def authenticated(request: web.Request, handler: Handler) -> web.StreamResponse:
    """A token, as Bearer or as a Basic password; signed addresses need none."""
    if not _is_signed(request):
        given = _token(request.headers.get("Authorization", ""))
        wanted = request.app[PLATFORM].token
        if not hmac.compare_digest(given.encode(errors="replace"), wanted.encode()):
            raise unauthorized()
    return await handler(request)


@web.middleware
async def versioned(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Only version 3 of the API exists."""
    accepted = ",".join(request.headers.getall("Accept", [])).split(",")
    if not _is_signed(request) and not any(
        _ACCEPTED.match(part.strip()) for part in accepted
    ):
        message = "Send Accept: application/vnd.heroku+json; version=3"
        raise Problem(406, "not_acceptable", message)
    return await handler(request)


@web.middleware
async def limited(request: web.Request, handler: Handler) -> web.StreamResponse:
    """One token a request, but for asking how many are left."""
    free = _is_signed(request) or request.path == "/account/rate-limits"
    free = free or request.path.startswith("/local/")
    if not free and not request.app[RATE_LIMIT].take():
        raise rate_limited()
    return await handler(request)


def unreadable(app: web.Application) -> Explain:
    """The answer to what is no HTTP request, which passes through no middleware."""

    def explain(_: web.BaseRequest, cause: str) -> web.Response:
        refusal = bad_request(f"The request cannot be read: {cause}.")
        headers = _identity(app[RATE_LIMIT])
        return web.json_response(refusal.body(), status=400, headers=headers)

    return explain


def _identity(limit: RateLimit) -> dict[str, str]:
    return {
        "Request-Id": str(uuid4()),
        "RateLimit-Remaining": str(limit.remaining),
    }


def _explained(error: web.HTTPException) -> Problem:
    match error.status:
        case 404 | 405:
            return unknown_endpoint()
        case 413:
            return too_large("The body is larger than one megabyte.")
        case _:
            return bad_request(f"{error.reason}.")


def _token(header: str) -> str:
    scheme, _, value = header.strip().partition(" ")
    match scheme.lower():
        case "bearer":
            return value.strip()
        case "basic":
            try:
                pair = base64.b64decode(value.strip(), validate=True)
            except (binascii.Error, ValueError):
                return ""
            return pair.decode(errors="replace").partition(":")[2]
        case _:
            return ""


PATH_OF_A_REQUEST = (
    identified,
    explained,
    served,
    addressed,
    authenticated,
    versioned,
    limited,
)
