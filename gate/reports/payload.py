"""The payload that proves a change, in a few labelled texts for a person."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from gate.openapi import Answer, Change, Counterexample, Direction, Request

MOST_LINES = 24
MOST_CHARACTERS = 1_200


def proof(change: Change) -> Iterator[tuple[str, str]]:
    """Yield what shows a change as pairs of a label and a text, the telling one first.

    Nothing where there is neither a counterexample nor a request.
    """
    shown = change.counterexample
    whole = change.request if shown is None else shown.exchange
    if shown is not None and not _shows(whole, shown):
        asked = change.direction is not Direction.RESPONSE
        schema = shown.schema_old if asked else shown.schema_new
        place = shown.part if whole else schema
        yield "now refused" if asked else "now possible", _placed(place, shown.value)
    exchange = whole or change.request
    if isinstance(exchange, Request):
        yield "request", request_text(exchange)
    elif isinstance(exchange, Answer):
        yield "answer", answer_text(exchange)


def _shows(exchange: Request | Answer | None, shown: Counterexample) -> bool:
    """Whether the exchange shows the value itself, so that one of them is enough."""
    if exchange is None or shown.part != "body" or not exchange.media:
        return False
    return _json(exchange.body, None) == _json(shown.value, None)


def request_text(request: Request) -> str:
    """Return a request: its line, then each part that it has."""
    parts = {
        "path": request.in_path,
        "query": request.query,
        "header": request.headers,
        "cookie": request.cookies,
    }
    lines = [f"{request.method} {request.path}"]
    for place, values in parts.items():
        lines += _members(place, values)
    return "\n".join([*lines, *_body(request.media, request.body)])


def answer_text(answer: Answer) -> str:
    """Return an answer: its status, then each part that it has."""
    headers = _members("header", answer.headers)
    return "\n".join([str(answer.status), *headers, *_body(answer.media, answer.body)])


def _members(place: str, values: Mapping[str, Any]) -> Iterator[str]:
    for name, value in values.items():
        yield _placed(f"{place} {name}", value)


def _body(media: str, body: Any) -> Iterator[str]:
    if media:
        yield _placed(media, body)


def _placed(place: str, value: Any) -> str:
    text = pretty(value)
    gap = "\n" if "\n" in text else " "
    return f"{place}:{gap}{text}"


def pretty(value: Any) -> str:
    """Return JSON for a person: in one line where it is short, bounded where it is not.

    Lone surrogates, which no UTF-8 output can hold, stay escaped.
    """
    short = _json(value, None)
    text = short if len(short) <= 60 else _json(value, 2)
    lines = text.splitlines()
    if len(text) <= MOST_CHARACTERS and len(lines) <= MOST_LINES:
        return text
    kept = "\n".join(lines[:MOST_LINES])[:MOST_CHARACTERS]
    return f"{kept}\n… {len(text) - len(kept):,} more characters, all with --json"


def _json(value: Any, indent: int | None) -> str:
    text = json.dumps(value, indent=indent, ensure_ascii=False)
    return text.encode("utf-8", "backslashreplace").decode()
