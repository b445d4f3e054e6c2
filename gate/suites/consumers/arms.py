"""One of the two apps that answer: the candidate, or the baseline beside it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import requests
from schemathesis import Case, Response
from schemathesis.core.errors import SchemathesisError

from gate.model.exchange import WireAnswer
from gate.openapi.traffic.wire import Wire
from gate.suites.consumers.client import TIMEOUT, Client, Unread
from gate.suites.consumers.secrecy import Secrets
from gate.suites.probing import reason

MOST_SILENCES = 3
MOST_TEXT = 8_000
NO_JSON = object()
NETWORK = (
    requests.ConnectionError,
    requests.Timeout,
    requests.TooManyRedirects,
    requests.exceptions.ChunkedEncodingError,
    requests.exceptions.ContentDecodingError,
    Unread,
)
UNWRITTEN = (requests.RequestException, SchemathesisError, ValueError, TypeError)
TEST_CASE = "X-Schemathesis-TestCaseId"  # random, and the same requests go out again


class FellSilent(BaseException):
    """An app answered none of several requests in a row; no error of whoever asks."""


class Unsendable(Exception):
    """A request that never left: no client can write it."""


@dataclass(frozen=True)
class Met:
    """What one request met: an answer, or the *trouble* that there was none."""

    request: requests.PreparedRequest | None
    response: Response | None
    trouble: str = ""

    @property
    def status(self) -> int:
        """The status; 0 without an answer."""
        return 0 if self.response is None else self.response.status_code

    @property
    def accepted(self) -> bool:
        """Whether the answer was a success."""
        return self.status // 100 == 2

    @property
    def media(self) -> str:
        """The content type; empty without one."""
        return self.header("content-type")

    def header(self, name: str) -> str:
        """The first value of a header, given in lower case; empty without one."""
        values = self.response.headers.get(name) if self.response else None
        return values[0] if values else ""

    @cached_property
    def data(self) -> Any:
        """The body as JSON data; NO_JSON where it is none."""
        if self.response is None or "json" not in self.media:
            return NO_JSON
        try:
            return json.loads(self.response.content)
        except (ValueError, RecursionError):
            return NO_JSON

    def told(self) -> WireAnswer:
        """Return the answer as evidence."""
        if self.response is None:
            return WireAnswer(None, trouble=self.trouble)
        text = self.response.content[:MOST_TEXT].decode(errors="replace")
        return WireAnswer(self.status, self.media, text)


class Arm:
    """An app at *base*, asked *most* times at most.

    Of the *secrets* each request gets those that its operation asks for.
    """

    def __init__(
        self,
        name: str,
        base: str,
        secrets: Secrets,
        most: int,
        *,
        is_control: bool = False,
    ) -> None:
        self.name = name
        self.is_control = is_control
        self.most = most
        self.asked = 0
        self._base = base
        self._secrets = secrets
        self.silences = 0  # requests in a row without an answer
        self._session = Client()

    def send(self, case: Case[Any]) -> Met:
        """Send a drawn request; raises Unsendable."""
        given = self._secrets.headers_for(str(case.operation.label))
        headers = {TEST_CASE: "gate", **given}
        self._ask()
        try:
            response = case.call(
                base_url=self._base,
                session=self._session,
                headers=headers,
                timeout=TIMEOUT,
            )
        except NETWORK as error:
            return self._silence(error)
        except UNWRITTEN as error:
            raise Unsendable(" ".join(str(error).split())[:200]) from error
        self.silences = 0
        return Met(response.request, response)

    def send_written(self, operation: str, wire: Wire, more: Mapping[str, str]) -> Met:
        """Send a request to *operation* that was written by hand, with *more* headers.

        Raises Unsendable.
        """
        given = self._secrets.headers_for(operation)
        self._ask()
        try:
            response = self._session.request(
                wire.method,
                self._base + wire.path,
                data=wire.body,
                headers={**wire.headers, **more, **given},
                timeout=TIMEOUT,
            )
        except NETWORK as error:
            return self._silence(error)
        except UNWRITTEN as error:
            raise Unsendable(" ".join(str(error).split())[:200]) from error
        self.silences = 0
        return Met(response.request, Response.from_requests(response, verify=True))

    def _ask(self) -> None:
        if self.asked >= self.most:
            raise Unsendable("all requests that contract.requests allows were sent")
        self.asked += 1

    def _silence(self, error: requests.RequestException) -> Met:
        # Whose answer breaks off in the middle is not silent.
        broke_off = isinstance(error, Unread)
        self.silences = 0 if broke_off else self.silences + 1
        request = error.request
        if isinstance(request, requests.Request):
            request = request.prepare()
        return Met(request, None, str(error) if broke_off else reason(error))
