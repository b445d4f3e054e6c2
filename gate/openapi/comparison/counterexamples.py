"""From a value that two schemas disagree about to the whole exchange around it."""

from collections import deque
from collections.abc import Iterator
from typing import Any

from gate.openapi.changes import Answer, Counterexample, Direction, Request
from gate.openapi.comparison.exchange import Comparison, Exchange, Root, Shows, Use
from gate.openapi.comparison.messages import answer_of, request_of
from gate.openapi.documents.media import is_text
from gate.openapi.documents.operations import Key, Operation
from gate.openapi.schemas.payloads import Step, embed
from gate.openapi.schemas.reading import Reading, Schema
from gate.openapi.schemas.references import referenced
from gate.openapi.schemas.spot import Proof
from gate.openapi.schemas.texts import spellings, text_of
from gate.openapi.traffic.writing import valid_values

_MOST_SCHEMAS = 5000
Place = tuple[Root, Use]


def shown(
    comparison: Comparison, proof: Proof | None, places: list[Place]
) -> tuple[Counterexample | None, Use]:
    """The counterexample of a finding and its use, the first where it can be whole."""
    if proof is None:
        return None, places[0][1]
    for root, use in places:
        for value in _wholes(comparison, proof, root, use):
            exchange = _exchange(comparison, root, use, value)
            if exchange is None:
                continue
            if _is_body(use):
                return _made(proof, proof.value, root, use, exchange), use
            at = root.old.pointer, root.new.pointer
            return Counterexample(value, use.part, *at, exchange), use
    return _made(proof, proof.value, *places[0], None), places[0][1]


def structural(
    comparison: Comparison, exchange: Exchange, shows: Shows
) -> Request | None:
    """The smallest request that an old consumer may send and that shows a break."""
    if exchange.old is None:
        return None
    reading = comparison.sides[Direction.REQUEST].left
    given = {} if shows.parameter is None else {shows.parameter: shows.value}
    return request_of(reading, exchange.old, given, shows.media)


def _made(
    proof: Proof, value: Any, root: Root, use: Use, exchange: Request | Answer | None
) -> Counterexample:
    request = root.direction is Direction.REQUEST
    at = (proof.left, proof.right) if request else (proof.right, proof.left)
    return Counterexample(value, use.part, *at, exchange)


def _is_body(use: Use) -> bool:
    return use.part == "body"


def _exchange(
    comparison: Comparison, root: Root, use: Use, value: Any
) -> Request | Answer | None:
    """The smallest exchange with `value` at its place; None in a callback."""
    reading = comparison.sides[root.direction].left
    place, _, name = use.part.partition(" ")
    old, new = use.exchange.old, use.exchange.new
    if root.direction is Direction.REQUEST and old is not None:
        if _is_body(use):
            return request_of(reading, old, {}, use.media, value)
        key = key_of(old, place, name)
        return None if key is None else request_of(reading, old, {key: value})
    if root.direction is Direction.RESPONSE and new is not None:
        if _is_body(use):
            return answer_of(reading, new, use.status, {}, use.media, value)
        return answer_of(reading, new, use.status, {name.lower(): value})
    return None


def key_of(operation: Operation, place: str, name: str) -> Key | None:
    """The key of a parameter; that of a path is its position in the template."""
    if place != "path":
        return place, name.lower() if place == "header" else name
    names = [piece.partition("}")[0] for piece in operation.path.split("{")[1:]]
    return (place, str(names.index(name))) if name in names else None


def _wholes(
    comparison: Comparison, proof: Proof, root: Root, use: Use
) -> Iterator[Any]:
    """Values of the whole root that hold the proof, and show the same."""
    if use.part.startswith("body "):
        return  # a field of a form; the form itself was compared as well
    side = comparison.sides[root.direction]
    request = root.direction is Direction.REQUEST
    mine, theirs = (root.old, root.new) if request else (root.new, root.old)
    if not root.pair:  # kept, since each reading is compiled again
        left = side.left.schema(mine.schema, mine.pointer)
        right = side.right.schema(theirs.schema, theirs.pointer)
        root.pair.extend((left, right))
    left, right = root.pair
    text = is_text(root.old.media) or is_text(root.new.media)
    if proof.left == left.pointer and _is_body(use) and not text:
        yield proof.value  # it is the whole, and was validated
        return
    steps = way(side.left, left, proof.left)
    held = [] if steps is None else embed(side.left, left, steps, proof.value)
    others = [] if _is_body(use) else valid_values(side.left, mine)
    for value in (*held, *others):
        read = list(spellings(value)) if text else [value]
        refused = all(side.right.accepts(right, each) is False for each in read)
        if refused and side.left.accepts(left, value) is True and _fits(use, value):
            yield value


def _fits(use: Use, value: Any) -> bool:
    """Whether a value can be written where it is used."""
    if _is_body(use):
        return True
    if isinstance(value, dict | list):
        return bool(value)
    return value is not None and (text_of(value) != "" or use.part[:5] != "path ")


def way(reading: Reading, start: Schema, pointer: str) -> tuple[Step, ...] | None:
    """The shortest way into a payload to the schema at `pointer`; None without one."""
    waiting: deque[tuple[Schema, tuple[Step, ...]]] = deque([(start, ())])
    seen: set[int] = set()  # by identity: a nullable schema and its inner share a place
    while waiting and len(seen) < _MOST_SCHEMAS:
        schema, steps = waiting.popleft()
        if schema.pointer == pointer:
            return steps
        if id(schema) in seen:
            continue
        seen.add(id(schema))
        waiting.extend(
            (inner, (*steps, *more)) for inner, more in _inside(reading, schema)
        )
    return None


def _inside(reading: Reading, schema: Schema) -> Iterator[tuple[Schema, list[Step]]]:
    name = referenced(schema)
    if name:
        yield reading.definition(name), []
    for keyword in ("allOf", "anyOf", "oneOf"):
        yield from ((branch, []) for branch in schema.get(keyword, ()))
    for field, value in schema.get("properties", {}).items():
        yield value, [("property", field)]
    if "items" in schema:
        yield schema["items"], [("items",)]
    if "additionalProperties" in schema:
        yield schema["additionalProperties"], [("property", "key")]
