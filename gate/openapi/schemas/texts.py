"""Values that travel as text: how they are written, and what they may be read as."""

import json
import re
from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any

_NUMBER = re.compile(r"-?(0|[1-9]\d{0,300})(\.\d{1,300})?([eE][+-]?\d{1,2})?")
_MOST_MEMBERS = 16
_WORDS = {"true": True, "false": False, "null": None, "": None}


def text_of(value: Any) -> str:
    """A scalar as it is written in a URL or header."""
    if isinstance(value, str):
        return value
    return "" if value is None else json.dumps(value)


def compact(value: Any) -> str:
    """A value as JSON text without spaces."""
    return json.dumps(value, separators=(",", ":"))


def spellings(value: Any) -> Iterator[Any]:
    """The readings of a value whose scalars travelled as text.

    As it is, with all scalars as text, and with all as numbers and booleans where
    they can be read so; and each of these with a scalar as an array of one item, or
    the other way round, since both are the same text.
    """
    for spelt in (value, *islice(_regrouped(value), _MOST_MEMBERS)):
        yield spelt
        yield _each(spelt, text_of)
        yield _each(spelt, _typed)


def _regrouped(value: Any) -> Iterator[Any]:
    """The value, or one member of it, as an array of one item, or out of such."""
    if isinstance(value, dict):
        for name, item in value.items():
            if not isinstance(item, dict):
                yield from ({**value, name: other} for other in _regrouped(item))
    elif not isinstance(value, list):
        yield from () if value is None else ([value],)
    elif len(value) == 1 and not isinstance(value[0], list | dict):
        yield value[0]


def _each(value: Any, change: Callable[[Any], Any]) -> Any:
    if isinstance(value, dict):
        return {name: _each(item, change) for name, item in value.items()}
    if isinstance(value, list):
        return [_each(item, change) for item in value]
    return change(value)


def _typed(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    if value in _WORDS:
        return _WORDS[value]
    return json.loads(value) if _NUMBER.fullmatch(value) else value
