"""One request on its way through the router: its headers and its log line."""

import re
import time
from dataclasses import dataclass
from uuid import uuid4

from aiohttp import web
from multidict import CIMultiDict

from gate.local_platform import ports
from gate.local_platform.router import router_errors
from gate.local_platform.router.router_errors import Code

VIA = "1.1 local-router"

HOP_BY_HOP = frozenset(
    (
        "connection",
        "keep-alive",
        "proxy-authenticate",
        "proxy-authorization",
        "proxy-connection",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
    )
)
_OVERWRITTEN = frozenset(
    ("expect", "x-forwarded-proto", "x-forwarded-port", "x-request-start")
)
_REQUEST_ID = re.compile(r"^[A-Za-z0-9_=+/-]{20,200}$")


@dataclass(slots=True)
class Trip:
    """One request on its way, and what its log line will say."""

    request: web.BaseRequest
    id: str
    forwarded_for: str
    dyno: str = ""
    connect: str = ""
    service: str = ""
    status: int = 0
    bytes: int = 0
    code: Code | None = None

    def line(self) -> str:
        """The heroku[router] line in Heroku's order of fields."""
        sock = "sock=backend " if self.code is router_errors.INTERRUPTED else ""
        sock = "sock=client " if self.code is router_errors.CLIENT_GONE else sock
        level = self.code.level if self.code else "info"
        code = (
            f'code={self.code.code} desc="{self.code.description}" '
            if self.code
            else ""
        )
        version = self.request.version
        path, fwd = _plain(self.request.raw_path), _plain(self.forwarded_for)
        host = _plain(self.request.host).replace(" ", "%20")
        return (
            f"{sock}at={level} {code}method={self.request.method} "
            f'path="{path}" host={host} '
            f'request_id={self.id} fwd="{fwd}" dyno={self.dyno} '
            f"connect={self.connect} service={self.service} status={self.status} "
            f"bytes={self.bytes} protocol=http{version.major}.{version.minor} tls=false"
        )


def begin(request: web.BaseRequest) -> Trip:
    """A request as it came in; a sensible X-Request-Id of the client is kept."""
    given = request.headers.get("X-Request-Id", "")
    id = given if _REQUEST_ID.match(given) else str(uuid4())
    claimed = request.headers.get("X-Forwarded-For")
    client = request.remote or ports.LOOPBACK
    return Trip(request, id, f"{claimed}, {client}" if claimed else client)


def forwarded(trip: Trip, port: int) -> CIMultiDict[str]:
    """The client's headers without those of its connection, plus the router's."""
    headers: CIMultiDict[str] = CIMultiDict()
    named = trip.request.headers.get("Connection", "").lower()
    dropped = HOP_BY_HOP | {name.strip() for name in named.split(",")}
    for name, value in trip.request.headers.items():
        lower = name.lower()
        if lower not in dropped and lower not in _OVERWRITTEN:
            headers.add(name, value)
    headers["X-Request-Id"] = trip.id
    headers["X-Forwarded-For"] = trip.forwarded_for
    headers["X-Forwarded-Proto"] = "http"
    headers["X-Forwarded-Port"] = str(port)
    headers["X-Request-Start"] = str(int(time.time() * 1000))
    headers["Via"] = VIA
    return headers


def _plain(text: str) -> str:
    """No quotes: nobody may forge a field of the log line."""
    return text.replace('"', "%22")
