"""Which keywords of a schema changed where two documents differ: from what, to what."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from gate.openapi import Change, Document
from gate.reports.payload import one_line

_MOST = 60  # longer values are told by their counterexample alone
_KEYWORDS: dict[str, tuple[str, ...]] = {
    "range": ("minimum", "exclusiveMinimum", "maximum", "exclusiveMaximum", "format"),
    "multiple": ("multipleOf", "type"),
    "length": ("minLength", "maxLength"),
    "pattern": ("pattern",),
    "format": ("format",),
    "items-count": ("minItems", "maxItems", "uniqueItems"),
    "properties-count": ("minProperties", "maxProperties"),
    "contains": ("minContains", "maxContains"),
    "enum": ("enum", "const"),
    "type": ("type", "format", "nullable"),
    "null": ("type", "nullable"),
    "became-nullable": ("type", "nullable"),
    "default": ("default",),
}


@dataclass(frozen=True, slots=True)
class Keywords:
    """The keywords that changed: their old values and their new ones.

    One that a side does not have is missing there.
    """

    was: Mapping[str, Any] = field(default_factory=dict)
    now: Mapping[str, Any] = field(default_factory=dict)

    def lines(self) -> Iterator[str]:
        """Yield each in words: ``maximum 200 → 100``."""
        for name in dict.fromkeys((*self.was, *self.now)):
            told = (
                one_line(side[name]) if name in side else "none"
                for side in (self.was, self.now)
            )
            yield f"{name} {' → '.join(told)}"


def keywords(change: Change, old: Document, new: Document) -> Keywords:
    """Return what changed among the keywords that a change of a schema is about.

    Its pointers lead into these documents. Only short values are told.
    """
    names = _names(change.rule)
    before = _schema(old, change.pointer_old)
    after = _schema(new, change.pointer_new)
    if before is None or after is None:
        return Keywords()
    changed = [
        name
        for name in names
        if _told(before, name) != _told(after, name)
        and all(len(one_line(side.get(name))) <= _MOST for side in (before, after))
    ]
    return Keywords(
        {name: before[name] for name in changed if name in before},
        {name: after[name] for name in changed if name in after},
    )


def _names(rule: str) -> tuple[str, ...]:
    """Return the keywords of a rule: of `request-items-count-narrowed`, the counts."""
    about = rule.removeprefix("request-").removeprefix("response-")
    fitting = [group for group in _KEYWORDS if f"{about}-".startswith(f"{group}-")]
    return _KEYWORDS[max(fitting, key=len)] if fitting else ()


def _told(schema: Mapping[str, Any], name: str) -> str:
    """Return a value as it is compared: 1 and true are two of them."""
    return one_line(schema[name]) if name in schema else ""


def _schema(document: Document, pointer: str) -> Mapping[str, Any] | None:
    """Return the schema at a pointer, or at what stands there refers to."""
    if not pointer:
        return None
    try:
        return document.follow({"$ref": f"#{quote(pointer)}"}, pointer)[0]
    except LookupError:
        return None
