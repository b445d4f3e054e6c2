"""Whether one request or answer, as seen on the wire, is what a document allows."""

from collections.abc import Iterator, Mapping
from typing import Any

from gate.openapi.changes import Direction, Request
from gate.openapi.documents.document import Document
from gate.openapi.documents.media import is_text, match, media_of, normal, schema_of
from gate.openapi.documents.operations import (
    Key,
    Operation,
    Part,
    operations_of,
    parameters_of,
    quietly,
)
from gate.openapi.documents.pointers import escaped
from gate.openapi.schemas.reading import Reading, Schema
from gate.openapi.schemas.relation import validator
from gate.openapi.schemas.texts import spellings

# Keywords that stand beside the members they speak of.
OF_MEMBERS = frozenset(
    {
        *("required", "properties", "additionalProperties", "patternProperties"),
        *("propertyNames", "unevaluatedProperties", "minProperties", "maxProperties"),
        *("dependentRequired", "dependentSchemas", "items", "prefixItems"),
        *("allOf", "anyOf", "oneOf"),
    }
)


class Admission:
    """The questions to one document; keep it, since compiled schemas stay with it.

    Operations are named as in either document: `GET /a/{x}` finds `GET /a/{y}`.
    """

    def __init__(self, document: Document) -> None:
        self._operations = operations_of(document)
        self._requests = Reading(document, Direction.REQUEST, role="reader")
        self._answers = Reading(document, Direction.RESPONSE, role="reader")
        self._schemas: dict[tuple[Direction, str], Schema] = {}

    def refuses_request(self, operation: str, request: Request) -> bool | None:
        """Whether the document refuses the request; None when that cannot be told."""
        found = self._find(operation)
        if found is None:
            return True
        return _any([*self._parameters(found, request), self._body(found, request)])

    def allows_answer(
        self,
        operation: str,
        status: int,
        media: str = "",
        body: Any = None,
        headers: Mapping[str, str] | None = None,
    ) -> bool | None:
        """Whether the document describes such an answer; None when it is silent."""
        found = self._find(operation)
        answer = found and self._answer(found, status)
        if not isinstance(answer, Part):
            return False if found is None or answer is None else None
        offered = media_of(answer)
        refusals = [self._headers(answer, headers)] if headers is not None else []
        if offered:
            carried = match(normal(media), offered) if media else None
            if carried is None:
                return False
            at = carried.schema, carried.pointer, is_text(carried.media)
            refusals.append(self._refuses(self._answers, *at, body))
        elif media:
            refusals.append(None)
        refused = _any(refusals)
        return None if refused is None else not refused

    def violations(
        self, operation: str, status: int, media: str, body: Any
    ) -> tuple[str, ...]:
        """Pointers to the keywords that the answer violates; () when it is valid.

        An undocumented status or media type violates `responses` or `content`.
        """
        found = self.faults(operation, status, media, body)
        return tuple(dict.fromkeys(place for place, _ in found))

    def faults(
        self, operation: str, status: int, media: str, body: Any
    ) -> tuple[tuple[str, str], ...]:
        """The same, each with the member that is missing: to compare two answers."""
        return tuple(self._violations(operation, status, media, body))

    def _violations(
        self, operation: str, status: int, media: str, body: Any
    ) -> Iterator[tuple[str, str]]:
        found = self._find(operation)
        if found is None:
            return
        answer = self._answer(found, status)
        if answer is None:
            yield found.own.at("responses"), ""
        if not isinstance(answer, Part):
            return
        offered = media_of(answer)
        carried = match(normal(media), offered) if media else None
        if carried is None:
            if offered:
                yield answer.at("content"), ""
        elif not is_text(carried.media):
            schema = self._schema(self._answers, carried.schema, carried.pointer)
            yield from violated(self._answers, schema, body)

    def _find(self, operation: str) -> Operation | None:
        method, _, path = operation.partition(" ")
        return self._operations.find(method.upper(), path)

    def _answer(self, operation: Operation, status: int) -> Part | bool | None:
        """The response object for a status; None: not documented, False: unreadable."""
        offered = operation.own.members("responses")
        ranges = (f"{status // 100}{rest}" for rest in ("XX", "xx"))
        for name in (str(status), *ranges, "default"):
            if name in offered:
                at = operation.own.at("responses", name)
                return quietly(operation.document, offered[name], at) or False
        return None

    def _parameters(
        self, operation: Operation, request: Request
    ) -> Iterator[bool | None]:
        sent = _sent(request)
        for key, parameter in parameters_of(operation, quietly).items():
            if key not in sent:
                yield parameter.get("required") is True
                continue
            carried = schema_of(parameter)
            at = carried.schema, carried.pointer, is_text(carried.media)
            yield self._refuses(self._requests, *at, sent[key])

    def _body(self, operation: Operation, request: Request) -> bool | None:
        raw = operation.own.get("requestBody")
        if raw is None:
            return False
        body = quietly(operation.document, raw, operation.own.at("requestBody"))
        if body is None:
            return None
        if not request.media:
            return body.get("required") is True
        carried = match(normal(request.media), media_of(body))
        if carried is None:
            return True
        at = carried.schema, carried.pointer, is_text(carried.media)
        return self._refuses(self._requests, *at, request.body)

    def _headers(self, answer: Part, headers: Mapping[str, str]) -> bool | None:
        came = {name.lower(): value for name, value in headers.items()}
        found: list[bool | None] = []
        for name, raw in answer.members("headers").items():
            header = quietly(answer.document, raw, answer.at("headers", name))
            if header is None or name.lower() == "content-type":
                continue
            if name.lower() not in came:
                found.append(header.get("required") is True)
                continue
            carried = schema_of(header)
            at = carried.schema, carried.pointer, is_text(carried.media)
            found.append(self._refuses(self._answers, *at, came[name.lower()]))
        return _any(found)

    def _refuses(
        self, reading: Reading, raw: Any, pointer: str, text: bool, value: Any
    ) -> bool | None:
        schema = self._schema(reading, raw, pointer)
        tried = [
            reading.accepts(schema, spelt)
            for spelt in (spellings(value) if text else (value,))
        ]
        if True in tried:
            return False
        return None if None in tried else True

    def _schema(self, reading: Reading, raw: Any, pointer: str) -> Schema:
        key = reading.direction, pointer
        if key not in self._schemas:
            self._schemas[key] = reading.schema(raw, pointer)
        return self._schemas[key]


