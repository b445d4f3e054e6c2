"""The changes between two documents that the old one's consumers can notice."""

import re
from typing import Any

from gate.openapi.changes import Change, Direction
from gate.openapi.comparison.answers import compare_answers
from gate.openapi.comparison.bodies import compare_request_bodies
from gate.openapi.comparison.callbacks import compare_callbacks, compare_webhooks
from gate.openapi.comparison.exchange import Comparison, Exchange
from gate.openapi.comparison.gathering import gathered
from gate.openapi.comparison.lifecycle import compare_lifecycle, removal
from gate.openapi.comparison.oddities import compare_odd_parts
from gate.openapi.comparison.parameters import compare_parameters
from gate.openapi.comparison.security import compare_security
from gate.openapi.comparison.servers import base_path, compare_servers
from gate.openapi.documents.document import Document, step
from gate.openapi.documents.media import schema_of
from gate.openapi.documents.operations import (
    Operation,
    Operations,
    operations_of,
    parameters_of,
    quietly,
    shape,
)
from gate.openapi.schemas.texts import spellings


def compare(old: Document, new: Document, day: str | None = None) -> tuple[Change, ...]:
    """What changed from `old` to `new`, the worst first, in a stable order.

    A change of a shared component is reported once, at the operation nearest to it.
    What the old document announced to leave (`x-sunset`) may be gone on `day` (ISO
    8601), where one is given.
    """
    comparison = Comparison(old, new, day)
    start = comparison.exchange("")
    before = operations_of(old, start.resolve)
    after = operations_of(new, start.resolve)
    base = base_path(old), base_path(new)
    for operation in before.all:
        twin = after.find(operation.method, operation.path)
        moved = twin is None and base[0] != base[1]
        if moved:
            full = base[0] + operation.path
            twin = after.find(operation.method, full.removeprefix(base[1]))
        exchange = comparison.exchange(operation.name, operation, twin)
        if twin is None and shape(operation.path) in after.unread:
            exchange.resolve(new, *after.unread[shape(operation.path)])
        elif twin is None:
            _removed(exchange, operation, after)
        else:
            _compare(exchange, operation, twin, moved=moved)
    _shadowed(comparison, before, after)
    compare_webhooks(comparison)
    compare_odd_parts(comparison)
    return tuple(sorted(gathered(comparison), key=_order))


def _removed(exchange: Exchange, operation: Operation, after: Operations) -> None:
    own = operation.own
    left = next((p for p in after.paths if shape(p) == shape(operation.path)), None)
    if left is not None:
        said = "the operation is gone; every request to it fails"
        at = own.pointer, step("/paths", left)
        removal(exchange, "operation-removed", own, at, said)
    else:
        said = "the path is gone; every request to it fails"
        at = step("/paths", operation.path), "/paths"
        removal(exchange, "path-removed", own, at, said)


def _compare(
    exchange: Exchange, old: Operation, new: Operation, *, moved: bool
) -> None:
    compare_lifecycle(exchange, old.own, new.own)
    _compare_names(exchange, old, new)
    before, after = (parameters_of(side, exchange.resolve) for side in (old, new))
    compare_parameters(exchange, before, after)
    compare_request_bodies(exchange, old, new)
    compare_answers(exchange, old, new)
    sent = {key for key, part in before.items() if part.get("required") is True}
    compare_security(exchange, old, new, sent)
    compare_callbacks(exchange, old, new)
    if not moved:
        compare_servers(exchange, old, new)


def _compare_names(exchange: Exchange, old: Operation, new: Operation) -> None:
    was, now = old.own.get("operationId"), new.own.get("operationId")
    if was is not None and was != now:
        said = f"its operationId was {was} and is now {now or 'not given'}"
        at = old.own.pointer, new.own.pointer
        exchange.add("operation-id-changed", *at, said)


def _shadowed(comparison: Comparison, before: Operations, after: Operations) -> None:
    """New concrete paths where a template took those requests before."""
    templates = [o for o in before.all if "{" in o.path]
    patterns = [(re.compile(_pattern(o.path)), o) for o in templates]
    known = {shape(path) for path in before.paths}
    for operation in after.all:
        if shape(operation.path) in known:
            continue
        for pattern, old in patterns:
            found = pattern.fullmatch(operation.path)
            if not found or old.method != operation.method:
                continue
            if _takes(comparison, old, found.groups()):
                exchange = comparison.exchange(old.name, old)
                said = f"{operation.path} is new, and takes requests that came here"
                at = old.own.pointer, operation.own.pointer
                exchange.add("path-shadowed", *at, said)


def _pattern(path: str) -> str:
    pieces = re.split(r"\{[^/{}]*\}", path)
    return "([^/]+)".join(re.escape(piece) for piece in pieces)


def _takes(comparison: Comparison, old: Operation, texts: tuple[str, ...]) -> bool:
    """Whether the old parameters may have these texts for values."""
    reading = comparison.sides[Direction.REQUEST].left
    for (place, index), part in parameters_of(old, quietly).items():
        if place != "path" or "{" in texts[int(index)]:
            continue
        carried = schema_of(part)
        schema = reading.schema(carried.schema, carried.pointer)
        tried = [reading.accepts(schema, text) for text in spellings(texts[int(index)])]
        if not any(fits is not False for fits in tried):
            return False
    return True


def _order(change: Change) -> tuple[Any, ...]:
    at = change.pointer_old, change.pointer_new
    return change.level, change.operation, *at, change.rule, change.summary
