"""The payload that proves a change, in a few labelled texts for a person."""

import json
import unicodedata
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any

from gate.openapi import Answer, Change, Counterexample, Direction, Request
from gate.openapi.documents.pointers import step
from gate.reports.plain_text import HIDDEN

MOST_LINES = 24
MOST_CHARACTERS = 1_200
WIDTH = 68
_SLACK = 60  # what is left is shown, where it is no longer than saying that it is left
_UNSEEN = HIDDEN | {"Zl", "Zp"}


def proof(change: Change) -> Iterator[tuple[str, str]]:
    """Yield what shows a change as pairs of a label and a text, the telling one first.

    Nothing where there is neither a counterexample nor a request.
    """
    shown = change.counterexample
    whole = change.request if shown is None else shown.exchange
    if shown is not None and not _shows(whole, shown):
        asked = change.direction is not Direction.RESPONSE
        label = "now refused" if asked else "now possible"
        yield label, _placed(_place(whole, shown, asked=asked), shown.value)
    exchange = whole or change.request
    if isinstance(exchange, Request):
        answers = change.direction is Direction.RESPONSE
        yield "asked by" if answers else "request", request_text(exchange)
    elif isinstance(exchange, Answer):
        yield "answer", answer_text(exchange)


def _shows(exchange: Request | Answer | None, shown: Counterexample) -> bool:
    """Whether the exchange shows the value itself, so that one of them is enough."""
    if exchange is None or shown.part != "body" or not exchange.media:
        return False
    return one_line(exchange.body) == one_line(shown.value)


def _place(
    exchange: Request | Answer | None, shown: Counterexample, *, asked: bool
) -> str:
    """Where the value stands: its path in the body, else the schema that it is of."""
    schema = shown.schema_old if asked else shown.schema_new
    if exchange is None:
        return schema
    if shown.part != "body":
        return shown.part
    paths = list(islice(_paths(exchange.body, one_line(shown.value), "body "), 2))
    return paths[0] if len(paths) == 1 else schema


def _paths(value: Any, wanted: str, path: str) -> Iterator[str]:
    """Yield the path of every part of *value* that is *wanted*, as a JSON pointer."""
    if one_line(value) == wanted:
        yield path.strip()
    members: Iterator[tuple[Any, Any]] = iter(())
    if isinstance(value, Mapping):
        members = iter(value.items())
    elif isinstance(value, list):
        members = iter(enumerate(value))
    for name, inner in members:
        yield from _paths(inner, wanted, step(path, name))


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
    return f"{visible(place)}:{gap}{text}"


def pretty(value: Any) -> str:
    """Return JSON for a person: what is short in one line, bounded where it is not.

    What cannot be seen, or not be written as UTF-8, is escaped as JSON does it.
    """
    text = _laid_out(value, 0)
    lines = text.split("\n")
    if len(text) <= MOST_CHARACTERS + _SLACK and len(lines) <= MOST_LINES + 1:
        return text
    kept = "\n".join(lines[:MOST_LINES])[:MOST_CHARACTERS]
    return f"{kept}\n… {len(text) - len(kept):,} more characters, all with --json"


def _laid_out(value: Any, indent: int) -> str:
    """Return JSON that has a line break only in what would be too long without."""
    short = one_line(value)
    if indent + len(short) <= WIDTH or not isinstance(value, dict | list) or not value:
        return short
    inner = indent + 2
    if isinstance(value, dict):
        opened, closed = "{}"
        lines = [f"{one_line(str(k))}: {_laid_out(v, inner)}" for k, v in value.items()]
    else:
        opened, closed = "[]"
        lines = _filled([_laid_out(each, inner) for each in value], WIDTH - inner)
    told = ",\n".join(f"{' ' * inner}{line}" for line in lines)
    return f"{opened}\n{told}\n{' ' * indent}{closed}"


def _filled(items: list[str], width: int) -> list[str]:
    """Return the items in as few lines as they fit into."""
    lines: list[str] = []
    for item in items:
        if lines and "\n" not in lines[-1] and len(lines[-1]) + 2 + len(item) <= width:
            lines[-1] += f", {item}"
        else:
            lines.append(item)
    return lines


def one_line(value: Any) -> str:
    """Return JSON in one line, that shows what cannot be seen as an escape."""
    return visible(json.dumps(value, ensure_ascii=False))


def visible(text: str) -> str:
    """Return text in one line: what breaks it or cannot be seen, as its JSON escape."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(
        json.dumps(c)[1:-1] if unicodedata.category(c) in _UNSEEN else c for c in text
    )
