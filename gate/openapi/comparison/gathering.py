"""From everything said during a comparison to changes, each told once."""

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import chain
from typing import Any

from gate.openapi.changes import Change, Direction, Level
from gate.openapi.comparison.counterexamples import (
    Place,
    shown,
    structural,
    taken_elsewhere,
)
from gate.openapi.comparison.exchange import Comparison, Exchange, Told
from gate.openapi.comparison.lifecycle import is_past
from gate.openapi.documents.document import Document, step
from gate.openapi.documents.skeleton import METHODS
from gate.openapi.schemas.spot import Finding, Pair

_NAMED_IN_SUMMARY = 5
_TAKEN = "wherever it is used, another alternative takes the value"
_GONE = ("response-field-removed", "response-optional-field-removed")


def gathered(comparison: Comparison) -> Iterator[Change]:
    """All changes of a comparison; one of a shared component comes once."""
    seen: set[tuple[str, ...]] = set()
    changes = chain(_structural(comparison), _schemas(comparison))
    for change in _by_cause(comparison, changes):
        key = change.rule, change.pointer_old, change.pointer_new, change.summary
        if key not in seen:  # alternatives may share the schema that changed
            seen.add(key)
            yield change


def _by_cause(comparison: Comparison, changes: Iterable[Change]) -> Iterator[Change]:
    """What cannot be told for the same unread reference is told once, of all places."""
    unread = {*comparison.old.unfollowed.values(), *comparison.new.unfollowed.values()}
    same: dict[str, list[Change]] = {}
    for change in changes:
        told = unread if change.level is Level.UNDECIDED else ()
        cause = next((why for why in sorted(told) if why in change.summary), "")
        if cause:
            same.setdefault(cause, []).append(change)
        else:
            yield change
    for cause, alike in same.items():
        named = {n for change in alike for n in change.operations if n}
        names = tuple(sorted(named, key=lambda n: (*_rank(n), n))) or ("",)
        said = _summary(names, f"not compared, since {cause}")
        first, reached = alike[0], names if named else ()
        yield replace(
            first,
            rule="undecided",
            operation=names[0],
            summary=said,
            operations=reached,
        )


def _structural(comparison: Comparison) -> Iterator[Change]:
    same: dict[Told, list[Exchange]] = {}
    for exchange in comparison.exchanges:
        for told in exchange.told:
            same.setdefault(told, []).append(exchange)
    for told, exchanges in _merged(same).items():
        ordered = sorted(exchanges, key=lambda e: (*_rank(e.operation), e.operation))
        names = tuple(dict.fromkeys(e.operation for e in ordered))
        first = ordered[0]
        request = None
        if told.level is Level.BREAKS and told.direction is not None:
            request = structural(comparison, first, first.told[told])
        yield Change(
            told.rule,
            told.level,
            told.direction,
            names[0],
            told.old,
            told.new,
            _summary(names, told.sentence),
            None,
            names if names[0] else (),
            request,
        )


def _merged(same: dict[Told, list[Exchange]]) -> dict[Told, list[Exchange]]:
    """What is said of the same place in either document is said once, of both."""
    found: dict[Told, list[Exchange]] = {}
    for told, exchanges in same.items():
        at = told.old or told.new
        twin = replace(told, old=told.new, new=told.old)
        both = twin in same and not (told.old and told.new)
        one = replace(told, old=at, new=at) if both else told
        found.setdefault(one, []).extend(exchanges)
    return found


def _schemas(comparison: Comparison) -> Iterator[Change]:
    reached: dict[tuple[Direction, Pair], list[tuple[int, Place]]] = {}
    for root in comparison.roots.values():
        places: list[Place] = [(root, use) for use in root.uses]
        for finding in root.outcome.findings:
            yield _change(comparison, root.direction, finding, _nearest(places))
        for pair, distance in _distances(
            comparison, root.direction, root.outcome.pairs
        ):
            found = reached.setdefault((root.direction, pair), [])
            found.extend((distance, place) for place in places)
    for (direction, pair), far in reached.items():
        findings = comparison.sides[direction].pair(pair).findings
        if findings:
            ordered = _by_distance(far)
            for finding in findings:
                yield _change(comparison, direction, finding, ordered)


def _distances(
    comparison: Comparison, direction: Direction, start: dict[Pair, int]
) -> Iterable[tuple[Pair, int]]:
    """How far from a root every pair of components is that it uses."""
    side, seen = comparison.sides[direction], dict(start)
    waiting = deque(seen)
    while waiting:
        pair = waiting.popleft()
        for inner, steps in side.pair(pair).pairs.items():
            if inner not in seen:
                seen[inner] = seen[pair] + steps + 1
                waiting.append(inner)
    return seen.items()


def _nearest(places: Iterable[Place]) -> list[Place]:
    return _by_distance([(0, place) for place in places])


def _by_distance(far: list[tuple[int, Place]]) -> list[Place]:
    def key(found: tuple[int, Place]) -> tuple[Any, ...]:
        distance, (_, use) = found
        name = use.exchange.operation
        return distance, *_rank(name), name

    return [place for _, place in sorted(far, key=key)]


def _rank(operation: str) -> tuple[bool, int]:
    """Safe methods first, and operations before callbacks."""
    method = operation.partition(" ")[0].lower()
    rank = METHODS.index(method) if method in METHODS else len(METHODS)
    return operation.endswith(")"), rank


def _change(
    comparison: Comparison, direction: Direction, finding: Finding, places: list[Place]
) -> Change:
    old, new = finding.left, finding.right
    if direction is Direction.RESPONSE:
        old, new = new, old
    rule, level, sentence = finding.rule, finding.level, finding.sentence
    if rule in _GONE and _past(comparison, old, finding):
        rule, level = "response-field-removed-after-sunset", Level.NOTICE
        sentence = f"{sentence.partition(';')[0]}, after its announced last day"
    example, uses = None, [use for _, use in places]
    if level is Level.BREAKS and finding.proof is not None:
        example, shown_at, told = shown(comparison, finding.proof, places)
        if told:
            sentence += f", as the discriminator `{told}` decides"
        uses.insert(0, shown_at)
        if example.exchange is None and taken_elsewhere(
            comparison, finding.proof, places
        ):
            level, sentence = Level.MAY_BREAK, f"{sentence}; but {_TAKEN}"
    names = tuple(dict.fromkeys(use.exchange.operation for use in uses))
    said = _summary(names, sentence)
    return Change(rule, level, direction, names[0], old, new, said, example, names)


def _past(comparison: Comparison, pointer: str, finding: Finding) -> bool:
    """Whether the old document announced that this field would be gone by now."""
    name = finding.field
    field = _at(comparison.old, pointer, name) if name else None
    return isinstance(field, dict) and is_past(field, comparison.day)


def _at(document: Document, pointer: str, name: str) -> Any:
    """The field itself, which `pointer` or the schema at `pointer` holds."""
    pointer = pointer.removesuffix(step("/properties", name))
    try:
        owner, _ = document.follow({"$ref": "#" + pointer}, pointer)
    except LookupError:
        return None
    listed = owner.get("properties")
    return listed.get(name) if isinstance(listed, dict) else None


def _summary(names: tuple[str, ...], sentence: str) -> str:
    first, others = names[0], names[1:]
    also = ", ".join(others[:_NAMED_IN_SUMMARY])
    if len(others) > _NAMED_IN_SUMMARY:
        also += f" and {len(others) - _NAMED_IN_SUMMARY} more"
    said = f"{first}: {sentence}" if first else sentence[:1].upper() + sentence[1:]
    return said + (f" (also {also})" if also else "") + "."
