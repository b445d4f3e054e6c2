"""The heads of requests and answers as the router passes them on.

A visitor of Heroku comes by https, and apps that redirect plain http to https must
work: so the router says `X-Forwarded-Proto: https` and `X-Forwarded-Port: 443`,
though it speaks plain http itself (the log says `tls=false`).  In return it does what
undoes that: a `Location` that points to https on the router's own host is turned
into plain http on its port.
"""

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
_BODILESS: Final = (204, 304)
_CONNECTION: Final = istr("Connection")
_UPGRADE: Final = istr("Upgrade")
_LENGTH: Final = istr("Content-Length")
_LOCATION: Final = istr("Location")
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
    named = request.headers.get(_CONNECTION, "").lower().split(",")
    return "upgrade" in [name.strip() for name in named]


def _drop_hops(headers: CIMultiDict[str]) -> None:
    named = headers.get(_CONNECTION)
    for hop in _HOP_BY_HOP:
        headers.popall(hop, None)
    if named and named.lower() not in _USUAL:
        for name in named.split(","):
            headers.popall(name.strip(), None)


def _plain_location(location: str, host: str) -> str:
    """The router's own address by http, if it is meant; else what was given."""
    name = host.partition(":")[0]
    for own in (host, f"{name}:443", name):
        start = f"https://{own}"
        rest = location[len(start) :]
        if location.startswith(start) and (not rest or rest[0] in "/?#"):
            return f"http://{host}{rest}"
    return location
