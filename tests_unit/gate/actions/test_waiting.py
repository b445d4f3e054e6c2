"""Waiting for the platform: soon seen, seldom asked, and not for ever."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gate.actions.waiting import LONGEST_PAUSE, PAUSE, SHARE, until
from gate.errors import Unresolved
from tests_unit.gate.fakes.fleeting import Fleeting


@given(st.floats(0.0, 3600.0))
def test_what_has_settled_is_seen_soon_and_without_many_questions(takes: float) -> None:
    """Late by a small share of what it took; an hour is no thousand questions a minute."""
    clock = Fleeting()
    began, asked = clock.now, []

    def read() -> bool:
        asked.append(clock.now)
        return clock.now >= began + takes

    until(read, bool, patience=3600.0 + LONGEST_PAUSE, what="it", clock=clock)
    late = clock.now - began - takes
    assert -1e-6 < late <= max(PAUSE, min(SHARE * takes, LONGEST_PAUSE)) + 1e-6
    assert len(asked) <= 150 + takes / LONGEST_PAUSE


@given(st.floats(0.0, 3600.0))
def test_what_never_settles_is_given_up_and_told(patience: float) -> None:
    """After as long as was said, and not before it was read once."""
    clock = Fleeting()
    asked: list[float] = []

    def read() -> None:
        asked.append(clock.now)

    with pytest.raises(Unresolved, match="the build had not settled after"):
        until(read, bool, patience=patience, what="the build", clock=clock)
    assert asked
    assert patience <= clock.now - 1000.0 + 1e-6
    assert clock.now - 1000.0 <= patience + LONGEST_PAUSE
