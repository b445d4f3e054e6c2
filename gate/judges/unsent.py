"""The request that shows a break: as it was sent, or as it would be written."""

import base64

from gate.judges.joining import Joined
from gate.model.exchange import WireRequest
from gate.openapi import Change, Document, Request
from gate.openapi.traffic.styles import Unwritable
from gate.openapi.traffic.wire import written


def request_of(joined: Joined, old: Document) -> WireRequest | None:
    """Return the request to send again; None where none is known to show the break.

    *old* is production's document, which says how its parts are written.
    """
    if joined.sent is not None:
        return joined.sent.request
    request = _declared(joined.change)
    if request is None:
        return None
    try:
        wire = written(old, joined.change.operation, request)
    except Unwritable:
        return None
    body, encoded = _text(wire.body)
    return WireRequest(wire.method, wire.path, wire.headers, body=body, base64=encoded)


def _declared(change: Change) -> Request | None:
    """Return the request that comes with a change, its counterexample's first."""
    proof = change.counterexample
    if proof is not None and isinstance(proof.exchange, Request):
        return proof.exchange
    return change.request


def _text(body: bytes | None) -> tuple[str | None, bool]:
    if body is None:
        return None, False
    try:
        return body.decode(), False
    except UnicodeDecodeError:
        return base64.b64encode(body).decode(), True
