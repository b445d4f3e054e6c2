"""Whether a request may match more than one alternative of the reader's `oneOf`."""

from collections.abc import Iterator

from gate.openapi.schemas.flats import kinds
from gate.openapi.schemas.folding import TooWide, alternatives, fold
from gate.openapi.schemas.reading import Reading, Schema, shared
from gate.openapi.schemas.references import referenced, references
from gate.openapi.schemas.relation import impossible


def overlapping(
    writer: Reading, left: Schema, lefts: list[Schema], reader: Reading, right: Schema
) -> str:
    """Nothing when it cannot, "new" when an alternative is new, "old" when none is.

    `left` and `right` are folded, `lefts` are the alternatives of `left`. A `oneOf`
    within an alternative counts as well.
    """
    known = [each["oneOf"] for each in _exclusive(writer, left)]
    doubts = {
        _doubt(writer, lefts, known, reader, each["oneOf"])
        for each in _exclusive(reader, right)
        if each["oneOf"] != left.get("oneOf") or any(references(each["oneOf"]))
    }
    return max(doubts, key=("", "old", "new").index, default="")


def _exclusive(
    reading: Reading, folded: Schema, above: frozenset[str] = frozenset()
) -> Iterator[Schema]:
    """The schemas, folded, that have a `oneOf`: this one and its alternatives."""
    if "oneOf" in folded:
        yield folded
    for branch in [*folded.get("anyOf", ()), *folded.get("oneOf", ())]:
        name = referenced(branch)
        if name not in above:
            inner = fold(reading, branch)
            yield from _exclusive(reading, inner, above | ({name} - {""}))


def _doubt(
    writer: Reading,
    lefts: list[Schema],
    known: list[list[Schema]],
    reader: Reading,
    branches: list[Schema],
) -> str:
    """Whether more than one of `branches` may be met, and whether that is new."""
    if len(branches) < 2:
        return ""
    try:
        doubt = any(
            sum(_meet(flat, writer, branch, reader) for branch in branches) > 1
            for flat in lefts
        )
    except TooWide:
        doubt = True
    if not doubt:
        return ""
    old = [k for each in known for k in each]
    same = all(any(_alike(b, k) for k in old) for b in branches)
    return "old" if same else "new"


def _alike(branch: Schema, known: Schema) -> bool:
    name = referenced(branch)
    return branch == known or (bool(name) and name == referenced(known))


def _meet(left: Schema, writer: Reading, branch: Schema, reader: Reading) -> bool:
    """Whether a value of `left`, without undeclared fields, may match `branch`."""
    declared = {*left.get("properties", {}), *left.get("required", ())}
    mine = set(kinds(left))
    closed = "properties" in left and not left.get("additionalProperties")
    for flat in alternatives(reader, branch):
        theirs = set(kinds(flat)) if "type" in flat or "enum" in flat else mine
        shared = mine & theirs
        if "number" in mine | theirs and "integer" in mine | theirs:
            shared |= {"number"}
        if not shared or (
            shared == {"object"} and _told_apart(left, writer, flat, reader)
        ):
            continue
        if closed and not declared.issuperset(flat.get("required", ())):
            continue
        plain = not any(references([left, flat]))
        if not (plain and impossible({"allOf": [left, flat]})):
            return True
    return False


def _told_apart(left: Schema, writer: Reading, right: Schema, reader: Reading) -> bool:
    """Whether a required field has listed values, and none on both sides."""
    for name in {*left.get("required", ()), *right.get("required", ())}:
        mine, theirs = (s.get("properties", {}).get(name) for s in (left, right))
        if mine is None or theirs is None:
            continue
        first, second = fold(writer, mine).get("enum"), fold(reader, theirs).get("enum")
        if None not in (first, second) and not shared(first, second):
            return True
    return False
