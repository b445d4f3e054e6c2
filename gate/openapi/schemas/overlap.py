"""Whether a request may match more than one alternative of the reader's `oneOf`."""

from gate.openapi.schemas.flats import kinds
from gate.openapi.schemas.folding import TooWide, alternatives, fold
from gate.openapi.schemas.reading import Reading, Schema, key
from gate.openapi.schemas.references import referenced, references
from gate.openapi.schemas.relation import impossible


def overlapping(
    writer: Reading, left: Schema, lefts: list[Schema], reader: Reading, right: Schema
) -> str:
    """Nothing when it cannot, "new" when an alternative is new, "old" when none is.

    `left` and `right` are folded, `lefts` are the alternatives of `left`.
    """
    branches = right.get("oneOf", ())
    known = left.get("oneOf", ())
    if len(branches) < 2 or (branches == known and not any(references(branches))):
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
    same = sum(any(_alike(b, k) for k in known) for b in branches)
    return "old" if same == len(branches) else "new"


def nested(reader: Reading, right: Schema, above: frozenset[str] = frozenset()) -> bool:
    """Whether an alternative of `right`, which is folded, has a `oneOf` of its own."""
    for branch in [*right.get("anyOf", ()), *right.get("oneOf", ())]:
        name = referenced(branch)
        if name in above:
            continue
        inner = fold(reader, branch)
        if "oneOf" in inner or nested(reader, inner, above | ({name} - {""})):
            return True
    return False


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
        if first is not None and second is not None:
            listed = {key(value) for value in second}
            if not any(key(value) in listed for value in first):
                return True
    return False
