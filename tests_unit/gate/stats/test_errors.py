"""Comparing error counts: the candidate's own errors and nobody else's."""

import math
import random
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gate.stats.answer import Answer
from gate.stats.errors import compare_errors

counts = st.integers(1, 400).flatmap(
    lambda tried: st.tuples(st.integers(0, tried), st.just(tried))
)


@pytest.mark.parametrize(
    ("candidate", "baseline", "limit", "answer"),
    [
        ((0, 500), (0, 500), 0.01, Answer.NOT_WORSE),
        ((0, 458), (0, 500), 0.01, Answer.UNDECIDED),
        ((25, 500), (0, 500), 0.01, Answer.WORSE),
        ((25, 500), (25, 500), 0.01, Answer.UNDECIDED),  # both suffer: not its fault
        ((25, 500), None, 0.01, Answer.WORSE),
        ((4, 500), (0, 500), 0.03, Answer.NOT_WORSE),  # within what is permitted
        ((9, 500), (0, 500), 0.0, Answer.WORSE),
        ((1, 500), (0, 500), 0.0, Answer.UNDECIDED),
        ((1, 500), None, 0.0, Answer.WORSE),
        ((0, 0), (0, 500), 0.01, Answer.UNDECIDED),
        ((500, 500), (0, 500), 0.01, Answer.WORSE),
    ],
)
def test_the_answer_follows_from_limit_and_baseline(
    candidate: tuple[int, int],
    baseline: tuple[int, int] | None,
    limit: float,
    answer: Answer,
) -> None:
    """Worse is more than permitted and more than production; a pass is a bound."""
    found = compare_errors(candidate, baseline, limit=limit, alpha=0.01)
    assert found.answer is answer, found


def test_false_alarms_are_as_rare_as_promised() -> None:
    """At the limit, or with a baseline as bad: at most 5 % of 2 000 runs say WORSE."""
    dice = random.Random(9)

    def errors(rate: float) -> int:
        return sum(dice.random() < rate for _ in range(200))

    at_limit = shared = 0
    for _ in range(2_000):
        alone = compare_errors((errors(0.02), 200), None, limit=0.02, alpha=0.05)
        both = compare_errors(
            (errors(0.1), 200), (errors(0.1), 200), limit=0, alpha=0.05
        )
        at_limit += alone.answer is Answer.WORSE
        shared += both.answer is Answer.WORSE
    allowed = 0.05 + 3 * math.sqrt(0.05 * 0.95 / 2_000)
    assert at_limit / 2_000 <= allowed
    assert shared / 2_000 <= allowed


@given(counts, counts, st.floats(0, 0.5))
def test_a_better_arm_is_never_called_worse(
    one: tuple[int, int], other: tuple[int, int], limit: float
) -> None:
    """Of two arms at most one is worse, and never the one that failed less."""
    for candidate, baseline in ((one, other), (other, one)):
        found = compare_errors(candidate, baseline, limit=limit, alpha=0.05)
        if found.answer is Answer.WORSE:
            assert candidate[0] / candidate[1] > baseline[0] / baseline[1]
            assert candidate[0] / candidate[1] > limit


@given(counts, st.floats(0, 0.9))
def test_a_pass_excludes_what_lies_above_the_limit(
    candidate: tuple[int, int], limit: float
) -> None:
    """The upper bound is above what was seen, and decides the pass."""
    found = compare_errors(candidate, None, limit=limit, alpha=0.01)
    assert found.rate is not None
    assert found.rate <= found.high
    assert (found.answer is Answer.NOT_WORSE) == (found.high <= limit)


@pytest.mark.parametrize(
    "call",
    [
        lambda: compare_errors((2, 1), None, limit=0.01, alpha=0.01),
        lambda: compare_errors((0, 1), (0, 0), limit=0.01, alpha=0.01),
        lambda: compare_errors((0, 1), (3, 2), limit=0.01, alpha=0.01),
        lambda: compare_errors((0, 1), None, limit=1, alpha=0.01),
        lambda: compare_errors((0, 1), None, limit=0.01, alpha=0.5),
    ],
)
def test_nonsense_is_refused(call: Callable[[], object]) -> None:
    """Impossible counts and settings raise instead of becoming an answer."""
    with pytest.raises(ValueError):
        call()
