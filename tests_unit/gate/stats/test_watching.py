"""The watch's statistics: when a release is called worse, and when it is not."""

import random
from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gate.stats.watching import (
    Margins,
    Showing,
    Sign,
    Tally,
    Weighed,
    crashes_beyond,
    errors_allowed,
    errors_beyond,
    errors_excluded,
    slow_limit,
    slower_excluded,
    weigh,
)

ASKED = Margins(errors=0.05, slower=2.0, probes=0.05, false_alarms=0.01)
OLD = Showing(failed=0, answers=600, seconds=60.0, levels=(20.0,) * 100)
FINE = Showing(failed=0, answers=400, seconds=8.0, levels=(21.0,) * 12)


def weighed(
    new: Showing,
    old: Showing | None = OLD,
    *,
    probes: Sequence[tuple[int, int]] = ((0, 32),),
    promised: tuple[int, int] | None = (0, 1_000),
) -> Weighed:
    """The evidence, as it is asked by default."""
    return weigh(new, old, promised=promised, probes=probes, margins=ASKED)


def test_a_release_like_the_old_one_is_not_called_worse() -> None:
    """And nothing speaks against it."""
    assert not weighed(FINE).worse
    assert weighed(FINE).signs == ()


@pytest.mark.parametrize(
    ("new", "probes", "sign"),
    [
        (replace(FINE, failed=6, answers=10), ((0, 4),), Sign.ERRORS),
        (replace(FINE, failed=80), ((0, 32),), Sign.ERRORS),
        (FINE, ((4, 4),), Sign.PROBES),
        (FINE, ((8, 16),), Sign.PROBES),
        (FINE, ((0, 5), (4, 4), (0, 5)), Sign.PROBES),
        (replace(FINE, crashes=1), ((0, 32),), Sign.CRASHES),
        (replace(FINE, crashes=1, seconds=90.0), ((0, 360),), Sign.CRASHES),
        (replace(FINE, levels=(80.0,) * 9), ((0, 32),), Sign.SLOWER),
    ],
)
def test_what_proves_that_a_release_is_worse(
    new: Showing, probes: Sequence[tuple[int, int]], sign: Sign
) -> None:
    """Each sign alone suffices, and is named."""
    assert sign in weighed(new, probes=probes).signs


@pytest.mark.parametrize(
    ("new", "old"),
    [
        (replace(FINE, failed=12), OLD),
        (replace(FINE, failed=80), replace(OLD, failed=120)),
        (replace(FINE, crashes=1), replace(OLD, crashes=5)),
        (replace(FINE, levels=(80.0,) * 4), OLD),
        (replace(FINE, levels=(55.0,) * 100), OLD),
        (replace(FINE, levels=(80.0, 20.0, 20.0, 20.0) * 25), OLD),
        (replace(FINE, levels=(80.0,) * 100), replace(OLD, levels=(20.0,) * 9)),
        (replace(FINE, levels=(80.0,) * 100), None),
    ],
)
def test_what_does_not_prove_it(new: Showing, old: Showing | None) -> None:
    """Errors and crashes of before, a few bad moments, or nothing to compare with."""
    assert not weighed(new, old).worse


def test_a_handful_of_old_answers_excuses_no_disaster() -> None:
    """Nor does an old release that failed most of the time excuse one altogether."""
    new = replace(FINE, failed=12, answers=12)
    assert weighed(new, Showing(answers=3, seconds=3.0)).worse
    bad = Showing(failed=9, answers=10, seconds=3.0)
    assert weighed(replace(FINE, failed=40, answers=40), bad).worse


def test_what_was_promised_on_staging_counts_as_known() -> None:
    """A release that failed there as often was let in all the same."""
    new = replace(FINE, failed=80)
    assert weighed(new, promised=(0, 1_000)).worse
    assert not weighed(new, promised=(200, 1_000)).worse


