"""Payloads that show a break, and proofs that there can be none."""

from collections.abc import Iterable
from functools import partial
from itertools import islice
from typing import Any

from gate.openapi.schemas.folding import TooWide, alternatives
from gate.openapi.schemas.payloads import embed, shrunk
from gate.openapi.schemas.reading import Reading, Schema
from gate.openapi.schemas.relation import impossible, proves
from gate.openapi.schemas.spot import Proof, Spot
from gate.openapi.schemas.texts import spellings
from gate.openapi.schemas.values import closed

_TRIED = 12


class Proofs:
    """What can be shown about a writer's and a reader's schemas."""

    def __init__(self, left: Reading, right: Reading) -> None:
        self._left, self._right = left, right

    def payload(self, spot: Spot, values: Iterable[Any]) -> Proof | None:
        """A payload of the whole body or component, with one of `values` at the spot.

        The writer admits it, the reader refuses it, and it is small.
        """
        roots = spot.left_root, spot.right_root
        for value in islice(values, _TRIED):
            for payload in embed(self._left, roots[0], spot.steps, value):
                if self.separates(*roots, spot.text, payload):
                    shows = partial(self.separates, *roots, spot.text)
                    small = shrunk(payload, spot.steps, shows)
                    return Proof(small, *(root.pointer for root in roots))
        return None

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
            flats = [closed(flat) for flat in alternatives(self._left, left)]
        except TooWide:
            flats = [left]
        wholes = [self._left.whole(flat) for flat in flats]
        return all(mine is not None and proves(mine, theirs) for mine in wholes)