def violated(reading: Reading, schema: Schema, value: Any) -> Iterator[tuple[str, str]]:
    """Pointers to the keywords of `schema` that `value` violates, the innermost.

    Each with the name of the member that is missing, or with none.
    """
    whole = reading.whole(schema)
    judge = None if whole is None else validator(whole)
    if judge is None:
        return
    waiting: list[Any] = list(judge.iter_errors(value))
    while waiting:
        error = waiting.pop(0)
        branches = [b for b in getattr(error.kind, "context", ()) if b]
        if branches:  # a union: the branch that the value came nearest to
            waiting.extend(max(branches, key=_nearness))
        member = str(getattr(error.kind, "property", ""))
        yield _place(reading, schema, list(error.schema_path)), member


def _nearness(errors: Any) -> tuple[bool, int, int]:
    """How near a value came to a branch: its tag fits, errors lie deep and are few."""
    paths = [list(error.schema_path) for error in errors]
    tagged = not any(path[-1] in ("const", "enum", "type") for path in paths if path)
    depth = max(len(error.instance_path) for error in errors)
    return tagged, depth, -len(paths)


def _place(reading: Reading, start: Schema, path: list[str | int]) -> str:
    """The document's pointer for a path in a complete schema."""
    here: Any = start
    names = [""]
    pointer = start.pointer
    if path[:1] == ["$defs"]:
        here = reading.definition(str(path[1]))
        pointer, path = here.pointer, path[2:]
    for name in path:
        here = _member(here, name)
        names.append(escaped(str(name)))
        if isinstance(here, Schema):
            pointer, names = here.pointer, [""]
    return pointer + "/".join(names)


def _member(holder: Any, name: str | int) -> Any:
    if isinstance(holder, dict):
        return holder.get(name)
    return holder[name] if isinstance(holder, list) and isinstance(name, int) else None


def _sent(request: Request) -> dict[Key, Any]:
    names = [n.strip("{}") for n in _template(request.path)]
    in_path = {
        ("path", str(i)): request.in_path[n]
        for i, n in enumerate(names)
        if n in request.in_path
    }
    return {
        **in_path,
        **{("query", name): value for name, value in request.query.items()},
        **{("header", n.lower()): value for n, value in request.headers.items()},
        **{("cookie", name): value for name, value in request.cookies.items()},
    }


def _template(path: str) -> list[str]:
    return [piece.partition("}")[0] for piece in path.split("{")[1:]]


def _any(refused: list[bool | None]) -> bool | None:
    if True in refused:
        return True
    return None if None in refused else False
