"""The heads of requests and answers as the router passes them on.

A visitor of Heroku comes by https, and apps that redirect plain http to https must
work: so the router says `X-Forwarded-Proto: https` and `X-Forwarded-Port: 443`,
though it speaks plain http itself (the log says `tls=false`).  In return it does what
undoes that: a `Location` that points to https on the router's own host is turned
into plain http on its port, and cookies lose `Secure` (and `SameSite=None`, which
browsers take with it only), or no client would send them back by plain http.  In
requests `Origin` and `Referer` of a page of its own say https, as the app expects.
"""

import re
import time
from typing import Final
from urllib.parse import quote

from aiohttp import web
from aiohttp.http import RawResponseMessage
from multidict import CIMultiDict, istr

from gate.local_platform.router.trip import Trip

VIA: Final = "1.1 local-router"
_HOP_BY_HOP: Final = tuple(
    istr(name)
    for name in (
        "Connection",
        "Keep-Alive",
        "Proxy-Authenticate",
        "Proxy-Authorization",
        "Proxy-Connection",
        "TE",
        "Trailer",
        "Transfer-Encoding",
        "Upgrade",
    )
)
_USUAL: Final = ("keep-alive", "close", "upgrade")  # names no header to drop
_NO_HOPS: Final = ("host", "content-length")  # whatever a client calls them
_BODILESS: Final = (204, 304)
_CONNECTION: Final = istr("Connection")
_UPGRADE: Final = istr("Upgrade")
_LENGTH: Final = istr("Content-Length")
_LOCATION: Final = istr("Location")
_ORIGIN: Final = istr("Origin")
_REFERER: Final = istr("Referer")
_SET_COOKIE: Final = istr("Set-Cookie")
_SECURE: Final = re.compile(r"\s*;\s*secure\s*(?=;|$)", re.IGNORECASE)
_CROSS_SITE: Final = re.compile(r"\s*;\s*samesite\s*=\s*none\s*(?=;|$)", re.IGNORECASE)
_VIA_NAME: Final = istr("Via")
_PRINTABLE: Final = "".join(map(chr, range(0x21, 0x7F)))


def request_line(request: web.BaseRequest) -> str:
    """What the dyno is asked for; bytes beyond ASCII are escaped."""
    path = request.raw_path
    if not path.isascii():
        path = quote(path.encode(errors="surrogateescape"), safe=_PRINTABLE)
    return f"{request.method} {path} HTTP/1.1"


def forwarded(trip: Trip) -> CIMultiDict[str]:
    """The client's headers without those of its connection, plus the router's."""
    request = trip.request
    headers = CIMultiDict(request.headers)
    upgrade = headers.get(_UPGRADE) if wants_upgrade(request) else None
    _drop_hops(headers)
    if upgrade is not None:
        headers[_CONNECTION] = "Upgrade"
        headers[_UPGRADE] = upgrade
    headers["X-Request-Id"] = trip.id
    headers["X-Forwarded-For"] = trip.forwarded_for
    headers["X-Forwarded-Proto"] = "https"
    headers["X-Forwarded-Port"] = "443"
    headers["X-Request-Start"] = str(int(time.time() * 1000))
    headers[_VIA_NAME] = VIA
    for name in (_ORIGIN, _REFERER):
        page = headers.get(name)
        if page is not None:
            headers[name] = _secure_page(page, trip.host)
    return headers


def answered(trip: Trip, answer: RawResponseMessage) -> CIMultiDict[str]:
    """The dyno's headers without those of its connection, plus the router's."""
    headers = CIMultiDict(answer.headers)
    upgrade = headers.get(_UPGRADE) if answer.code == 101 else None
    _drop_hops(headers)
    if upgrade is not None:
        headers[_CONNECTION] = "Upgrade"
        headers[_UPGRADE] = upgrade
    if answer.code == 204:
        headers.popall(_LENGTH, None)
    location = headers.get(_LOCATION)
    if location is not None and location.startswith("https:"):
        headers[_LOCATION] = _plain_location(location, trip.host)
    if _SET_COOKIE in headers:
        for cookie in headers.popall(_SET_COOKIE):
            headers.add(_SET_COOKIE, _plain_cookie(cookie))
    headers.add(_VIA_NAME, VIA)
    return headers


def is_bodiless(trip: Trip, answer: RawResponseMessage) -> bool:
    """Whether the answer ends with its head, whatever its headers say."""
    return trip.request.method == "HEAD" or answer.code in _BODILESS


def wants_upgrade(request: web.BaseRequest) -> bool:
    """Whether the client asks for a WebSocket, the one protocol to change to."""
    upgrade = request.headers.get(_UPGRADE)
    if upgrade is None or upgrade.lower() != "websocket":
        return False
    named = ",".join(request.headers.getall(_CONNECTION, ())).lower().split(",")
    return "upgrade" in [name.strip() for name in named]


def _drop_hops(headers: CIMultiDict[str]) -> None:
    lines = headers.getall(_CONNECTION, ())
    for hop in _HOP_BY_HOP:
        headers.popall(hop, None)
    for line in lines:
        if line.lower() in _USUAL:
            continue
        for name in line.split(","):
            if name.strip().lower() not in _NO_HOPS:
                headers.popall(name.strip(), None)


def _plain_cookie(cookie: str) -> str:
    """The same for a client that comes back by plain http."""
    plain, secure = _SECURE.subn("", cookie)
    return _CROSS_SITE.sub("", plain) if secure else cookie


def _secure_page(page: str, host: str) -> str:
    """A page of the router's own, as the app believes it was fetched."""
    start = f"http://{host}"
    rest = page[len(start) :]
    is_own = page.startswith(start) and (not rest or rest[0] in "/?#")
    return f"https://{host}{rest}" if is_own else page


def _plain_location(location: str, host: str) -> str:
    """The router's own address by http, if it is meant; else what was given."""
    name = host.partition(":")[0]
    for own in (host, f"{name}:443", name):
        start = f"https://{own}"
        rest = location[len(start) :]
        if location.startswith(start) and (not rest or rest[0] in "/?#"):
            return f"http://{host}{rest}"
    return location
