"""Timers and restarts."""

from gate.local_platform.timers import Timers


def test_real_times_are_the_default() -> None:
    """Heroku's, so that what is learned here holds there."""
    timers = Timers()
    assert (timers.boot, timers.exit, timers.hold) == (60, 30, 75)
    assert (timers.first_byte, timers.idle, timers.connect) == (30, 55, 5)


def test_one_factor_scales_them_all() -> None:
    """Down to a twentieth of a second."""
    assert Timers().scaled(0.1).boot == 6
    assert Timers().scaled(0.00001).exit == 0.05


def test_the_first_crash_restarts_at_once_then_ever_later() -> None:
    """20, 40, 60, 180, 320 minutes, and 320 from then on."""
    minutes = [Timers().restart_delay(n) / 60 for n in range(1, 9)]
    assert minutes == [0, 20, 40, 60, 180, 320, 320, 320]
