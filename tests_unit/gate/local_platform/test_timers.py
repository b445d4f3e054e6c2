"""Timers and restarts."""

import math

import pytest

from gate.errors import UsageProblem
from gate.local_platform.timers import Timers


def test_real_times_are_the_default() -> None:
    """Heroku's, so that what is learned here holds there."""
    timers = Timers()
    assert (timers.boot, timers.exit, timers.hold) == (60, 30, 75)
    assert (timers.first_byte, timers.idle, timers.connect) == (30, 55, 5)
    assert (timers.metrics, timers.refill, timers.preboot) == (20, 60, 180)
    assert (timers.cycle / 3600, timers.cycle_spread / 60) == (24, 216)
    assert (timers.quarantine, timers.log_session, timers.tail) == (5, 300, 3600)


def test_one_factor_scales_them_all_and_single_ones_are_set_in_seconds() -> None:
    """Down to a twentieth of a second."""
    assert Timers.of(1.0, {}) == Timers()
    assert Timers.of(0.1, {}).boot == 6
    assert Timers.of(0.00001, {}).exit == 0.05
    chosen = Timers.of(0.1, {"metrics": 2})
    assert (chosen.metrics, chosen.boot) == (2, 6)


def test_what_is_not_herokus_is_told() -> None:
    """By name, in seconds."""
    assert Timers().unusual() == {}
    assert Timers.of(1.0, {"metrics": 2, "boot": 60}).unusual() == {"metrics": 2}


@pytest.mark.parametrize("seconds", [0, -1, math.inf, math.nan])
def test_what_is_no_time_is_refused(seconds: float) -> None:
    """As a factor, and as the value of a timer."""
    with pytest.raises(UsageProblem):
        Timers.of(seconds, {})
    with pytest.raises(UsageProblem, match="boot"):
        Timers.of(1.0, {"boot": seconds})


def test_an_unknown_timer_is_refused_with_the_list() -> None:
    """So that the right name is found."""
    with pytest.raises(UsageProblem, match="boots") as caught:
        Timers.of(1.0, {"boots": 1})
    assert "boot, exit" in caught.value.why


def test_the_first_crash_restarts_at_once_then_ever_later() -> None:
    """20, 40, 60, 180, 320 minutes, and 320 from then on."""
    minutes = [Timers().restart_delay(n) / 60 for n in range(1, 9)]
    assert minutes == [0, 20, 40, 60, 180, 320, 320, 320]
