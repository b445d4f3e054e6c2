"""Pauses between attempts."""

import random
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from itertools import islice

from hypothesis import given
from hypothesis import strategies as st

from gate.heroku.patience import Patience, asked_pause, pauses


@given(st.integers(), st.floats(0.01, 10), st.floats(0.01, 100))
def test_pauses_grow_up_to_a_longest_one(
    seed: int, first: float, longest: float
) -> None:
    """Each is between a half and the whole of a doubling, capped pause."""
    patience = Patience(first_pause=first, longest_pause=longest)
    for number, pause in enumerate(islice(pauses(patience, random.Random(seed)), 12)):
        full = min(first * 2**number, longest)
        assert full / 2 <= pause * 1.000001
        assert pause <= full * 1.000001


def test_clients_do_not_return_together() -> None:
    """Another seed gives other pauses, the same seed the same."""
    taken = [
        list(islice(pauses(Patience(), random.Random(seed)), 5)) for seed in (1, 1, 2)
    ]
    assert taken[0] == taken[1] != taken[2]


@given(st.text())
def test_whatever_retry_after_says_the_pause_is_bounded(value: str) -> None:
    """Foreign text gives a pause within the limit, or none."""
    pause = asked_pause(value, longest=60.0)
    assert pause is None or 0 <= pause <= 60


def test_retry_after_is_seconds_or_a_date() -> None:
    """Both forms of RFC 9110 are understood; a date in the past means now."""
    soon = format_datetime(datetime.now(UTC) + timedelta(seconds=30), usegmt=True)
    assert asked_pause(" 12 ", longest=60) == 12
    assert 0 < (asked_pause(soon, longest=60) or 0) <= 30
    assert asked_pause("Wed, 21 Oct 2015 07:28:00 GMT", longest=60) == 0
    assert asked_pause("61", longest=60) is None
    assert asked_pause(None, longest=60) is None
