"""Credentials of old consumers: sent, and told to nobody."""

import pytest
import requests

from gate.errors import UsageProblem
from gate.openapi import parse
from gate.suites.consumers.secrecy import Secrets

DOCUMENT = parse(b"""
openapi: 3.1.0
info: {title: shop, version: "1"}
paths:
  /a:
    get:
      parameters: [{name: X-Tenant, in: header, schema: {type: string}}]
      responses: {"200": {description: a}}
components:
  securitySchemes:
    key: {type: apiKey, in: query, name: api_key}
""")


def sent(**headers: str) -> requests.PreparedRequest:
    """A request with a key in its query."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    url = "http://a/a?q=1&api_key=query%2Fkey-4711"
    return requests.Request("GET", url, headers=named).prepare()


def test_the_token_alone_is_as_secret_as_the_header() -> None:
    """Apps repeat it without the word before it."""
    secrets = Secrets(
        {"Authorization": "T"}, {"T": "Bearer abc-4711"}, DOCUMENT, hooks=False
    )
    assert secrets.without(["bad token abc-4711"]) == ["bad token $T"]


def test_a_text_that_was_cut_in_the_middle_of_a_secret_tells_no_part_of_it() -> None:
    """Bodies are kept up to a length, wherever that falls."""
    secrets = Secrets({"X-Key": "T"}, {"T": "abc-def-4711"}, DOCUMENT, hooks=False)
    assert secrets.without("the key is abc-def-4") == "the key is $T"
    assert secrets.without("the key is abc") == "the key is abc"


@pytest.mark.parametrize("value", ["Bearer abc-4711\n", " abc-4711", "a\r\nX-B: 4711"])
def test_a_value_that_no_header_holds_is_refused_and_not_told(value: str) -> None:
    """A line break at its end is a usual slip; each client would print it."""
    with pytest.raises(
        UsageProblem, match="needs T, which no header can hold"
    ) as raised:
        Secrets({"Authorization": "T"}, {"T": value}, DOCUMENT, hooks=False)
    assert "4711" not in str(raised.value)


def test_what_hooks_add_is_secret_whatever_it_is_called() -> None:
    """Of a header that the document does not speak of, nobody knows what it holds."""
    secrets = Secrets({}, {}, DOCUMENT, hooks=True)
    request = sent(X_Session="abc-4711", Cookie="id=def-4711; lang=en", X_Tenant="t")
    wire = secrets.wire(request)
    assert wire.headers == {"X-Tenant": "t"}
    assert wire.secrets == {"X-Session": "X_SESSION", "Cookie": "COOKIE"}
    assert wire.path == "/a?q=1&api_key=$API_KEY"
    told = "abc-4711 def-4711 ?api_key=query%2Fkey-4711 query/key-4711"
    assert "4711" not in secrets.without(told)
    assert secrets.given_by_hooks(request).keys() == {"X-Session", "Cookie"}


GUARDED = parse(b"""
openapi: 3.1.0
info: {title: shop, version: "1"}
security: [{key: []}]
paths:
  /a: {get: {responses: {"200": {description: a}}}}
  /open: {get: {security: [], responses: {"200": {description: a}}}}
  /either: {get: {security: [{}, {key: []}], responses: {"200": {description: a}}}}
components:
  securitySchemes:
    key: {type: apiKey, in: header, name: X-Key}
""")


def test_an_open_operation_gets_no_credentials() -> None:
    """A release that asks for them there is seen; other headers go with every request."""
    named = {"X-Key": "K", "X-Tenant": "T"}
    secrets = Secrets(named, {"K": "abc-4711", "T": "t"}, GUARDED, hooks=False)
    both = {"X-Key": "abc-4711", "X-Tenant": "t"}
    assert secrets.headers_for("GET /a") == both
    assert secrets.headers_for("GET /either") == both
    assert secrets.headers_for("GET /open") == {"X-Tenant": "t"}
    assert secrets.are_kept_from("GET /open")
    secrets.are_needed_by("GET /open")
    assert secrets.headers_for("GET /open") == both


def test_a_document_without_security_says_nothing_of_who_needs_it() -> None:
    """Then the team's headers go everywhere."""
    secrets = Secrets({"X-Key": "K"}, {"K": "abc-4711"}, DOCUMENT, hooks=False)
    assert secrets.headers_for("GET /a") == {"X-Key": "abc-4711"}
