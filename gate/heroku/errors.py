"""What an answer of the platform means when it is not the one hoped for."""

import json
import re
from typing import Final

from gate.errors import NotFound, PlatformRefused, PlatformUnavailable, Unauthorized

LONGEST_QUOTE: Final = 300
ASK_AGAIN: Final = "nothing was changed: try again later"

ADVICE: Final[dict[str, str]] = {
    "bad_request": "report this as a defect of the gate",
    "unauthorized": "give the gate a valid API token; this one is wrong or expired",
    "delinquent": "settle the payment problem of the account that owns the app",
    "forbidden": "give the token's account access to the app, or use another token",
    "suspended": "the account or app is suspended: ask the platform's support",
    "two_factor": "use an authorization token that needs no second factor",
    "not_found": "check the name, and that the token's account can see it",
    "not_acceptable": "this platform does not speak version 3 of the API",
    "conflict": "wait until what is under way has finished, then try again",
    "gone": "the platform no longer offers this call: update the gate",
    "invalid_params": "correct what the platform complains about",
    "verification_needed": "verify the account with the platform first",
    "rate_limit": "wait some minutes: the account's request budget refills slowly",
}


NOT_EXECUTED: Final = frozenset({400, 401, 402, 403, 404, 406, 409, 410, 416, 422, 429})


class WriteUnconfirmed(PlatformUnavailable):
    """A write was sent and no usable answer came: it may have happened.

    Never send it again blindly; read what the platform holds now and adopt
    what is found there.
    """

    may_have_happened: Final = True

    def __init__(
        self,
        what: str,
        *,
        why: str,
        status: int = 0,
        error_id: str = "",
        request_id: str = "",
    ) -> None:
        advice = "it may have happened: look at the platform before repeating it"
        super().__init__(what, why=why, advice=advice)
        self.status = status
        self.error_id = error_id
        self.request_id = request_id


def failure(
    call: str, *, status: int, body: bytes, request_id: str, repeatable: bool = True
) -> PlatformUnavailable:
    """Turn an answer outside 2xx into the error that tells a person about it.

    *call* names the call in words; *repeatable* is false for a write, of which
    only the statuses in `NOT_EXECUTED` say that it did not happen. Statuses and ids
    are those of
    https://devcenter.heroku.com/articles/platform-api-reference#errors.
    """
    error_id, message = _error_of(body)
    why = f"{message} [Request-Id {request_id}]"
    labelled = f"{status} {error_id}".rstrip()
    what = f"{call} failed with {labelled}"
    if not repeatable and status not in NOT_EXECUTED:
        return WriteUnconfirmed(
            what, why=why, status=status, error_id=error_id, request_id=request_id
        )
    if status >= 500 or status == 408:
        return PlatformUnavailable(what, why=why, advice=ASK_AGAIN)
    kind: type[PlatformRefused] = PlatformRefused
    match status:
        case 401 | 403:
            kind = Unauthorized
        case 404:
            kind = NotFound
    return kind(
        f"{call} was refused with {labelled}",
        why=why,
        advice=ADVICE.get(error_id) or _advice_for(status),
        status=status,
        error_id=error_id,
        request_id=request_id,
    )


def _advice_for(status: int) -> str:
    """Return advice where the body carries no documented id."""
    if 300 <= status < 400:
        return "use the address it redirects to; the gate follows no redirects"
    by_status = {401: "unauthorized", 403: "forbidden", 404: "not_found"}
    return ADVICE.get(by_status.get(status, ""), "read what the platform says")


def _error_of(body: bytes) -> tuple[str, str]:
    """Return the id and the message of an error body, or say that it has none."""
    try:
        told = json.loads(body)
    except (ValueError, RecursionError):
        told = None
    if not isinstance(told, dict):
        return "", "its body is not the documented JSON"
    error_id = told.get("id")
    if not isinstance(error_id, str) or not re.fullmatch(r"\w{1,64}", error_id):
        error_id = ""
    message = told.get("message")
    if not isinstance(message, str) or not message.strip():
        message = "it gives no reason"
    return error_id, printable(message)


def printable(text: str) -> str:
    """Shorten foreign text and drop what could steer a terminal."""
    kept = "".join(c if c.isprintable() else " " for c in text[:LONGEST_QUOTE])
    return " ".join(kept.split())
