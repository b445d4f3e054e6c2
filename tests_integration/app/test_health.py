"""The release under test comes up and stays ready."""

import pytest

pytestmark = pytest.mark.health


def test_stays_ready(gate_health):
    """The app answers readiness well over the whole hold time."""
    gate_health.check()
