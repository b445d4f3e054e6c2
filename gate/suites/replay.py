"""Complaints of old consumers, sent again to the baseline beside the candidate."""

from functools import cached_property
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import requests

from gate.suites.old_consumers import ACCEPTANCE, SERVER_FAULT, Complaint

TIMEOUT = 15.0
SERVER_ERROR = 500


class Baseline:
    """The baseline at *base*, and the document that it promises to keep."""

    def __init__(self, base: str, document: dict[str, Any]) -> None:
        self._base = base
        self._document = document

    def shares(self, complaint: Complaint) -> bool | None:
        """Whether the same request goes wrong here too; None: it did not answer."""
        try:
            response = self._send(complaint)
        except requests.RequestException:
            return complaint.check == SERVER_FAULT or None
        if complaint.check == ACCEPTANCE:
            return not response.ok
        if complaint.check == SERVER_FAULT:
            return response.status_code >= SERVER_ERROR
        if complaint.check == "status_code_conformance":
            return response.status_code == complaint.status
        if complaint.check == "content_type_conformance":
            return response.headers.get("content-type", "") == complaint.content_type
        return not self._conforms(complaint, response)

    def _send(self, complaint: Complaint) -> requests.Response:
        there, here = urlsplit(complaint.url), urlsplit(self._base)
        url = urlunsplit(
            (here.scheme, here.netloc, here.path + there.path, there.query, "")
        )
        return requests.request(
            complaint.method,
            url,
            data=complaint.body,
            headers=complaint.headers,
            timeout=TIMEOUT,
            allow_redirects=False,
        )

    def _conforms(self, complaint: Complaint, response: requests.Response) -> bool:
        """Whether an answer keeps what the old document says about it."""
        operation = self._schema[complaint.path][complaint.method.upper()]
        return bool(operation.is_valid_response(response))

    @cached_property
    def _schema(self) -> Any:
        import schemathesis  # noqa: PLC0415 - slow, and needed only after a complaint

        return schemathesis.openapi.from_dict(self._document)
