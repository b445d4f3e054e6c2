"""Requests and answers as they went over the wire, kept as evidence."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class WireRequest:
    """A request without its host, so that it can be sent to either arm.

    *path* holds the query too. A header whose value is a secret is named in *secrets*
    with the environment variable that holds it, and is missing from *headers*. *body*
    is text; where the bytes are no UTF-8, *base64* is true and it is encoded.
    """

    method: str
    path: str
    headers: Mapping[str, str] = field(default_factory=dict)
    secrets: Mapping[str, str] = field(default_factory=dict)
    body: str | None = None
    base64: bool = False


@dataclass(frozen=True, slots=True)
class WireAnswer:
    """What came back: *status* is null where nothing did, and *trouble* says why.

    *body* is the beginning of the text.
    """

    status: int | None
    content_type: str = ""
    body: str = ""
    trouble: str = ""


def short_id(*parts: str) -> str:
    """Return ten hex digits that stay the same for the same parts."""
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:10]
