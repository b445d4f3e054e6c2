"""One HTTP request as a consumer would send it: bounded in time and bytes."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import requests

from gate.model.evidence import Probe

MOST_BYTES: Final = 65_536
SHOWN: Final = 120


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back: status, headers in lower case, the beginning of the body."""

    status: int
    headers: dict[str, str]
    body: bytes


def ask(
    url: str, *, timeout: float, most_bytes: int = MOST_BYTES, request_id: str = ""
) -> Answer:
    """Return the answer to one GET; redirects are answers, not followed.

    *request_id* is the name under which the router logs it. Raises
    requests.RequestException when there is none within *timeout* seconds.
    """
    ends = time.monotonic() + timeout
    headers = {"X-Request-Id": request_id} if request_id else {}
    with (
        requests.Session() as session,
        session.get(
            url, headers=headers, timeout=timeout, allow_redirects=False, stream=True
        ) as response,
    ):
        body = bytearray()
        for chunk in response.iter_content(8192):
            body += chunk
            if len(body) > most_bytes:
                break
            if time.monotonic() > ends:
                raise requests.Timeout(f"the answer took longer than {timeout:g} s")
        told = {name.lower(): value for name, value in response.headers.items()}
        return Answer(response.status_code, told, bytes(body[:most_bytes]))


def probe(
    base: str,
    path: str,
    *,
    began: float,
    timeout: float,
    accept: Sequence[int],
    contains: str = "",
    request_id: str = "",
) -> Probe:
    """Ask once and say whether the answer is good: status, and text if wanted."""
    at = round(time.monotonic() - began, 3)
    try:
        answer = ask(base + path, timeout=timeout, request_id=request_id)
    except requests.RequestException as error:
        return Probe(path, at, None, good=False, seen=reason(error))
    text = answer.body.decode(errors="replace")
    good = answer.status in accept and contains in text
    seen = f"{answer.status}" if good else f"{answer.status} {_shown(text)}".strip()
    return Probe(path, at, answer.status, good=good, seen=seen)


def reason(error: requests.RequestException) -> str:
    """Say in a few words why there was no answer."""
    if isinstance(error, requests.Timeout):
        return "no answer in time"
    if isinstance(error, requests.ConnectionError):
        refused = "refused" in str(error).lower()
        return "connection refused" if refused else "connection closed without answer"
    return type(error).__name__


def _shown(text: str) -> str:
    flat = " ".join(text.split())
    printable = "".join(c if c.isprintable() else "?" for c in flat)
    return printable[:SHOWN] + ("…" if len(printable) > SHOWN else "")
