"""What requests need and nobody may read afterwards: credentials.

Their values come from this process's environment, or from the team's hooks, and leave
it only in requests to the two apps. In evidence they are named.
"""

import base64
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import requests

from gate.errors import UsageProblem
from gate.model.exchange import WireRequest
from gate.openapi import Document

LEAST_SECRET = 6  # shorter ones stand everywhere by chance
MOST_SECRETS = 1_000
MOST_BODY = 100_000
ALWAYS_SECRET = frozenset({"authorization", "proxy-authorization", "cookie"})
_UNTOLD = frozenset(
    {
        "accept",
        "accept-encoding",
        "connection",
        "content-length",
        "host",
        "user-agent",
        "x-schemathesis-testcaseid",
    }
)


class Secrets:
    """The headers that every request carries, and what must not be told of them.

    *variables* maps a header to the environment variable that holds its value. With
    *hooks*, credentials that they add are secret too. Raises UsageProblem for a
    variable that is not set.
    """

    def __init__(
        self,
        variables: Mapping[str, str],
        environment: Mapping[str, str],
        document: Document,
        *,
        hooks: bool,
    ) -> None:
        unset = sorted({v for v in variables.values() if v not in environment})
        if unset:
            raise UsageProblem(
                f"contract.headers needs {', '.join(unset)}, which is not set",
                advice="Set it in the environment that the gate runs in.",
            )
        self.headers = {name: environment[v] for name, v in variables.items()}
        self._variables = {name.lower(): v for name, v in variables.items()}
        schemes = _api_keys(document) if hooks else {}
        self._in_headers = (
            {*schemes.get("header", ())} | ALWAYS_SECRET if hooks else set()
        )
        self._in_query = schemes.get("query", set())
        self._values = {v: environment[v] for v in variables.values()}

    def wire(self, request: requests.PreparedRequest) -> WireRequest:
        """Return a request as evidence, with the names of its secrets only."""
        split = urlsplit(request.url or "")
        headers: dict[str, str] = {}
        secrets: dict[str, str] = {}
        for name, value in _headers(request).items():
            if name.lower() in self._variables:
                secrets[name] = self._variables[name.lower()]
            elif name.lower() in self._in_headers:
                secrets[name] = self._keep(name, value)
            elif name.lower() not in _UNTOLD:
                headers[name] = value
        body = request.body
        raw_body = body.encode() if isinstance(body, str) else body
        text, encoded = _text(raw_body if isinstance(raw_body, bytes) else None)
        return WireRequest(
            method=request.method or "",
            path=split.path + (f"?{self._query(split.query)}" if split.query else ""),
            headers=headers,
            secrets=secrets,
            body=text,
            base64=encoded,
        )

    def given_by_hooks(self, request: requests.PreparedRequest) -> dict[str, str]:
        """Return the credentials that hooks put into the headers of a request."""
        return {
            name: value
            for name, value in _headers(request).items()
            if name.lower() in self._in_headers and name.lower() not in self._variables
        }

    def without(self, told: Any) -> Any:
        """Return JSON data with every known secret in its text replaced by a name."""
        if isinstance(told, dict):
            return {name: self.without(value) for name, value in told.items()}
        if isinstance(told, list):
            return [self.without(value) for value in told]
        if isinstance(told, str):
            for name, value in sorted(self._values.items(), key=lambda i: -len(i[1])):
                if len(value) >= LEAST_SECRET:
                    told = told.replace(value, f"${name}")
        return told

    def _keep(self, name: str, value: str) -> str:
        """Remember a credential that hooks made; return the variable that names it."""
        variable = re.sub(r"\W", "_", name).upper()
        # "Bearer abc": the word alone is no secret.
        for part in (value, value.rpartition(" ")[2], value.partition("=")[2]):
            if len(self._values) < MOST_SECRETS and part not in self._values.values():
                known = sum(each.startswith(variable) for each in self._values)
                self._values[f"{variable}_{known}" if known else variable] = part
        return variable

    def _query(self, query: str) -> str:
        for name in self._in_query:
            query = re.sub(rf"(^|&)({re.escape(name)})=[^&]*", rf"\1\2=${name}", query)
        return query


def _headers(request: requests.PreparedRequest) -> dict[str, str]:
    """Its headers as text; some are bytes, whatever the types say."""
    headers: dict[str, Any] = dict(request.headers)
    return {
        name: value.decode("latin-1") if isinstance(value, bytes) else str(value)
        for name, value in headers.items()
    }


def _text(body: bytes | None) -> tuple[str | None, bool]:
    if body is None:
        return None, False
    try:
        return body[:MOST_BODY].decode(), False
    except UnicodeDecodeError:
        return base64.b64encode(body[:MOST_BODY]).decode(), True


def _api_keys(document: Document) -> dict[str, set[str]]:
    components: Any = document.root.get("components")
    schemes = (
        components.get("securitySchemes") if isinstance(components, dict) else None
    )
    found: dict[str, set[str]] = {}
    for scheme in schemes.values() if isinstance(schemes, dict) else ():
        if isinstance(scheme, dict) and scheme.get("type") == "apiKey":
            place, name = str(scheme.get("in")), str(scheme.get("name"))
            found.setdefault(place, set()).add(
                name.lower() if place == "header" else name
            )
    return found
