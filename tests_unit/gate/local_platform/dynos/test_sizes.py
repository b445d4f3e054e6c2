"""Dyno sizes."""

import pytest

from gate.local_platform.dynos import sizes

GB = 1024 * sizes.MEGABYTE


@pytest.mark.parametrize(
    ("name", "quota", "killed_at"),
    [
        ("eco", 0.5, 1),
        ("Basic", 0.5, 1),
        ("STANDARD-1X", 0.5, 1),
        ("standard-2x", 1, 2),
        ("performance-m", 2.5, 5),
        ("performance-l", 14, 28),
        ("performance-l-ram", 30, 36),
        ("performance-xl", 62, 74),
        ("performance-2xl", 126, 151),
        ("private-s", 1, 1),
        ("shield-2xl", 126, 126),
    ],
)
def test_every_size_has_its_limits(name: str, quota: float, killed_at: float) -> None:
    """As documented; names are compared without their case, as it varies."""
    size = sizes.find(name)
    assert size is not None
    assert (size.quota, size.killed_at) == (quota * GB, killed_at * GB)
    assert size.swaps == (killed_at > quota)


def test_only_eco_sleeps_and_other_names_are_none() -> None:
    """A size that an old state names has the limits of Basic."""
    assert [size.name for size in sizes.SIZES.values() if size.sleeps] == ["Eco"]
    assert sizes.find("dyno-1c-0.5gb") is None
    assert sizes.known("hobby") == sizes.find("basic")
