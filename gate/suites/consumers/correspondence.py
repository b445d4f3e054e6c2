"""Which value of one arm stands for which value of the other.

The same request makes order 7 here and order 9 there. Where two answers to it differ
in a scalar at the same place, each stands for the other, and a later request that
carries the one is sent with the other.
"""

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

MOST_PAIRS = 10_000
NAMES_A_THING = re.compile(r"(?i).*(id|uuid|key|sku|slug|code|token|number)")

Scalar = str | int | float


class Correspondence:
    """What is known of the values of one other side.

    Where one value of ours met several of theirs, what was called an id counts.
    """

    def __init__(self) -> None:
        self._ids: dict[tuple[type, Scalar], Scalar] = {}
        self._others: dict[tuple[type, Scalar], Scalar] = {}

    def learn(self, ours: Any, theirs: Any) -> None:
        """Pair the scalars in which two JSON values differ at the same place."""
        for name, one, other in _differing(ours, theirs):
            pairs = self._ids if NAMES_A_THING.fullmatch(name) else self._others
            if len(pairs) < MOST_PAIRS:
                pairs.setdefault(_key(one), other)
                # Paths carry numbers as text.
                pairs.setdefault(_key(str(one)), str(other))

    def learn_location(self, ours: str, theirs: str) -> None:
        """Pair what differs in two URLs, segment by segment."""
        one, other = urlsplit(ours).path.split("/"), urlsplit(theirs).path.split("/")
        self.learn({"key": [ours, *one]}, {"key": [theirs, *other]})

    def theirs(self, value: Any) -> Any:
        """Return *value* as the other side knows it, all scalars in it replaced."""
        if isinstance(value, dict):
            return {name: self.theirs(item) for name, item in value.items()}
        if isinstance(value, list):
            return [self.theirs(item) for item in value]
        if isinstance(value, str | int | float) and not isinstance(value, bool):
            key = _key(value)
            return self._ids.get(key, self._others.get(key, value))
        return value


def _key(value: Scalar) -> tuple[type, Scalar]:
    return type(value), value


def _differing(ours: Any, theirs: Any) -> Iterator[tuple[str, Scalar, Scalar]]:
    """Each pair with the name of the member it stands in."""
    pending = [("", ours, theirs)]
    while pending:
        name, one, other = pending.pop()
        if isinstance(one, dict) and isinstance(other, dict):
            pending += [(n, one[n], other[n]) for n in one if n in other]
        elif isinstance(one, list) and isinstance(other, list):
            pending += [(name, *pair) for pair in zip(one, other, strict=False)][::-1]
        elif _is_scalar(one) and _is_scalar(other) and one != other:
            yield name, one, other


def _is_scalar(value: Any) -> bool:
    return isinstance(value, str | int | float) and not isinstance(value, bool)
