"""Numbers of a load run in words: never better than they are."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gate.judges.load.words import amount, joined, milliseconds, percent, span, wider
from gate.model.load_questions import forms_of
from gate.model.questions import question
from gate.stats.asked import Asked, Metric

LIMITS = Asked(p50=None, p95=None, p50_limit=800.0, p95_limit=900.0)


@given(
    st.sampled_from(Metric), st.floats(1e-5, 0.9), st.sampled_from([Asked(), LIMITS])
)
def test_the_question_that_is_suggested_can_be_asked_and_is_answered(
    metric: Metric, excluded: float, asked: Asked
) -> None:
    """It is written as in the settings, and excludes no more than the run did."""
    suggested = question(wider(metric, excluded, asked).strip('"'), *forms_of(metric))
    assert suggested is not None
    assert suggested.value >= excluded


@given(st.floats(1e-6, 1e6))
def test_what_is_excluded_is_never_told_as_less_than_it_is(value: float) -> None:
    """Rounded up, to two digits."""
    told = percent(value, up=True).replace(",", "")
    assert float(told.removesuffix(" %")) >= 100 * value * (1 - 1e-6)


@given(st.floats(0, 1e6))
def test_a_time_is_never_told_as_longer_than_it_is(seconds: float) -> None:
    """A crash that is rarer than one in that time is not covered."""
    number, unit = span(seconds).split()
    size = {"s": 1, "min": 60, "h": 3600}[unit]
    assert float(number) * size <= seconds + 1e-3


@pytest.mark.parametrize(
    ("metric", "value", "told"),
    [
        (Metric.ERRORS, 0.0031, "0.31 %"),
        (Metric.P50, 0.1201, "13 %"),
        (Metric.P50, -0.2, "1 %"),
        (Metric.MEMORY, 0.003, "0.1 KiB a request"),
        (Metric.CRASHES, 1 / 250, "one in 4.1 min"),
        (Metric.CRASHES, 0.0, "none"),
    ],
)
def test_what_is_excluded_is_told_in_the_unit_it_was_asked_in(
    metric: Metric, value: float, told: str
) -> None:
    """And no finer than it means anything."""
    assert amount(metric, value, Asked(), up=True) == told


def test_latencies_and_lists_read_as_people_say_them() -> None:
    """Milliseconds until they are many; commas until the last word."""
    told = [milliseconds(value) for value in (0.0, 0.123, 4.56, 48.2, 1234.5, 43_210)]
    assert told == ["0 ms", "0.12 ms", "4.6 ms", "48 ms", "1,234 ms", "43 s"]
    assert joined(["a"]) == "a"
    assert joined(["a", "b", "c"]) == "a, b and c"
    assert re.fullmatch(r"\d+ min", span(601))
