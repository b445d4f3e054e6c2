"""The changes between two documents that the old one's consumers can notice."""

import re
from collections import deque
from collections.abc import Iterator
from typing import Any

from gate.openapi.bodies import compare_request_bodies, compare_responses
from gate.openapi.changes import Change, Level
from gate.openapi.documents import Document, step
from gate.openapi.exchange import Exchange, Part
from gate.openapi.parameters import compare_parameters, parameters_of
from gate.openapi.schemas import Direction
from gate.openapi.security import compare_security
from gate.openapi.spot import Finding, Pair
from gate.openapi.variance import Variance

METHODS = ("get", "head", "options", "trace", "post", "put", "patch", "delete", "query")
_NAMED_IN_SUMMARY = 5
_Reached = dict[tuple[Direction, Pair], list[tuple[int, str]]]


def compare(old: Document, new: Document) -> tuple[Change, ...]:
    """What changed from `old` to `new`, the worst first, in a stable order.

    A change of a shared component is reported once, at the operation nearest to it.
    """
    request = Variance(old, new, Direction.REQUEST)
    response = Variance(old, new, Direction.RESPONSE)
    changes: list[Change] = []
    exchanges: list[Exchange] = []
    after = {_template(path): path for path in new.root["paths"]}
    for path, raw in old.root["paths"].items():
        if not path.startswith("/"):
            continue
        twin = path if path in new.root["paths"] else after.get(_template(path))
        item = Exchange(path, request, response)
        exchanges.append(item)
        before = item.resolve(old, raw, step("/paths", path))
        if before is None:
            continue
        if twin is None:
            changes.extend(_path_removed(path, before))
            continue
        at = step("/paths", twin)
        other = item.resolve(new, new.root["paths"][twin], at)
        if other is not None:
            exchanges.extend(_operations(item, path, before, twin, other))
    for exchange in exchanges:
        changes.extend(exchange.changes)
    changes.extend(_schema_changes(exchanges, request, response))
    changes.extend(_reversed_traffic(old, new))
    return tuple(sorted(_unique(changes), key=_order))


def _template(path: str) -> str:
    return re.sub(r"\{[^/{}]*\}", "{}", path)


def _methods(item: Part) -> list[str]:
    return [m for m in METHODS if isinstance(item.get(m), dict)]


def _path_removed(path: str, item: Part) -> Iterator[Change]:
    methods = ", ".join(method.upper() for method in _methods(item))
    if methods:
        said = f"{methods} {path}: the path is gone; every request to it fails."
        at = step("/paths", path), "/paths"
        yield Change("path-removed", Level.BREAKS, f"{methods} {path}", *at, said)


def _operations(
    item: Exchange, path: str, old: Part, twin: str, new: Part
) -> Iterator[Exchange]:
    for method in _methods(old):
        name = f"{method.upper()} {path}"
        exchange = Exchange(name, item.request, item.response)
        yield exchange
        before = Part(old.document, old.value[method], step(old.pointer, method))
        if not isinstance(new.get(method), dict):
            said = "the operation is gone; every request to it fails"
            at = before.pointer, new.pointer
            exchange.add("operation-removed", Level.BREAKS, *at, said)
            continue
        after = Part(new.document, new.value[method], step(new.pointer, method))
        both = [(old, before, path), (new, after, twin)]
        parameters = [
            parameters_of(
                exchange, own.document, [(p.value, p.pointer) for p in (owner, own)], at
            )
            for owner, own, at in both
        ]
        compare_parameters(exchange, *parameters)
        compare_request_bodies(exchange, before, after)
        compare_responses(exchange, before, after)
        compare_security(exchange, before, after)
        _callbacks(exchange, before, after)


def _callbacks(exchange: Exchange, old: Part, new: Part) -> None:
    if old.get("callbacks") and old.get("callbacks") != new.get("callbacks"):
        said = "its callbacks changed, and callbacks are not compared yet"
        at = step(old.pointer, "callbacks"), step(new.pointer, "callbacks")
        exchange.add("undecided", Level.MAY_BREAK, *at, said)


def _reversed_traffic(old: Document, new: Document) -> Iterator[Change]:
    before, after = old.root.get("webhooks"), new.root.get("webhooks")
    if before and before != after:
        said = "The webhooks changed, and webhooks are not compared yet."
        at = "/webhooks", "/webhooks"
        yield Change("undecided", Level.MAY_BREAK, "", *at, said)


def _schema_changes(
    exchanges: list[Exchange], request: Variance, response: Variance
) -> Iterator[Change]:
    sides = {Direction.REQUEST: request, Direction.RESPONSE: response}
    reached: _Reached = {}
    for exchange in exchanges:
        for direction, outcome in exchange.outcomes:
            for finding in outcome.findings:
                yield _change(direction, finding, [exchange.operation])
            _reach(
                reached, sides[direction], exchange.operation, direction, outcome.pairs
            )
    for (direction, pair), operations in reached.items():
        nearest = [name for _, name in sorted(operations, key=_nearness)]
        for finding in sides[direction].pair(pair).findings:
            yield _change(direction, finding, list(dict.fromkeys(nearest)))


def _reach(
    reached: _Reached,
    side: Variance,
    operation: str,
    direction: Direction,
    pairs: dict[Pair, int],
) -> None:
    """Note the distance from an operation to every pair of components it uses."""
    seen = dict(pairs)
    waiting = deque(seen)
    while waiting:
        pair = waiting.popleft()
        reached.setdefault((direction, pair), []).append((seen[pair], operation))
        for inner, steps in side.pair(pair).pairs.items():
            if inner not in seen:
                seen[inner] = seen[pair] + steps + 1
                waiting.append(inner)


def _nearness(place: tuple[int, str]) -> tuple[int, int, str]:
    distance, operation = place
    method = operation.split(" ")[0].lower()
    rank = METHODS.index(method) if method in METHODS else len(METHODS)
    return distance, rank, operation


def _change(direction: Direction, finding: Finding, operations: list[str]) -> Change:
    first, others = operations[0], operations[1:]
    also = ", ".join(others[:_NAMED_IN_SUMMARY])
    if len(others) > _NAMED_IN_SUMMARY:
        also += f" and {len(others) - _NAMED_IN_SUMMARY} more"
    summary = f"{first}: {finding.sentence}" + (f" (also {also})" if also else "") + "."
    old, new = finding.left, finding.right
    if direction is Direction.RESPONSE:
        old, new = new, old
    return Change(
        finding.rule, finding.level, first, old, new, summary, finding.example
    )


def _unique(changes: list[Change]) -> Iterator[Change]:
    seen: set[tuple[Any, ...]] = set()
    for change in changes:
        key = (change.rule, change.pointer_old, change.pointer_new, change.summary)
        if key not in seen:
            seen.add(key)
            yield change


def _order(change: Change) -> tuple[Any, ...]:
    at = change.pointer_old, change.pointer_new
    return change.level, change.operation, *at, change.rule, change.summary
