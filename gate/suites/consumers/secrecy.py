"""What requests need and nobody may read afterwards: credentials.

Their values come from this process's environment, or from the team's hooks, and leave
it only in requests to the two apps. In evidence they are named.
"""

import base64
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote_plus, urlsplit

import requests

from gate.errors import UsageProblem
from gate.model.exchange import WireRequest
from gate.openapi import Document
from gate.openapi.documents.operations import operations_of, parameters_of, quietly

LEAST_SECRET = 6  # shorter ones stand everywhere by chance
MOST_SECRETS = 1_000
MOST_BODY = 100_000
ALWAYS_SECRET = frozenset({"authorization", "proxy-authorization", "cookie"})
_UNFIT = re.compile(r"^\s|\s$|[\r\n]")
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
    *hooks*, credentials are secret too, and every header of which *document* does not
    speak. Raises UsageProblem for a variable that is not set, or that no header can
    hold.
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
        unfit = sorted({v for v in variables.values() if _UNFIT.search(environment[v])})
        if unfit:
            raise UsageProblem(
                f"contract.headers needs {', '.join(unfit)}, which no header can hold",
                why="it begins or ends with a space, or has more than one line",
                advice="Set it again without line breaks.",
            )
        self.headers = {name: environment[v] for name, v in variables.items()}
        self._credentials = _credentials(document)
        self._open = _open_operations(document)
        self._variables = {name.lower(): v for name, v in variables.items()}
        self._hooks = hooks
        schemes = _api_keys(document) if hooks else {}
        self._declared = _declared_headers(document) - schemes.get("header", set())
        self._in_query = schemes.get("query", set())
        self._hidden: dict[str, str] = {}  # what is never told, and its name
        for variable in variables.values():
            self._hide(environment[variable], variable)

    def headers_for(self, operation: str) -> dict[str, str]:
        """Return the headers of a request to an operation.

        One for which the document asks no credentials gets none, so that it is seen
        when they are needed; whatever else the team has set goes with every request.
        """
        if operation not in self._open:
            return self.headers
        return {
            name: value
            for name, value in self.headers.items()
            if name.lower() not in self._credentials
        }

    def are_kept_from(self, operation: str) -> bool:
        """Whether a request to an operation goes without credentials that are set."""
        return len(self.headers_for(operation)) < len(self.headers)

    def are_needed_by(self, operation: str) -> None:
        """Send credentials to an operation, though the document asks for none."""
        self._open.discard(operation)

    def wire(self, request: requests.PreparedRequest) -> WireRequest:
        """Return a request as evidence, with the names of its secrets only."""
        split = urlsplit(request.url or "")
        headers: dict[str, str] = {}
        secrets: dict[str, str] = {}
        for name, value in _headers(request).items():
            if name.lower() in self._variables:
                secrets[name] = self._variables[name.lower()]
            elif self._is_made_by_hooks(name):
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
            if self._is_made_by_hooks(name)
        }

    def without(self, told: Any) -> Any:
        """Return JSON data with every known secret in its text replaced by a name."""
        if isinstance(told, dict):
            return {name: self.without(value) for name, value in told.items()}
        if isinstance(told, list):
            return [self.without(value) for value in told]
        if isinstance(told, str):
            return hidden(told, self._hidden)
        return told

    def _is_made_by_hooks(self, name: str) -> bool:
        """Whether a header is none that the document, the team or a client asks for."""
        known = self._declared | _UNTOLD | {"content-type"} | self._variables.keys()
        secret = name.lower() in ALWAYS_SECRET and name.lower() not in self._variables
        return self._hooks and (secret or name.lower() not in known)

    def _keep(self, name: str, value: str) -> str:
        """Remember a credential that hooks made; return the variable that names it."""
        variable = re.sub(r"\W", "_", name).upper()
        self._hide(value, variable)
        return variable

    def _hide(self, value: str, variable: str) -> None:
        for part in secret_parts(value):
            if len(self._hidden) < MOST_SECRETS:
                self._hidden.setdefault(part, variable)

    def _query(self, query: str) -> str:
        parts = []
        for part in query.split("&"):
            name, _, value = part.partition("=")
            if unquote_plus(name) in self._in_query:
                variable = self._keep(unquote_plus(name), unquote_plus(value))
                self._hide(value, variable)
                parts.append(f"{name}=${variable}")
            else:
                parts.append(part)
        return "&".join(parts)


def secret_parts(value: str) -> list[str]:
    """Return a credential as it is, and without the words around it.

    "Bearer abc" and "session=abc; lang=en": apps repeat the token alone.
    """
    cookies = [each.partition("=")[2].strip() for each in value.split(";")]
    parts = (value, value.rpartition(" ")[2], *cookies)
    return [each for each in parts if len(each) >= LEAST_SECRET]


def hidden(text: str, secrets: Mapping[str, str]) -> str:
    """Return *text* with names in the place of *secrets*, which maps each to its own.

    A text may have been cut in the middle of one.
    """
    for value, name in sorted(secrets.items(), key=lambda each: -len(each[0])):
        if value[:LEAST_SECRET] not in text:
            continue
        text = text.replace(value, f"${name}")
        for length in range(len(value) - 1, LEAST_SECRET - 1, -1):
            if text.endswith(value[:length]):
                text = f"{text[:-length]}${name}"
                break
    return text


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


def _declared_headers(document: Document) -> set[str]:
    return {
        name.lower()
        for operation in operations_of(document).all
        for place, name in parameters_of(operation, quietly)
        if place == "header"
    }


def _schemes(document: Document) -> list[dict[str, Any]]:
    components: Any = document.root.get("components")
    schemes = (
        components.get("securitySchemes") if isinstance(components, dict) else None
    )
    found = schemes.values() if isinstance(schemes, dict) else ()
    return [each for each in found if isinstance(each, dict)]


def _credentials(document: Document) -> set[str]:
    """The headers that carry credentials, as the document has them."""
    keys = _api_keys(document)
    plain = any(each.get("type") != "apiKey" for each in _schemes(document))
    cookies = {"cookie"} if keys.get("cookie") else set()
    return keys.get("header", set()) | cookies | ({"authorization"} if plain else set())


def _open_operations(document: Document) -> set[str]:
    """The operations that ask for no credentials, in a document in which others do."""
    everywhere = document.root.get("security")
    asked = {
        each.name: everywhere
        if each.own.get("security") is None
        else each.own.get("security")
        for each in operations_of(document).all
    }
    wanting = {name for name, security in asked.items() if any(security or ())}
    return set(asked) - wanting if wanting else set()


def _api_keys(document: Document) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for scheme in _schemes(document):
        if scheme.get("type") == "apiKey":
            place, name = str(scheme.get("in")), str(scheme.get("name"))
            found.setdefault(place, set()).add(
                name.lower() if place == "header" else name
            )
    return found
