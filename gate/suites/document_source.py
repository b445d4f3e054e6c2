"""The OpenAPI document at a path or URL that a person names.

Of a path, files beside the document are read as well, when it refers to them, but
none outside its folder; of a URL or a pipe, the one document and nothing else.
"""

import re
import socket
import ssl
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import SplitResult, urljoin, urlsplit

import requests
import urllib3

from gate.errors import UsageProblem
from gate.openapi import Document, NotOpenApi, parse
from gate.openapi.documents.document import MAX_BYTES, Unresolvable

TIMEOUT = 10.0  # of silence
DEADLINE = 60.0
MOST_REDIRECTS = 5
_CHUNK = 65_536
_TROUBLES = (requests.RequestException, urllib3.exceptions.HTTPError)
_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class SourceText:
    """The text of a document, the place it is from, and the folder around it.

    There is no *folder*, and no file beside it is read, where it came from a URL or
    through a pipe.
    """

    place: str
    octets: bytes
    folder: Path | None

    def document(self) -> Document:
        """Return what it says; raises UsageProblem where that is no OpenAPI document."""
        try:
            name = Path(self.place).name if self.folder else ""
            return parse(self.octets, self._beside, name)
        except NotOpenApi as error:
            raise UsageProblem(
                f"{shown(self.place)} is not an OpenAPI document that can be compared",
                why=str(error),
                advice="correct that place, or name another document",
            ) from error

    def _beside(self, name: str) -> bytes:
        if self.folder is None:
            origin = "a URL" if "://" in self.place else "a pipe"
            raise Unresolvable(f"no files are read beside what came from {origin}")
        return _beside(self.folder, name)


def read_text(place: str) -> SourceText:
    """Return the text at *place*, of a file, a pipe or an http(s) URL.

    Raises UsageProblem saying why it cannot be read, and what to do.
    """
    if _is_url(place):
        return SourceText(place, _download(place), None)
    path = Path(place)
    try:
        folder = path.absolute().parent.resolve()
        octets = _contents(path)
        return SourceText(place, octets, folder if path.is_file() else None)
    except (OSError, ValueError, Unresolvable) as error:
        raise UsageProblem(
            f"{place} cannot be read",
            why=_why(error),
            advice="name a file, JSON or YAML, or the URL of an OpenAPI document",
        ) from error


def _beside(folder: Path, name: str) -> bytes:
    """The text of a file in *folder*; raises Unresolvable saying why there is none."""
    try:
        path = (folder / name).resolve()
        if not path.is_relative_to(folder):
            raise Unresolvable("it is a link that leaves the document's folder")
        if path.exists() and not path.is_file() and not path.is_dir():
            raise Unresolvable("it is no plain file")
        return _contents(path)
    except (OSError, ValueError) as error:
        raise Unresolvable(_why(error)) from error


def _contents(path: Path) -> bytes:
    """One byte more than is read of a document tells that there is too much."""
    if path.is_dir():
        raise Unresolvable("it is a folder")
    with path.open("rb") as file:
        return file.read(MAX_BYTES + 1)


def _why(error: Exception) -> str:
    if isinstance(error, OSError):
        return (error.strerror or str(error)).lower()
    return str(error)


def _is_url(place: str) -> bool:
    """Whether *place* is a URL; raises UsageProblem for one that is never asked."""
    scheme, separator, _ = place.partition("://")
    if not separator or Path(place).exists():
        return False
    if scheme.lower() not in _PORTS:
        raise UsageProblem(
            f"{shown(place)} cannot be read",
            why=f"it is neither a path nor an http or https URL, but {scheme}",
            advice="download it first, and name the file",
        )
    return True


def _download(url: str) -> bytes:
    ends = time.monotonic() + DEADLINE
    try:
        with requests.Session() as session:
            answer = _answer(session, url)
            with answer:
                return _body(answer, ends)
    except (*_TROUBLES, OSError, ValueError) as error:
        raise UsageProblem(
            f"{shown(url)} cannot be read",
            why=_trouble(error),
            advice="download it, with credentials where it needs them, and name the file",
        ) from error


def _answer(session: requests.Session, url: str) -> requests.Response:
    """The answer that is no redirect; raises UsageProblem when one leaves the host."""
    for _ in range(MOST_REDIRECTS):
        answer = session.get(url, timeout=TIMEOUT, allow_redirects=False, stream=True)
        if not answer.is_redirect:
            if answer.status_code == requests.codes.ok:
                return answer
            answer.close()
            raise requests.RequestException(f"it answered {answer.status_code}")
        answer.close()
        target = urljoin(url, answer.headers["Location"])
        if not _same_host(urlsplit(url), urlsplit(target)):
            raise requests.RequestException(
                f"it redirects to another host; if that is right, name {shown(target)}"
            )
        url = target
    raise requests.RequestException(f"it redirects more than {MOST_REDIRECTS} times")


def _same_host(here: SplitResult, there: SplitResult) -> bool:
    """Whether a redirect may be followed: same host and port, or the same in TLS."""
    if here.hostname != there.hostname or there.scheme not in _PORTS:
        return False
    before, after = ((u.scheme, u.port or _PORTS[u.scheme]) for u in (here, there))
    return before == after or (before, after) == (("http", 80), ("https", 443))


def _body(answer: requests.Response, ends: float) -> bytes:
    body = bytearray()
    # Not iter_content: that waits for a full chunk, however slowly it trickles in.
    while chunk := answer.raw.read1(_CHUNK, decode_content=True):
        body += chunk
        if len(body) > MAX_BYTES:
            break
        if time.monotonic() > ends:
            raise requests.Timeout
    return bytes(body)


def _trouble(error: Exception) -> str:
    """Say what went wrong with a connection, by the deepest cause that is known."""
    causes = list(_causes(error))
    for cause in causes:
        match cause:
            case socket.gaierror():
                return "no host of that name is known"
            case ssl.SSLError():
                why = getattr(cause, "verify_message", "") or cause.reason or cause
                said = str(why).lower().replace("_", " ")
                return f"no secure connection (TLS): {said}"
            case ConnectionRefusedError():
                return "the connection was refused: nothing listens at that port"
            case (
                requests.Timeout() | urllib3.exceptions.TimeoutError() | TimeoutError()
            ):
                return "no answer in time"
    if isinstance(error, requests.ConnectionError):
        return "no connection, or it was closed without an answer"
    if isinstance(error, urllib3.exceptions.HTTPError):
        return f"the answer broke off or is damaged ({type(error).__name__})"
    return str(error) or type(error).__name__


def _causes(error: BaseException) -> Iterator[BaseException]:
    """Yield an exception and what led to it, the deepest first."""
    chain = [error]
    while inner := chain[-1].__cause__ or chain[-1].__context__:
        chain.append(inner)
    yield from reversed(chain)


def shown(place: str) -> str:
    """Return a place without the credentials that a URL may hold."""
    return re.sub(r"(?<=://)[^/?#]*@", "", place, count=1)
