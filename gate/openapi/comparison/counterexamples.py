"""From a value that two schemas disagree about to the whole exchange around it."""

from collections import deque
from collections.abc import Iterator
from itertools import chain, islice
from typing import Any

from gate.openapi.changes import Answer, Counterexample, Direction, Request
from gate.openapi.comparison.exchange import Comparison, Exchange, Root, Shows, Use
from gate.openapi.comparison.messages import answer_of, request_of
from gate.openapi.documents.media import Carried, is_text
from gate.openapi.documents.operations import Key, Operation
from gate.openapi.schemas.payloads import Step, embed
from gate.openapi.schemas.reading import Reading, Schema
from gate.openapi.schemas.references import referenced
from gate.openapi.schemas.samples import samples
from gate.openapi.schemas.spot import Proof
from gate.openapi.schemas.texts import spellings, text_of
from gate.openapi.traffic.writing import valid_values

_MOST_SCHEMAS = 5000
_MOST_ROOTS = 40
_TRIED = 5
_ALIKE = 3
Place = tuple[Root, Use]


def shown(
    comparison: Comparison, proof: Proof, places: list[Place]
) -> tuple[Counterexample, Use, str]:
    """The counterexample of a finding and its use, the first where it can be whole.

    And the property of the discriminator that it needs, if any.
    """
    for root, use in places[:_TRIED]:
        for value in _refused(comparison, proof, root, use):
            exchange = _exchange(comparison, root, use, value)
            if exchange is None:
                continue
            told = proof.discriminator or _told(comparison, root, value)
            if _is_body(use):
                return _made(proof, root, use, exchange, told), use, told
            at = root.old.pointer, root.new.pointer
            made = Counterexample(value, use.part, *at, exchange, bool(told))
            return made, use, told
    told = proof.discriminator
    return _made(proof, *places[0], None, told), places[0][1], told


def taken_elsewhere(comparison: Comparison, proof: Proof, places: list[Place]) -> bool:
    """Whether the reader takes the value all the same, wherever it can stand.

    It does where another alternative is open enough. False where no whole payload
    could be made, since nothing is known then.
    """
    roots = {id(root): (root, use) for root, use in places if use.part[:5] != "body "}
    return 0 < len(roots) <= _MOST_ROOTS and all(
        _taken(comparison, proof, root, use) for root, use in roots.values()
    )


def _taken(comparison: Comparison, proof: Proof, root: Root, use: Use) -> bool:
    """Whether whole payloads hold such values just where they were refused, and pass.

    Where inclusion is not proved, one value that passes says nothing of the others.
    """
    side, (left, right) = comparison.sides[root.direction], _pair(comparison, root)
    steps = way(side.left, left, proof.left)
    if steps is None or not _leads(side.right, right, steps, proof.right):
        return False
    held = _held(comparison, proof, root, use)
    if not held or any(refused for _, refused in held):
        return False
    return not any(
        _verdict(comparison, root, left, right, whole)
        for value in islice(_alike(comparison, root, proof), _ALIKE)
        for whole in embed(side.left, left, steps, value)
    )


def _alike(comparison: Comparison, root: Root, proof: Proof) -> Iterator[Any]:
    """Other values that the writer's schema of a proof admits and the reader's refuses."""
    side, (left, right) = comparison.sides[root.direction], _pair(comparison, root)
    writes = _standing(side.left, left, proof.left)
    reads = _standing(side.right, right, proof.right)
    if writes is None or reads is None:
        return
    for value in chain(_varied(proof.value), samples(side.left, writes)):
        fits = side.left.accepts(writes, value) is True
        if fits and side.right.accepts(reads, value) is False:
            yield value


def _varied(value: Any) -> Iterator[Any]:
    """The same value with one scalar in it changed; fractions tell numbers apart."""
    match value:
        case dict():
            for name, inner in value.items():
                yield from ({**value, name: other} for other in _varied(inner))
        case list():
            for index, inner in enumerate(value):
                for other in _varied(inner):
                    yield [*value[:index], other, *value[index + 1 :]]
        case bool():
            yield not value
        case int() | float():
            yield from (value + 0.5, value + 1, -value - 1)
        case str():
            yield from (f"{value}a", "é", "0")


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
    proof: Proof, root: Root, use: Use, exchange: Request | Answer | None, told: str
) -> Counterexample:
    at = (proof.left, proof.right) if _asks(root) else (proof.right, proof.left)
    return Counterexample(proof.value, use.part, *at, exchange, bool(told))


def _told(comparison: Comparison, root: Root, value: Any) -> str:
    """The discriminator without which the whole would not be refused, if any."""
    proofs, pair = comparison.sides[root.direction].proofs, _pair(comparison, root)
    return proofs.decided_by(*pair, _is_text(root), value)


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


