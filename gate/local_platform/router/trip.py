"""One request on its way through the router, and its log line."""

import re
from dataclasses import dataclass
from uuid import uuid4

from aiohttp import web

from gate.local_platform import ports
from gate.local_platform.faults.faults import Fault
from gate.local_platform.router.router_errors import Code

_REQUEST_ID = re.compile(r"[A-Za-z0-9_=+/-]{20,200}")


@dataclass(slots=True)
class Trip:
    """One request on its way, and what its log line will say."""

    request: web.BaseRequest
    id: str
    forwarded_for: str
    host: str
    dyno: str = ""
    connect: str = ""
    service: str = ""
    status: int | None = 0  # 0: nothing was sent to the client yet
    bytes: int = 0
    code: Code | None = None
    fault: Fault | None = None

    def line(self) -> str:
        """The heroku[router] line in Heroku's order of fields."""
        request, code = self.request, self.code
        version = request.version
        method, path = request.method, _plain(request.raw_path)
        if method == "UNKNOWN":  # the library's word for what it could not read
            method = path = ""
        fwd = _plain(self.forwarded_for)
        start = "at=info " if code is None else _opening(code)
        status = "" if self.status is None else self.status
        size = self.bytes if self.dyno else ""
        line = (
            f'{start}method={method} path="{path}" '
            f"host={_plain(self.host).replace(' ', '%20')} "
            f'request_id={self.id} fwd="{fwd}" dyno={self.dyno} '
            f"connect={self.connect} service={self.service} status={status} "
            f"bytes={size} protocol=http{version.major}.{version.minor} tls=false"
        )
        if code is not None and code.code == "H31":
            agent = _plain(request.headers.get("User-Agent", ""))
            return f'{line} agent="{agent}"'
        return line


def begin(request: web.BaseRequest) -> Trip:
    """A request as it came in; a sensible X-Request-Id of the client is kept."""
    headers = request.headers
    given = headers.get("X-Request-Id")
    id = given if given and _REQUEST_ID.fullmatch(given) else str(uuid4())
    client = request.remote or ports.LOOPBACK
    fwd = client
    if "X-Forwarded-For" in headers:
        fwd = ", ".join([*headers.getall("X-Forwarded-For"), client])
    return Trip(request, id, fwd, headers.get("Host", ""))


def _opening(code: Code) -> str:
    sock = f"sock={code.sock} " if code.sock else ""
    cause = f'cause="{code.cause}" ' if code.cause else ""
    return f'{sock}at={code.level} code={code.code} desc="{code.description}" {cause}'


def _plain(text: str) -> str:
    """No quotes: nobody may forge a field of the log line."""
    return text.replace('"', "%22") if '"' in text else text
