"""Small numbers of a numeric schema."""

from collections.abc import Iterator
from fractions import Fraction
from math import ceil, floor
from typing import Any

_USUAL = (0, 1, -1, 2, 3, 10**9, 2**53 + 1, -(10**9))
_HUGE = 10**30
_BROKEN = (0.5, 1.5, -0.5, 0.001, 0.1)


def numbers(flat: dict[str, Any], kind: str) -> Iterator[int | float]:
    """Values of a flat schema of `kind` integer or number, the nicest first.

    Its bounds and its `multipleOf` hold exactly, as the numbers are written.
    """
    for each in _likely(flat, kind):
        if kind == "number" or each.denominator == 1:
            value = _plain(each)
            if _meets(flat, exact_number(value)):
                yield value


def _likely(flat: dict[str, Any], kind: str) -> Iterator[Fraction]:
    low = _edge(flat, "minimum", "exclusiveMinimum", max)
    high = _edge(flat, "maximum", "exclusiveMaximum", min)
    unit = exact_number(flat.get("multipleOf", 1))
    edges = [Fraction(0), Fraction(1)]
    if low is not None and low >= 0:
        edges = _upwards(low, unit)
    elif high is not None and high <= 0:
        edges = _downwards(high, unit)
    yield from edges
    yield from _upwards(low, unit) if low is not None else ()
    yield from _downwards(high, unit) if high is not None else ()
    yield from (unit, -unit, 3 * unit, *map(Fraction, _USUAL))
    if kind == "number":
        yield from map(exact_number, _BROKEN)
        yield from (edges[0] + Fraction(1, 2), edges[0] + Fraction(1, 1000))
        if low is not None and high is not None:
            yield (low + high) / 2
    start = _upwards(low, unit)[0] if low is not None else Fraction(0)
    if high is not None and low is None:
        start = _downwards(high, unit)[0] - 20 * unit
    yield from (start + step * unit for step in range(20))


def _meets(flat: dict[str, Any], value: Fraction) -> bool:
    return (
        ("minimum" not in flat or value >= exact_number(flat["minimum"]))
        and ("maximum" not in flat or value <= exact_number(flat["maximum"]))
        and (
            "exclusiveMinimum" not in flat
            or value > exact_number(flat["exclusiveMinimum"])
        )
        and (
            "exclusiveMaximum" not in flat
            or value < exact_number(flat["exclusiveMaximum"])
        )
        and ("multipleOf" not in flat or value % exact_number(flat["multipleOf"]) == 0)
    )


def _upwards(low: Fraction, unit: Fraction) -> list[Fraction]:
    first = ceil(low / unit) * unit
    near = [first, first + unit, Fraction(ceil(low)), low, low + 1]
    return [*near, first + 2 * unit, low * Fraction(3, 2)]


def _downwards(high: Fraction, unit: Fraction) -> list[Fraction]:
    last = floor(high / unit) * unit
    near = [last, last - unit, Fraction(floor(high)), high, high - 1]
    return [*near, last - 2 * unit, high * Fraction(3, 2)]


def _edge(flat: dict[str, Any], plain: str, strict: str, choose: Any) -> Any:
    found = [exact_number(flat[k]) for k in (plain, strict) if k in flat]
    return choose(found) if found else None


def exact_number(value: Any) -> Fraction:
    """A number as it is written, not as a binary fraction."""
    return Fraction(value) if isinstance(value, int) else Fraction(repr(value))


def _plain(value: Fraction) -> int | float:
    if value.denominator == 1 and abs(value) < _HUGE:
        return int(value)
    try:
        return float(value)
    except OverflowError:
        return 0
