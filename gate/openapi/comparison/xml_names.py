"""XML bodies: names, attributes and wrappings that no JSON Schema speaks of."""

from collections.abc import Iterator
from typing import Any

from gate.openapi.changes import Direction
from gate.openapi.comparison.exchange import Exchange
from gate.openapi.documents.document import Document, Unresolvable, step
from gate.openapi.documents.media import Carried

_Place = tuple[Any, str]
_MOST = 2000


def compare_xml(
    exchange: Exchange, direction: Direction, old: Carried, new: Carried
) -> None:
    """Report every place whose XML form (`xml` of its schema) is another one."""
    comparison = exchange.comparison
    waiting = [("", (old.schema, old.pointer), (new.schema, new.pointer))]
    seen: set[tuple[str, str]] = set()
    while waiting and len(seen) < _MOST:
        name, mine, theirs = waiting.pop()
        before = _followed(comparison.old, *mine)
        after = _followed(comparison.new, *theirs)
        if before is None or after is None or (before[1], after[1]) in seen:
            continue
        seen.add((before[1], after[1]))
        was, now = _form(before[0], name), _form(after[0], name)
        if was != now:
            said = f"the XML of `{name or 'the body'}` was {_told(was)} and is {_told(now)}"
            exchange.add(f"{direction}-xml-changed", before[1], after[1], said)
        others = dict(_children(*after))
        waiting.extend(
            (inner if inner != "[]" else name, place, others[inner])
            for inner, place in _children(*before)
            if inner in others
        )


def _followed(document: Document, value: Any, pointer: str) -> _Place | None:
    try:
        return document.follow(value, pointer)
    except Unresolvable:
        return None


def _form(schema: dict[str, Any], name: str) -> dict[str, Any]:
    told = schema.get("xml")
    xml = told if isinstance(told, dict) else {}
    node = str(xml.get("nodeType", "attribute" if xml.get("attribute") is True else ""))
    return {
        "name": xml.get("name", name),
        "namespace": xml.get("namespace", ""),
        "kind": "" if node == "element" else node,
        "wrapped": xml.get("wrapped") is True and schema.get("type") == "array",
    }


def _told(form: dict[str, Any]) -> str:
    usual = "wrapped element" if form["wrapped"] else "element"
    kind = form["kind"] or usual
    space = f" in {form['namespace']}" if form["namespace"] else ""
    return f"the {kind} `{form['name']}`{space}"


def _children(schema: dict[str, Any], pointer: str) -> Iterator[tuple[str, _Place]]:
    properties = schema.get("properties")
    for name, value in (properties if isinstance(properties, dict) else {}).items():
        yield name, (value, step(pointer, "properties", name))
    if "items" in schema:
        yield "[]", (schema["items"], step(pointer, "items"))
