"""Promotions while a real platform fails at random: safe, and brought to an end."""

from pathlib import Path

import pytest

from gate.errors import ExitCode
from gate.local_platform.control import EXCHANGES_VARIABLE
from tests_integration.gate.protocol.schedules import (
    Schedule,
    carried_out,
    in_words,
    told,
)

SEEDS = tuple(range(18))


def test_whatever_strikes_a_promotion_it_is_safe_and_ends(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """By what the platform holds afterwards; `fault_schedules.py` does a thousand."""
    monkeypatch.delenv(EXCHANGES_VARIABLE, raising=False)  # other tests check those
    came = carried_out(SEEDS, tmp_path, platforms=2)
    with capsys.disabled():
        print(f"\n{told(came)}")
    broken = [
        (in_words(Schedule.of(c.seed)), c.broken, c.told) for c in came if c.broken
    ]
    assert not broken
    assert {c.last for c in came} >= {ExitCode.PASSED, ExitCode.ROLLED_BACK}
    assert ExitCode.UNRESOLVED in {c.first for c in came}
    assert sum(c.struck for c in came) > len(came)
