"""On which line of its source text a JSON pointer (RFC 6901) stands."""

import json
import re
from bisect import bisect_right
from collections.abc import Iterable
from typing import Any

import yaml

from gate.openapi.documents.pointers import unescaped

_SPACE = re.compile(r"[ \t\n\r]*")
_NAME = re.compile(r'("(?:[^"\\]|\\.)*")[ \t\n\r]*:[ \t\n\r]*')
_SKIP = json.JSONDecoder().raw_decode
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

Tree = dict[str, "Tree"]


def source_lines(text: str, pointers: Iterable[str]) -> dict[str, int]:
    """Return the line of each pointer, from 1, in a document of JSON or YAML.

    A pointer that the text does not hold is given the line of its nearest ancestor
    that it holds; nothing is known of a text that can be read as neither.
    """
    pointers = tuple(pointers)
    try:
        places = _in_json(text, _tree(pointers))
    except ValueError:
        places = _in_yaml(text, _tree(pointers))
    return {each: found for each in pointers if (found := _nearest(places, each))}


def _tree(pointers: Iterable[str]) -> Tree:
    """What to look for: the rest of the text is skipped over."""
    root: Tree = {}
    for pointer in pointers:
        here = root
        for token in pointer.split("/")[1:]:
            here = here.setdefault(unescaped(token), {})
    return root


def _nearest(places: dict[tuple[str, ...], int], pointer: str) -> int | None:
    names = [unescaped(n) for n in pointer.split("/")[1:]]
    for length in range(len(names), -1, -1):
        found = places.get(tuple(names[:length]))
        if found is not None:
            return found
    return None


def _in_json(text: str, wanted: Tree) -> dict[tuple[str, ...], int]:
    """The places of what is wanted; raises ValueError where the text is not JSON."""
    offsets: dict[tuple[str, ...], int] = {(): _next(text, 0)}
    _walk(text, _next(text, 0), wanted, (), offsets)
    breaks = [match.start() for match in re.finditer("\n", text)]
    return {at: bisect_right(breaks, offset) + 1 for at, offset in offsets.items()}


def _walk(
    text: str,
    at: int,
    wanted: Tree,
    path: tuple[str, ...],
    offsets: dict[tuple[str, ...], int],
) -> int:
    """Note the offsets of wanted members of the value at `at`; return its end.

    What nobody wants is read by the standard library's decoder, which is fast.
    """
    opened = text[at : at + 1]
    if not wanted or opened not in ("{", "["):
        return _SKIP(text, at)[1]
    closed = {"{": "}", "[": "]"}[opened]
    at, number = _next(text, at + 1), 0
    while text[at : at + 1] != closed:
        begin, name = at, str(number)
        if opened == "{":
            match = _NAME.match(text, at)
            if match is None:
                raise ValueError(f"not JSON at {at}")
            name, at = json.loads(match[1]), match.end()
        inner = (*path, name)
        if name in wanted:
            offsets[inner] = begin
        at = _next(text, _walk(text, at, wanted.get(name, {}), inner, offsets))
        if text[at : at + 1] == ",":
            at = _next(text, at + 1)
        elif text[at : at + 1] != closed:
            raise ValueError(f"not JSON at {at}")
        number += 1
    return at + 1


def _next(text: str, at: int) -> int:
    found = _SPACE.match(text, at)
    return found.end() if found else at


def _in_yaml(text: str, wanted: Tree) -> dict[tuple[str, ...], int]:
    try:
        root = yaml.compose(text, Loader=_LOADER)
    except (yaml.YAMLError, RecursionError):
        return {}
    places: dict[tuple[str, ...], int] = {}
    waiting: list[tuple[Any, Tree, tuple[str, ...], Any]] = [(root, wanted, (), root)]
    while waiting:
        node, wanted, path, named = waiting.pop()
        if node is None:
            continue
        places[path] = named.start_mark.line + 1
        for key, value in _members(node):
            if key.value in wanted:
                inner = (*path, key.value)
                waiting.append((value, wanted[key.value], inner, key))
    return places


def _members(node: Any) -> Iterable[tuple[Any, Any]]:
    if isinstance(node, yaml.MappingNode):
        return [pair for pair in node.value if isinstance(pair[0], yaml.ScalarNode)]
    if isinstance(node, yaml.SequenceNode):
        return [
            (yaml.ScalarNode("", str(number), value.start_mark), value)
            for number, value in enumerate(node.value)
        ]
    return []