def _refused(
    comparison: Comparison, proof: Proof, root: Root, use: Use
) -> Iterator[Any]:
    """Values of the whole root that the reader refuses, those with the proof first."""
    if use.part.startswith("body "):
        return  # a field of a form; the form itself was compared as well
    held = [value for value, bad in _held(comparison, proof, root, use) if bad]
    yield from sorted(held, key=lambda v: bool(_told(comparison, root, v)))
    if not _is_body(use):
        left, right = _pair(comparison, root)
        values = valid_values(comparison.sides[root.direction].left, _writers(root))
        for value in values:
            if _verdict(comparison, root, left, right, value) and _fits(use, value):
                yield value


def _held(
    comparison: Comparison, proof: Proof, root: Root, use: Use
) -> list[tuple[Any, bool]]:
    """Values of the whole root that hold the proof, and whether the reader refuses."""
    left, right = _pair(comparison, root)
    if proof.left == left.pointer and _is_body(use) and not _is_text(root):
        return [(proof.value, True)]  # it is the whole, and was validated
    reading = comparison.sides[root.direction].left
    steps = way(reading, left, proof.left)
    found = [] if steps is None else embed(reading, left, steps, proof.value)
    judged = ((v, _verdict(comparison, root, left, right, v)) for v in found)
    return [(v, bad) for v, bad in judged if bad is not None and _fits(use, v)]


def _pair(comparison: Comparison, root: Root) -> tuple[Schema, Schema]:
    """The writer's and the reader's schema, kept since each is compiled when used."""
    if not root.pair:
        side = comparison.sides[root.direction]
        mine, theirs = _writers(root), root.new if _asks(root) else root.old
        left = side.left.schema(mine.schema, mine.pointer)
        root.pair.extend((left, side.right.schema(theirs.schema, theirs.pointer)))
    left, right = root.pair
    return left, right


def _verdict(
    comparison: Comparison, root: Root, left: Schema, right: Schema, value: Any
) -> bool | None:
    """Whether the reader refuses a value, however it is read; None if not the writer's."""
    side = comparison.sides[root.direction]
    if side.left.accepts(left, value) is not True:
        return None
    read = list(spellings(value)) if _is_text(root) else [value]
    return all(side.right.accepts(right, each) is False for each in read)


def _asks(root: Root) -> bool:
    return root.direction is Direction.REQUEST


def _writers(root: Root) -> Carried:
    return root.old if _asks(root) else root.new


def _is_text(root: Root) -> bool:
    return is_text(root.old.media) or is_text(root.new.media)


def _fits(use: Use, value: Any) -> bool:
    """Whether a value can be written where it is used."""
    if _is_body(use):
        return True
    if isinstance(value, dict | list):
        return bool(value)
    return value is not None and (text_of(value) != "" or use.part[:5] != "path ")


def way(reading: Reading, start: Schema, pointer: str) -> tuple[Step, ...] | None:
    """The shortest way into a payload to the schema at `pointer`; None without one."""
    found = _search(reading, start, pointer)
    return None if found is None else found[1]


def _standing(reading: Reading, start: Schema, pointer: str) -> Schema | None:
    """The schema at `pointer`, where a payload of `start` has a place for it."""
    found = _search(reading, start, pointer)
    return None if found is None else found[0]


def _search(
    reading: Reading, start: Schema, pointer: str
) -> tuple[Schema, tuple[Step, ...]] | None:
    waiting: deque[tuple[Schema, tuple[Step, ...]]] = deque([(start, ())])
    seen: set[int] = set()  # by identity: a nullable schema and its inner share a place
    while waiting and len(seen) < _MOST_SCHEMAS:
        schema, steps = waiting.popleft()
        if schema.pointer == pointer:
            return schema, steps
        if id(schema) in seen:
            continue
        seen.add(id(schema))
        waiting.extend(
            (inner, (*steps, *more)) for inner, more in _inside(reading, schema)
        )
    return None


def _leads(
    reading: Reading, start: Schema, steps: tuple[Step, ...], pointer: str
) -> bool:
    """Whether the way leads, by one of the alternatives, to the schema at `pointer`."""
    here = _around(reading, [start])
    for step in steps:
        inner = (each for schema in here for each in _inside(reading, schema))
        here = _around(reading, [schema for schema, more in inner if more == [step]])
    return any(schema.pointer == pointer for schema in here)


def _around(reading: Reading, schemas: list[Schema]) -> list[Schema]:
    """The schemas and all that speak of the same place."""
    found, seen = list(schemas), {id(schema) for schema in schemas}
    for schema in found:
        for inner, more in _inside(reading, schema):
            if not more and id(inner) not in seen:
                seen.add(id(inner))
                found.append(inner)
    return found


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
