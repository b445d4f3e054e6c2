"""Heroku's own description of its API, and what it says of one answer to one request.

The file is read where HEROKU_SCHEMA or, beside the repository, ../shared names it.
"""

import json
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import jsonschema_rs

Json = dict[str, Any]

VARIABLE = "HEROKU_SCHEMA"
ROOT = Path(__file__).parents[3]
BESIDE = ROOT.parent / "shared/reference/heroku-platform-schema.json"
OUR_CLIENT = "heroku-release-gate"
NOT_THE_API = ("/local/", "/blobs/", "/outputs/", "/logs/")

_LOOPBACK: Json = {"type": "string", "pattern": r"^http://127\.0\.0\.1:[0-9]+/$"}
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")

# Where Heroku's answers, or ours for want of a cloud, differ from its schema.
EXCEPTIONS: Mapping[tuple[str, str], tuple[Json, str]] = {
    ("app", "create_status"): (
        {"enum": ["complete"]},
        "Heroku sends it, and its command line shows it",
    ),
    ("app", "process_tier"): (
        {"enum": ["eco", "basic", "production"]},
        "Heroku sends it, and its command line looks for eco",
    ),
    ("app", "web_url"): (
        _LOOPBACK,
        "apps are served on loopback, not below herokuapp.com",
    ),
    ("team-app", "web_url"): (_LOOPBACK, "the same in `POST /filters/apps`"),
}
ERROR_IDS: Mapping[int, set[str]] = {
    400: {"bad_request"},
    401: {"unauthorized"},
    403: {"forbidden"},
    404: {"not_found"},
    406: {"not_acceptable"},
    409: {"conflict"},
    413: {"too_large"},  # ours: bodies are bounded
    416: {"requested_range_not_satisfiable"},
    421: {"misdirected_request"},  # ours: only requests to loopback names are served
    422: {"invalid_params"},
    429: {"rate_limit"},
}
_ERROR: Json = {
    "type": "object",
    "required": ["id", "message"],
    "properties": {
        name: {"type": "string"} for name in ("id", "message", "url", "resource")
    },
    "additionalProperties": False,
}
_PARAMETER = re.compile(r"\{[^}]*\}")


@dataclass(frozen=True)
class Complaint:
    """How one answer differs from what is documented, and where in it."""

    about: str
    pointer: str
    message: str
    example: str
    rule: str = ""

    @property
    def kind(self) -> tuple[str, str, str]:
        """The same for all items of a list and whatever the wrong value is."""
        place = re.sub(r"/\d+(?=/|$)", "/*", self.pointer)
        return self.about, place, self.rule or self.message

    def __str__(self) -> str:
        return (
            f"{self.about}: {self.pointer or '/'}: {self.message}\n    {self.example}"
        )


@dataclass(frozen=True)
class Link:
    """One documented request of one resource."""

    resource: str
    title: str
    rel: str
    method: str
    template: str
    target: Json | None = field(compare=False)
    schema: Json | None = field(compare=False)

    def __str__(self) -> str:
        return f"{self.resource} {self.title} ({self.method} {self.template})"

    @property
    def statuses(self) -> set[int]:
        """With which statuses it can succeed."""
        if self.rel == "instances":
            return {200, 206}
        if self.rel == "empty":
            return {200, 202}
        return {201} if self.rel == "create" else {200}


def located() -> Path | None:
    """The schema's file, if there is one on this machine."""
    path = Path(os.environ.get(VARIABLE) or BESIDE)
    return path if path.is_file() else None


def anonymous(route: str) -> str:
    """A path whose parameters have no names, to compare ours with documented ones."""
    return _PARAMETER.sub("{}", route)


