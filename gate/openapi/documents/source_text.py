"""From text, JSON or YAML, to values, or a sentence with the place of the mistake."""

import json
import math
import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

from gate.openapi.documents.limits import MAX_DEPTH, MAX_DIGITS, Allowance, NotOpenApi
from gate.openapi.documents.pointers import step
from gate.openapi.documents.yaml_text import read_yaml

_BOM = "\ufeff"
_WIDE = (b"\xff\xfe", b"\xfe\xff", b"\x00")  # UTF-16 and UTF-32 begin so
_HALF_CHARACTER = re.compile(r"\\u[dD][89a-fA-F]")


class _Wrong:
    """Stands in the values where the text says what JSON cannot."""

    def __init__(self, what: str) -> None:
        self.what = what


def read_text(text: bytes | str, allowance: Allowance) -> Any:
    """The value that `text` describes; JSON by the fast path, else YAML.

    Raises `NotOpenApi` with line and column, or the JSON pointer, of what is wrong;
    also for text that is too long, too deep or no text at all.
    """
    allowance.take_bytes(len(text))
    readable = _decoded(text)
    start = readable.lstrip()[:40]
    if not start:
        raise NotOpenApi("found no text; the document is empty")
    if start.startswith("<"):
        raise NotOpenApi(
            f"found a web page or XML, which begins with {start!r}; expected JSON or "
            "YAML; is the address the document's own?"
        )
    root = _read(readable, start, allowance)
    _refuse_depth(root)
    if _HALF_CHARACTER.search(readable):
        _refuse_half_characters(root)
    return root


def kind(value: Any) -> str:
    """What JSON calls a value of this type, for a message."""
    match value:
        case None:
            return "null"
        case bool():
            return "a boolean"
        case int() | float():
            return "a number"
        case str():
            return "a string"
        case list():
            return "an array"
        case _:
            return "an object"


def _decoded(text: bytes | str) -> str:
    if isinstance(text, str):
        return text.removeprefix(_BOM)
    if text.startswith(_WIDE) or text[1:2] == b"\x00":
        raise NotOpenApi("found UTF-16, UTF-32 or binary data; save it as UTF-8 text")
    try:
        return text.decode().removeprefix(_BOM)
    except UnicodeDecodeError as error:
        line = text.count(b"\n", 0, error.start) + 1
        raise NotOpenApi(
            f"line {line}: found bytes that are not UTF-8 text; save it as UTF-8"
        ) from error


def _read(text: str, start: str, allowance: Allowance) -> Any:
    if start[0] not in "{[":
        return read_yaml(text, allowance)
    try:
        return _read_json(text, allowance)
    except json.JSONDecodeError as error:
        try:
            return read_yaml(text, allowance)  # its flow style looks like JSON
        except NotOpenApi:
            raise NotOpenApi(
                f"line {error.lineno}, column {error.colno}: found text that is "
                f"neither JSON nor YAML ({error.msg}); the document begins with "
                f"{start!r}"
            ) from error


def _read_json(text: str, allowance: Allowance) -> Any:
    allowance.take_values(text.count(",") + text.count("[") + text.count("{"))
    wrong: list[_Wrong] = []

    def refuse(what: str) -> Any:
        wrong.append(_Wrong(what))
        return wrong[-1]

    def number(digits: str) -> Any:
        found = float(digits)
        if math.isinf(found):
            return refuse(f"{digits:.40}, which is more than a number can hold")
        return found

    def integer(digits: str) -> Any:
        if len(digits) > MAX_DIGITS:
            return refuse(f"a number of {len(digits):,} digits")
        return int(digits)

    def members(pairs: list[tuple[str, Any]]) -> Any:
        found = dict(pairs)
        if len(found) == len(pairs):
            return found
        (twice, _), *_ = Counter(name for name, _ in pairs).most_common(1)
        return refuse(f"the name {twice!r:.80} twice in one object")

    try:
        root = json.loads(
            text,
            object_pairs_hook=members,
            parse_int=integer,
            parse_float=number,
            parse_constant=lambda name: refuse(f"{name}, which JSON does not have"),
        )
    except RecursionError as error:
        raise _too_deep() from error
    if wrong:
        _refuse_wrong(root)
    return root


def _refuse_wrong(root: Any) -> None:
    for pointer, value in _everything(root):
        if isinstance(value, _Wrong):
            raise NotOpenApi(f"{pointer or 'the root'}: found {value.what}")


def _refuse_half_characters(root: Any) -> None:
    for pointer, value in _everything(root):
        for text in value if isinstance(value, dict) else [value]:
            if isinstance(text, str) and not text.isascii():
                try:
                    text.encode()
                except UnicodeEncodeError as error:
                    raise NotOpenApi(
                        f"{pointer}: found half a character (a lone surrogate)"
                    ) from error


def _everything(root: Any) -> Iterator[tuple[str, Any]]:
    waiting = [("", root)]
    while waiting:
        pointer, value = waiting.pop()
        yield pointer, value
        if isinstance(value, dict):
            waiting.extend((step(pointer, k), v) for k, v in value.items())
        elif isinstance(value, list):
            waiting.extend((step(pointer, i), v) for i, v in enumerate(value))


def _refuse_depth(root: Any) -> None:
    level, depth = [root], 0
    while level:
        depth += 1
        if depth > MAX_DEPTH:
            raise _too_deep()
        level = [
            child
            for value in level
            if isinstance(value, dict | list)
            for child in (value.values() if isinstance(value, dict) else value)
        ]


def _too_deep() -> NotOpenApi:
    return NotOpenApi(f"found values nested more than {MAX_DEPTH} levels deep")
