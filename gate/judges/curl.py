"""A command line that sends a request again, for any POSIX shell."""

import base64
import re
import shlex
from collections.abc import Iterator

from gate.model.exchange import WireRequest

IDEMPOTENCY_KEY = "idempotency-key"
UNTOLD_HEADERS = frozenset(
    {"accept-encoding", "connection", "content-length", "host", "user-agent"}
)
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_PLAIN_NAME = re.compile(r"[A-Za-z0-9-]+")


def as_curl(request: WireRequest, base: str) -> str:
    """Return the command that sends *request* to the app at *base*.

    Secrets stay what they are in the evidence: names of environment variables. An
    idempotency key is made anew, since a used one asks for an old answer.
    """
    words = ["curl", "-i", *_method(request.method), *_headers(request)]
    piped = ""
    if request.body is not None:
        if request.base64 or "\0" in request.body:
            piped = f"printf %s {shlex.quote(_base64(request))} | base64 -d | "
            words += ["--data-binary", "@-"]
        else:
            words += ["--data-raw", shlex.quote(request.body)]
    return piped + " ".join([*words, *_address(base + request.path)])


def _method(method: str) -> tuple[str, ...]:
    return ("-I",) if method == "HEAD" else ("-X", shlex.quote(method))


def _headers(request: WireRequest) -> Iterator[str]:
    told = {name.lower() for name in (*request.headers, *request.secrets)}
    for name, value in request.headers.items():
        if name.lower() == IDEMPOTENCY_KEY:
            yield from ("-H", f'"{IDEMPOTENCY_KEY}: $(uuidgen 2>&- || date +%s)"')
        elif name.lower() not in UNTOLD_HEADERS and value != "*/*":
            # A semicolon is curl's word for a header without a value.
            line = f"{name}: {value}" if value else f"{name};"
            yield from ("-H", shlex.quote(line))
    for name, variable in request.secrets.items():
        if _VARIABLE.fullmatch(variable) and _PLAIN_NAME.fullmatch(name):
            yield from ("-H", f'"{name}: ${variable}"')
    if request.body is not None and "content-type" not in told:
        yield from ("-H", "'Content-Type:'")  # curl would send one of its own


def _address(url: str) -> Iterator[str]:
    if re.search(r"[\[\]{}]", url):
        yield "--globoff"
    if re.search(r"/\.\.?(/|$|\?)", url):
        yield "--path-as-is"
    yield shlex.quote(url)


def _base64(request: WireRequest) -> str:
    body = request.body or ""
    return body if request.base64 else base64.b64encode(body.encode()).decode()
