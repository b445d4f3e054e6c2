"""From YAML to the values that JSON has, with the line of whatever is wrong.

Scalars are read by the core schema of YAML 1.2 (section 10.3.2), so that dates and
`no` stay text; the names of members keep their text, so that a status code is
"200". Built from the parser's events: nothing recurses, an alias shares its value,
and what it would be when written out is counted.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import yaml

from gate.openapi.documents.limits import MAX_DEPTH, MAX_DIGITS, Allowance, NotOpenApi

# The parser in C where PyYAML was built with it, else the one in Python: 20 times slower.
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_NULL = frozenset(("", "~", "null", "Null", "NULL"))
_BOOLEANS = dict.fromkeys(("true", "True", "TRUE"), True) | dict.fromkeys(
    ("false", "False", "FALSE"), False
)
_INTEGER = re.compile(r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_NOT_IN_JSON = re.compile(r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)")
_TAGS = {
    yaml.ScalarEvent: ("!", "tag:yaml.org,2002:str"),
    yaml.MappingStartEvent: ("!", "tag:yaml.org,2002:map"),
    yaml.SequenceStartEvent: ("!", "tag:yaml.org,2002:seq"),
}
_MERGE = "<<"


@dataclass(slots=True)
class _Open:
    """A collection that has begun: what it holds so far."""

    value: dict[str, Any] | list[Any]
    anchor: str | None
    size: int = 1
    name: str | None = None  # of the member whose value comes next
    merging: bool = False  # the value that comes next is merged
    merged: list[dict[str, Any]] = field(default_factory=list)


def read_yaml(text: str, allowance: Allowance) -> Any:
    """The value of the one YAML document in `text`; None when there is none.

    Raises `NotOpenApi` with line and column for text that is not YAML and for what
    JSON could not say: members named twice or by a collection, tags, infinity, a
    value inside itself, several documents; also when it is more than is read.
    """
    builder = _Builder(allowance)
    try:
        for event in yaml.parse(text, Loader=_LOADER):
            builder.take(event)
    except yaml.YAMLError as error:
        raise NotOpenApi(_said(error)) from error
    return builder.root


class _Builder:
    def __init__(self, allowance: Allowance) -> None:
        self.root: Any = None
        self._allowance = allowance
        self._documents = 0
        self._open: list[_Open] = []
        self._anchors: dict[str, tuple[Any, int] | None] = {}  # None: not yet closed

    def take(self, event: Any) -> None:
        match event:
            case yaml.ScalarEvent():
                self._scalar(event)
            case yaml.AliasEvent():
                self._alias(event)
            case yaml.MappingStartEvent():
                self._start(event, {})
            case yaml.SequenceStartEvent():
                self._start(event, [])
            case yaml.CollectionEndEvent():
                self._end(event)
            case yaml.DocumentStartEvent():
                self._documents += 1
                if self._documents > 1:
                    raise _wrong(event, "a second YAML document; one is expected")

    def _scalar(self, event: Any) -> None:
        self._check_tag(event)
        if self._name_expected():
            self._member(event)
            value: Any = event.value
        else:
            value = _core(event) if _plain(event) else event.value
            self._put(event, value, 1)
        if event.anchor is not None:
            self._anchors[event.anchor] = value, 1

    def _alias(self, event: Any) -> None:
        if self._name_expected():
            raise _wrong(event, "an alias as the name of a member; write the name")
        if event.anchor not in self._anchors:
            raise _wrong(event, f"alias *{event.anchor:.80} of nothing above it")
        held = self._anchors[event.anchor]
        if held is None:
            raise _wrong(event, f"alias *{event.anchor:.80} inside what it stands for")
        self._put(event, *held)

    def _start(self, event: Any, value: dict[str, Any] | list[Any]) -> None:
        self._check_tag(event)
        if self._name_expected():
            kind = "list" if isinstance(value, list) else "mapping"
            raise _wrong(event, f"a {kind} as the name of a member; names are text")
        if len(self._open) >= MAX_DEPTH:
            raise _wrong(event, f"values nested more than {MAX_DEPTH} levels deep")
        if event.anchor is not None:
            self._anchors[event.anchor] = None
        self._open.append(_Open(value, event.anchor))

    def _end(self, event: Any) -> None:
        done = self._open.pop()
        if isinstance(done.value, dict):
            for other in done.merged:
                for name, value in other.items():
                    done.value.setdefault(name, value)
        if done.anchor is not None:
            self._anchors[done.anchor] = done.value, done.size
        self._put(event, done.value, done.size, counted=True)

    def _name_expected(self) -> bool:
        if not self._open:
            return False
        top = self._open[-1]
        return isinstance(top.value, dict) and top.name is None and not top.merging

    def _member(self, event: Any) -> None:
        top = self._open[-1]
        name = event.value
        if name == _MERGE and _plain(event) and not top.merged:
            top.merging = True
        elif name in top.value or (name == _MERGE and _plain(event)):
            raise _wrong(event, f"the name {name!r:.80} twice in one mapping")
        else:
            top.name = name

    def _put(self, event: Any, value: Any, size: int, *, counted: bool = False) -> None:
        """Give a finished value to the collection it stands in."""
        # A collection's members were counted one by one, an alias' were not.
        self._allowance.take_values(1 if counted else size, _place(event.start_mark))
        if not self._open:
            self.root = value
            return
        top = self._open[-1]
        top.size += size
        if isinstance(top.value, list):
            top.value.append(value)
        elif top.merging:
            top.merging = False
            top.merged.extend(_mergeable(event, value))
        elif top.name is not None:
            top.value[top.name] = value
            top.name = None

    def _check_tag(self, event: Any) -> None:
        if event.tag is not None and event.tag not in _TAGS[type(event)]:
            raise _wrong(event, f"the tag {event.tag!r:.80}, which JSON does not have")


def _mergeable(event: Any, value: Any) -> Iterator[dict[str, Any]]:
    for each in value if isinstance(value, list) else [value]:
        if not isinstance(each, dict):
            raise _wrong(event, "a merge (<<) of what is not a mapping")
        yield each


def _plain(event: Any) -> bool:
    """Whether a scalar has no quotes and no tag, so that its text tells its type."""
    return event.implicit[0] and not event.style


def _core(event: Any) -> Any:
    """The value of a plain scalar in YAML's core schema."""
    text = event.value
    if text in _NULL:
        return None
    if text in _BOOLEANS:
        return _BOOLEANS[text]
    if _INTEGER.fullmatch(text):
        if len(text) > MAX_DIGITS:
            raise _wrong(event, f"a number of {len(text):,} digits")
        return int(text, 0 if text[:2] in ("0o", "0x") else 10)
    if _FLOAT.fullmatch(text):
        number = float(text)
        if number in (float("inf"), float("-inf")):
            raise _wrong(event, f"{text:.40}, which is more than a number can hold")
        return number
    if _NOT_IN_JSON.fullmatch(text):
        raise _wrong(event, f"{text}, which JSON does not have")
    return text


def _wrong(event: Any, what: str) -> NotOpenApi:
    return NotOpenApi(f"{_place(event.start_mark)}found {what}")


def _place(mark: Any) -> str:
    return f"line {mark.line + 1}, column {mark.column + 1}: "


def _said(error: Any) -> str:
    mark = getattr(error, "problem_mark", None)
    place = "" if mark is None else _place(mark)
    problem = getattr(error, "problem", None) or getattr(error, "reason", None)
    return f"{place}found text that is neither JSON nor YAML ({problem or error})"
