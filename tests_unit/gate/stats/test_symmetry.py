"""The bet against symmetry: no false alarms, quick true ones."""

import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gate.stats.symmetry import SymmetryTest

numbers = st.floats(-1e6, 1e6, width=32)


def by_definition(values: list[float]) -> float:
    """The e-value computed start by start and stake by stake, without recursion."""
    stakes = []
    for step, value in enumerate(values, 1):
        seen = [abs(earlier) for earlier in values[:step]]
        rank = sum(size < abs(value) for size in seen)
        rank_to = rank + sum(size == abs(value) for size in seen)
        middle = (rank + 1 + rank_to) / 2
        stakes.append(
            math.copysign(1.5 * middle / (step + 1) if step > 1 else 1, value)
        )
    total = 0.0
    for theta in (0.1, 0.3, 1, 3):
        for start in range(len(stakes)):
            bets = [1 + math.tanh(theta * stake) for stake in stakes[start:]]
            total += math.prod(bets) / ((start + 1) * (start + 2)) / 4
    return total + 1 / (len(stakes) + 1)


@given(st.lists(numbers.filter(bool), max_size=12))
def test_the_recursion_is_the_mixture_it_stands_for(values: list[float]) -> None:
    """Each e-value is the average over all stakes and starting points."""
    test = SymmetryTest().feed_all(values)
    assert test.e_value == pytest.approx(by_definition(values))


@given(st.lists(st.integers(0, 5), min_size=1, max_size=8))
def test_a_fair_coin_wins_nothing_on_average(sizes: list[int]) -> None:
    """Over all signs of the same sizes the mean e-value is exactly 1."""
    total = 0.0
    for signs in range(2 ** len(sizes)):
        signed = (
            size if signs >> place & 1 else -size for place, size in enumerate(sizes)
        )
        total += SymmetryTest().feed_all(signed).e_value
    assert total / 2 ** len(sizes) == pytest.approx(1)


@given(st.lists(numbers, max_size=30), st.integers(-20, 20))
def test_the_unit_does_not_matter(values: list[float], power: int) -> None:
    """Only signs and ranks count: milliseconds and seconds give the same evidence."""
    scaled = [value * 2.0**power for value in values]
    assert SymmetryTest().feed_all(scaled).e_value == (
        SymmetryTest().feed_all(values).e_value
    )


@given(st.lists(numbers, max_size=30))
def test_zeros_and_negative_numbers_are_no_evidence(values: list[float]) -> None:
    """A zero changes nothing, a negative number never adds evidence."""
    test = SymmetryTest().feed_all(values)
    before = test.e_value
    assert test.feed(0.0) == before
    assert test.feed(-1.0) <= before
    assert test.maximum >= before


@pytest.mark.parametrize("growth", [1, 10])
def test_no_number_more_than_doubles_the_evidence(growth: int) -> None:
    """Alpha = 1 % takes at least 7 numbers, however large; in fact 9 to 11."""
    test, before, needed = SymmetryTest(), 1.0, 0
    while test.e_value < 100:
        before, needed = test.e_value, needed + 1
        assert test.feed(growth**needed) <= 2 * before
    assert 9 <= needed <= 11


def test_evidence_stays_a_finite_number() -> None:
    """Thousands of equal signs reach a ceiling, from which evidence can fall."""
    test = SymmetryTest().feed_all([1.0] * 3_000)
    assert math.isfinite(test.e_value)
    assert test.feed(-1.0) < test.maximum


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_numbers_without_a_size_are_refused(value: float) -> None:
    """A measurement that failed must not pass for a small or a large one."""
    with pytest.raises(ValueError, match="cannot bet on"):
        SymmetryTest().feed(value)


def cauchy(dice: random.Random, step: int) -> float:
    return math.tan(math.pi * (dice.random() - 0.5))


def drifting(dice: random.Random, step: int) -> float:
    return dice.gauss(0, 1 + step / 20 + 5 * math.sin(step / 9) ** 2)


@pytest.mark.parametrize("noise", [cauchy, drifting])
def test_false_alarms_are_as_rare_as_promised(noise) -> None:  # type: ignore[no-untyped-def]
    """At most 5 % of 800 runs of 150 looks ever reach 20, heavy tails or drift."""
    dice = random.Random(20_250_101)
    alarms = 0
    for _ in range(800):
        test = SymmetryTest().feed_all(noise(dice, step) for step in range(150))
        alarms += test.maximum >= 20
    assert alarms / 800 <= 0.05 + 3 * math.sqrt(0.05 * 0.95 / 800)
    assert alarms > 0


def test_a_change_that_comes_late_is_found_soon() -> None:
    """After 300 quiet numbers, a shift of two spreads takes less than 60 more."""
    dice = random.Random(5)
    test = SymmetryTest().feed_all(dice.gauss(0, 1) for _ in range(300))
    assert test.maximum < 100
    assert test.feed_all(dice.gauss(2, 1) for _ in range(60)).maximum >= 100