class HyperSchema:
    """All documented links, and the validators of what they answer."""

    def __init__(self, document: Json) -> None:
        self._loose: Json = document["definitions"]
        self._strict: Json = json.loads(json.dumps(self._loose))
        for (resource, name), (schema, _) in EXCEPTIONS.items():
            self._strict[resource]["properties"][name] = schema
        _tighten(self._strict)
        self._validators: dict[tuple[str, bool], Any] = {}
        self._error = jsonschema_rs.Draft4Validator(_ERROR)

    @classmethod
    def read(cls, path: Path) -> "HyperSchema":
        """The schema in a file."""
        return cls(json.loads(path.read_text()))

    @cached_property
    def links(self) -> list[Link]:
        """Every documented link."""
        return [
            Link(
                resource=resource,
                title=link["title"],
                rel=link.get("rel", ""),
                method=link["method"],
                template=_PARAMETER.sub("{}", link["href"]),
                target=link.get("targetSchema"),
                schema=link.get("schema"),
            )
            for resource, definition in sorted(self._loose.items())
            for link in definition.get("links", ())
        ]

    @cached_property
    def _by_request(self) -> dict[tuple[str, str], list[Link]]:
        found: dict[tuple[str, str], list[Link]] = {}
        for link in self.links:
            found.setdefault((link.method, link.template), []).append(link)
        return found

    def links_at(self, method: str, route: str | None) -> list[Link]:
        """The links of a request; several share one where the body decides."""
        method = "GET" if method == "HEAD" else method
        return self._by_request.get((method, anonymous(route or "")), [])

    def exercised(self, exchange: Json) -> list[Link]:
        """The links that a request which succeeded made use of."""
        if exchange["status"] >= 400:
            return []
        links = self.links_at(exchange["method"], exchange["route"])
        if len(links) < 2:
            return links
        sent = exchange["request"] or {}
        return [
            link
            for link in links
            if set((link.schema or {}).get("required", ())) <= set(sent)
        ]

    def complaints(self, exchange: Json) -> Iterator[Complaint]:
        """How an exchange differs from what is documented."""
        status, route = exchange["status"], exchange["route"]
        example = json.dumps(exchange)[:600]
        if status >= 500 and exchange["response"] == "text/html":
            return  # a fault that was asked for: a load balancer's page
        if status >= 400:
            yield from self._of_refusal(exchange, example)
        elif route is not None and not route.startswith(NOT_THE_API):
            yield from self._of_success(exchange, example)
            yield from self._of_our_request(exchange, example)

    def _of_refusal(self, exchange: Json, example: str) -> Iterator[Complaint]:
        about, answer = (
            f"{exchange['method']} {exchange['route']}",
            exchange["response"],
        )
        for error in self._error.iter_errors(answer):
            yield _complaint(about, error, example)
        id = answer.get("id") if isinstance(answer, dict) else None
        if id not in ERROR_IDS.get(exchange["status"], ()):
            message = f"{exchange['status']} is not answered with the id {id}"
            yield Complaint(about, "/id", message, example)

    def _of_success(self, exchange: Json, example: str) -> Iterator[Complaint]:
        method, status, answer = (exchange[k] for k in ("method", "status", "response"))
        links = self.links_at(method, exchange["route"])
        if not links:
            about = f"{method} {exchange['route']}"
            yield Complaint(about, "", "is served but not documented", example)
        for link in links[:1]:  # those that share a request share the answer
            if status not in link.statuses:
                message = f"succeeds with {status}, not {sorted(link.statuses)}"
                yield Complaint(str(link), "", message, example)
            if answer is None:
                return  # it was sent piece by piece
            target = link.target or {"type": "object", "additionalProperties": False}
            expanded = set(filter(None, exchange["expanded"].split(",")))
            for error in self._validator(target, strict=True).iter_errors(answer):
                if not expanded & set(error.instance_path):  # whole, as asked
                    yield _complaint(str(link), error, example)

    def _of_our_request(self, exchange: Json, example: str) -> Iterator[Complaint]:
        """The gate's own client sends what is documented, nothing less."""
        if not exchange["client"].startswith(OUR_CLIENT):
            return
        for link in self.exercised(exchange)[:1]:
            if link.schema is not None:
                validator = self._validator(link.schema, strict=False)
                for error in validator.iter_errors(exchange["request"] or {}):
                    yield _complaint(f"request of {link}", error, example)

    def _validator(self, schema: Json, *, strict: bool) -> Any:
        key = json.dumps(schema, sort_keys=True), strict
        if key not in self._validators:
            definitions = self._strict if strict else self._loose
            whole = {**json.loads(key[0]), "definitions": definitions}
            if strict:
                _tighten({k: v for k, v in whole.items() if k != "definitions"})
            self._validators[key] = jsonschema_rs.Draft4Validator(
                whole,
                validate_formats=True,
                formats={"uuid": lambda text: bool(_UUID.fullmatch(text))},
            )
        return self._validators[key]


def _tighten(schema: Any) -> None:
    """Say `strictProperties` in words that validators know: all of these, no others."""
    if isinstance(schema, list):
        for item in schema:
            _tighten(item)
    if isinstance(schema, dict):
        for item in schema.values():
            _tighten(item)
        if schema.get("strictProperties") is True and schema.get("properties"):
            schema["additionalProperties"] = False
            schema["required"] = sorted(schema["properties"])


def _complaint(about: str, error: Any, example: str) -> Complaint:
    pointer = "".join(f"/{step}" for step in error.instance_path)
    rule = "/".join(map(str, error.schema_path))
    return Complaint(about, pointer, error.message[:300], example, rule)
