"""Payloads that show a break, and proofs that there can be none."""

from collections.abc import Iterable
from functools import partial
from itertools import islice
from typing import Any

from gate.openapi.schemas.folding import TooWide, alternatives
from gate.openapi.schemas.keywords import DISCRIMINATOR
from gate.openapi.schemas.payloads import embed, shrunk
from gate.openapi.schemas.reading import Reading, Schema
from gate.openapi.schemas.references import objects, references
from gate.openapi.schemas.relation import impossible, proves
from gate.openapi.schemas.spot import Proof, Spot
from gate.openapi.schemas.texts import spellings
from gate.openapi.schemas.values import closed

_TRIED = 12


class Proofs:
    """What can be shown about a writer's and a reader's schemas."""

    def __init__(self, left: Reading, right: Reading) -> None:
        self._left, self._right = left, right
        # The same documents, as a validator that knows no discriminators reads them.
        self._plain = tuple(Reading(r.document, r.direction) for r in (left, right))
        self._told: dict[int, tuple[Schema, str]] = {}  # discriminators, by root

    def payload(self, spot: Spot, values: Iterable[Any]) -> Proof | None:
        """A payload of the whole body or component, with one of `values` at the spot.

        The writer admits it, the reader refuses it, and it is small. One that shows
        this without a discriminator is preferred.
        """
        roots = spot.left_root, spot.right_root
        first: Proof | None = None
        for value in islice(values, _TRIED):
            for payload in embed(self._left, roots[0], spot.steps, value):
                if not self.separates(*roots, spot.text, payload):
                    continue
                told = self.decided_by(*roots, spot.text, payload)
                if told and first:
                    continue
                small = shrunk(payload, spot.steps, partial(self._shows, spot, told))
                proof = Proof(small, roots[0].pointer, roots[1].pointer, told)
                if not told:
                    return proof
                first = proof
        return first

    def _shows(self, spot: Spot, told: str, value: Any) -> bool:
        here = spot.left_root, spot.right_root, spot.text, value
        return self.separates(*here) and (bool(told) or not self.decided_by(*here))

    def decided_by(self, left: Schema, right: Schema, text: bool, value: Any) -> str:
        """The property of the discriminator that a separation needs; "" without one.

        Without it, as plain JSON Schema has it, `left` refuses or `right` admits.
        """
        if not (self._left.hints or self._right.hints):
            return ""
        mine, theirs = self._plain
        names = self._name(mine, left), self._name(theirs, right)
        if not any(names):
            return ""
        read = spellings(value) if text else (value,)
        if any(theirs.accepts(right, each) for each in read):
            return names[1] or names[0]
        return (names[0] or names[1]) if mine.accepts(left, value) is False else ""

    def _name(self, reading: Reading, root: Schema) -> str:
        if id(root) not in self._told:  # the schema is kept so that its id stays taken
            self._told[id(root)] = root, _nearest(reading, root)
        return self._told[id(root)][1]

    def separates(self, left: Schema, right: Schema, text: bool, value: Any) -> bool:
        """Whether `left` admits the value and `right` refuses it, however it is read."""
        read = spellings(value) if text else (value,)
        return self._left.accepts(left, value) is True and all(
            self._right.accepts(right, each) is False for each in read
        )

    def vacuous(self, left: Schema) -> bool:
        """Whether `left` is proved to admit no value, so that all is true of them."""
        whole = self._left.whole(left)
        return whole is not None and impossible(whole)

    def covered(self, left: Schema, right: Schema) -> bool:
        """Whether every value that `left` writes is proved to be one of `right`."""
        theirs = self._right.whole(right)
        if theirs is None:
            return False
        try:
            flats = alternatives(self._left, left)
        except TooWide:
            flats = [left]
        return all(self._covers(theirs, flat) for flat in flats)

    def _covers(self, theirs: dict[str, Any], flat: Schema) -> bool:
        mine = self._left.whole(closed(flat))
        if mine is None or not proves(mine, theirs):
            return False
        if not impossible(mine):
            return True
        # Nothing is written without undeclared fields, so there will be some.
        mine = self._left.whole(flat)
        return mine is not None and proves(mine, theirs)


def _nearest(reading: Reading, schema: Schema) -> str:
    """The property of the nearest discriminator in a schema or what it refers to."""
    seen: set[str] = set()
    waiting: list[dict[str, Any]] = [schema]
    for here in waiting:
        for part in objects(here):
            if part.get(DISCRIMINATOR, {}).get("tags"):
                return str(part[DISCRIMINATOR]["property"])
        fresh = [name for name in references(here) if name not in seen]
        seen.update(fresh)
        waiting.extend(map(reading.definition, fresh))
    return ""