def good_runs(runs: int, failing: float, known: int) -> int:
    """In how many runs a release like the old one is called worse, at any look."""
    rng, called = random.Random(20), 0
    for _ in range(runs):
        old = sum(rng.random() < failing for _ in range(known))
        new = Showing()
        for look in range(1, 25):
            failed = sum(rng.random() < failing for _ in range(12))
            slow = tuple(rng.lognormvariate(3.0, 0.5) for _ in range(look // 2))
            new = Showing(new.failed + failed, 12 * look, 0, look / 4, slow)
            before = replace(OLD, failed=old, answers=known)
            if weighed(new, before, promised=None).worse:
                called += 1
                break
    return called


@pytest.mark.parametrize(
    ("failing", "known"), [(0.0, 300), (0.02, 300), (0.1, 300), (0.1, 20)]
)
def test_good_releases_are_hardly_ever_called_worse(failing: float, known: int) -> None:
    """Looked at four times a second; at most one in a hundred."""
    assert good_runs(75, failing, known) <= 3


@pytest.mark.parametrize(
    ("old", "new", "worse", "beyond"),
    [
        ((2, 20), (5_000, 10_000), True, True),
        ((3, 40), (3_333, 10_000), True, True),
        ((1, 3), (5_000, 10_000), False, True),
        ((60, 600), (52, 400), False, False),
        ((60, 600), (100, 400), True, True),
    ],
)
def test_both_counts_are_weighed(
    old: tuple[int, int], new: tuple[int, int], worse: bool, beyond: bool
) -> None:
    """Few old failures excuse what they could hardly be; more needs a margin more."""
    now, before = Showing(*new, seconds=8.0), Showing(*old, seconds=60.0)
    assert weighed(now, before).worse is worse
    assert errors_beyond(now, before, 0.05) is beyond


def test_a_crash_of_before_excuses_no_series() -> None:
    """One in a minute: four in eight seconds are worse, two at least likely."""
    before = replace(OLD, crashes=1)
    worse = [weighed(replace(FINE, crashes=n), before).worse for n in range(1, 5)]
    likely = [crashes_beyond(replace(FINE, crashes=n), before) for n in range(1, 5)]
    assert worse == [False, False, False, True]
    assert likely == [False, True, True, True]
    hourly = replace(OLD, crashes=1, seconds=3_600.0)
    assert crashes_beyond(replace(FINE, crashes=1), hourly)


@given(
    answers=st.integers(0, 500),
    failed=st.integers(0, 500),
    more=st.integers(1, 500),
)
def test_fewer_answers_never_exclude_more(answers: int, failed: int, more: int) -> None:
    """What was not seen is never read as success."""
    few = Showing(min(failed, answers), answers)
    many = Showing(few.failed, answers + more)
    assert errors_excluded(many) <= errors_excluded(few)
    assert errors_excluded(Showing()) == 1.0


def test_the_margin_is_beyond_what_the_old_release_surely_had() -> None:
    """Not beyond what it may have had."""
    assert errors_allowed(None, 0.05) == 0.05
    assert errors_allowed(replace(OLD, failed=0), 0.05) == 0.05
    assert 0.05 < errors_allowed(replace(OLD, failed=60), 0.05) < 0.15


def test_slower_is_excluded_by_enough_fine_moments() -> None:
    """Not by none, and not where the old release is hardly known."""
    assert slow_limit(OLD, 2.0) == pytest.approx(60.0)
    assert slower_excluded(FINE, OLD, 2.0)
    assert not slower_excluded(replace(FINE, levels=()), OLD, 2.0)
    assert not slower_excluded(replace(FINE, levels=(21.0, 61.0) * 6), OLD, 2.0)
    assert not slower_excluded(FINE, Showing(), 2.0)


@given(st.permutations(range(40)))
def test_the_order_of_answers_does_not_matter(order: list[int]) -> None:
    """Log sessions deliver slightly out of order."""
    tallies = [Tally(0.0), Tally(0.0)]
    for tally, numbers in zip(tallies, (range(40), order), strict=True):
        for number in numbers:
            tally.add(number / 4, failed=number % 9 == 0, service=float(number))
    one, other = (t.showing(crashes=0, seconds=10.0, until=10.0) for t in tallies)
    assert one == other
    assert one.failed == 5


def test_cold_and_unfinished_moments_are_not_held_against_the_speed() -> None:
    """Nor are spans with hardly an answer, nor failed answers."""
    tally = Tally(0.0)
    for number in range(100):
        tally.add(number / 10, failed=False, service=1_000.0 if number < 20 else 10.0)
    tally.add(4.9, failed=True, service=30_000.0)
    tally.add(20.0, failed=False, service=5_000.0)
    showing = tally.showing(crashes=0, seconds=22.0, until=22.0)
    assert set(showing.levels) == {10.0}
    early = tally.showing(crashes=0, seconds=5.0, until=5.0)
    assert 0 < len(early.levels) < len(showing.levels)
