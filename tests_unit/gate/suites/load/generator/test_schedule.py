"""When the flows of a load run start."""

import itertools
import random
from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gate.suites.load.generator.schedule import Schedule, bearable, starts


@given(rate=st.floats(0.1, 5000), seed=st.integers(0, 99))
def test_starts_keep_the_rate_without_bursts(rate: float, seed: int) -> None:
    """Each gap is between half and one and a half of the mean."""
    times = list(itertools.islice(starts(rate, 100.0, random.Random(seed)), 200))
    gaps = [(later - sooner) * rate for sooner, later in itertools.pairwise(times)]
    assert all(0.49 <= gap <= 1.51 for gap in gaps)
    assert 0.8 <= sum(gaps) / len(gaps) <= 1.2
    assert 100 <= times[0] <= 100 + 1 / rate


@given(flows=st.integers(0, 10_000), seconds=st.floats(0.01, 9))
def test_half_of_what_could_be_borne_is_asked_for(flows: int, seconds: float) -> None:
    """Once it is known: after a second with enough flows, or three with any; while
    nothing at all is answered, it is not.
    """
    rate = bearable(flows, seconds)
    known = (seconds >= 1 and flows >= 10) or (seconds >= 3 and flows > 0)
    assert (rate is not None) == known
    assert rate is None or rate * seconds == pytest.approx(flows / 2)


RATE = 80.0


def delayed(schedule: Schedule, delays: Iterable[float]) -> list[float]:
    """Start a flow after each delay; return the rates that were kept meanwhile."""
    rates = []
    for delay in delays:
        due = schedule.draw()
        schedule.start(due, due + delay)
        rates.append(schedule.rate)
    return rates


def schedule(*, asked: bool) -> Schedule:
    """Return one of eighty flows a second."""
    return Schedule(RATE, 5.0, random.Random(1), asked=asked)


@given(delays=st.lists(st.sampled_from((0.0, 0.09, 0.11, 2.0)), max_size=300))
def test_a_rate_that_was_asked_for_is_kept(delays: list[float]) -> None:
    """However late the flows are; what is due and has not started is late as well."""
    asked = schedule(asked=True)
    assert set(delayed(asked, delays)) <= {RATE}
    last = delays[-1] if delays else 0.0
    owed = int(last * RATE) if last > 0.1 else 0
    assert asked.late == sum(delay > 0.1 for delay in delays) + owed
    assert asked.meant == len(delays) + owed


@given(delays=st.lists(st.sampled_from((0.0, 0.09)), max_size=300))
def test_a_rate_that_is_borne_is_kept(delays: list[float]) -> None:
    """Also where it was found by probing, and after a stall of some flows."""
    found = schedule(asked=False)
    assert set(delayed(found, [0.2] * 9 + delays)) == {RATE}


@given(calm=st.integers(0, 100), borne=st.floats(1.0, 500.0))
def test_a_rate_that_was_found_is_lowered_when_too_many_are_late(
    calm: int, borne: float
) -> None:
    """To half of what is borne now. What was late before counts no more, nor does what
    is overdue.
    """
    found = schedule(asked=False)
    delayed(found, [0.0] * calm)
    overdue = found.draw()
    now = overdue + 10
    for _ in range(10):
        assert found.rate == RATE
        found.start(found.draw(), now := now + 1 / borne)
    assert found.rate == pytest.approx(0.5 * min(RATE, borne / 0.9))
    assert (found.meant, found.late) == (0, 0)
    found.start(overdue, now + 9)
    assert found.meant == 0
    assert found.draw() > now


def test_a_long_calm_hides_no_backlog() -> None:
    """A thousand flows were on schedule, and the few since then hold up many."""
    found = schedule(asked=False)
    delayed(found, [0.0] * 1000)
    assert delayed(found, [1.0 * n for n in range(1, 11)])[-1] < RATE
