"""What is asked of a union beyond its alternatives: `oneOf` and discriminators."""

from collections.abc import Iterator
from itertools import islice
from typing import Any

from gate.openapi.changes import Direction, Level
from gate.openapi.schemas.discriminators import quarrel
from gate.openapi.schemas.folding import TooWide, alternatives, fold
from gate.openapi.schemas.keywords import DISCRIMINATOR
from gate.openapi.schemas.objects import Walk
from gate.openapi.schemas.overlap import overlapping
from gate.openapi.schemas.proofs import Proofs
from gate.openapi.schemas.reading import Schema
from gate.openapi.schemas.samples import by_turns, distinct, samples
from gate.openapi.schemas.spot import Outcome, Spot
from gate.openapi.schemas.values import left_over
from gate.openapi.schemas.wording import shown

_TRIED = 120  # values, in search of one that two alternatives take
_SHOWN = 4


def relate_unions(
    walk: Walk, proofs: Proofs, out: Outcome, lefts: list[Schema], spot: Spot
) -> None:
    """Report announcements that are not understood, and a `oneOf` met twice.

    `lefts` are the alternatives of the writer, each of which the reader takes.
    """
    left, right = fold(walk.left, spot.left), fold(walk.right, spot.right)
    mine, theirs = left.get(DISCRIMINATOR), right.get(DISCRIMINATOR)
    if theirs is not None and mine is None and not spot.sketch:
        walk.add(out, spot, "discriminator", Level.MAY_BREAK)
    why = quarrel(mine, theirs) if not any(flat.tags for flat in lefts) else ""
    if why:
        walk.undecided(out, spot, why)
    elif mine and theirs and mine["property"] != theirs["property"]:
        before, now = mine["property"], theirs["property"]
        if walk.direction is Direction.RESPONSE:
            before, now = now, before
        detail = f"`{now}` now, and not by `{before}`"
        walk.add(out, spot, "discriminator-told", Level.MAY_BREAK, detail=detail)
    if walk.direction is Direction.RESPONSE or theirs is not None:
        return  # in answers the old consumer's `oneOf` is read as `anyOf`
    doubt = overlapping(walk.left, left, lefts, walk.right, right)
    if not doubt or proofs.covered(spot.left, spot.right):
        return
    here = spot.left, spot.right, spot.text
    values = distinct(_candidates(walk, lefts, spot))
    bad = (v for v in islice(values, _TRIED) if proofs.separates(*here, v))
    examples = tuple(islice(bad, _SHOWN))
    if examples:
        detail = shown(examples[0])
        walk.add(out, spot, "one-of", detail=detail, values=examples)
    elif doubt == "new":
        walk.undecided(out, spot, "alternatives of its oneOf may overlap")


def _candidates(walk: Walk, lefts: list[Schema], spot: Spot) -> Iterator[Any]:
    """Values of the writer, and of the reader's alternatives; then what is left over."""
    yield from by_turns([iter(samples(walk.left, flat)) for flat in lefts])
    try:
        rights = alternatives(walk.right, spot.right)
    except TooWide:
        rights = []
    yield from by_turns([iter(samples(walk.right, flat)) for flat in rights])
    mine, theirs = walk.left.whole(spot.left), walk.right.whole(spot.right)
    yield from left_over(walk.left, spot.left, mine, theirs)
