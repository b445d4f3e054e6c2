"""Gates are processes here, really killed; what the ledger holds is brought to its end."""

import json
import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests_integration.gate.forks import forked
from tests_integration.gate.protocol_processes.driver import main

ROOT = Path(__file__).parents[3]
PATIENCE = 200
# How many points there are at least, taking each so-manieth: fewer are a hole in the
# test, and no progress.
POINTS = {
    "promoted": (1, 54),
    "rolled back": (1, 50),
    "rolled back, late": (6, 10),
    "staging rolled back": (4, 8),
    "blocked": (6, 4),
    "no answer": (6, 8),
    "lost": (6, 8),
    "zombie": (6, 11),
}


def can_trace() -> bool:
    """Whether there is a strace, and it is allowed to look on."""
    if shutil.which("strace") is None:
        return False
    tried = ["strace", "-o", os.devnull, "true"]
    return subprocess.run(tried, capture_output=True, check=False).returncode == 0


needs_strace = pytest.mark.skipif(
    not can_trace(),
    reason="strace is not here or may not trace, so no system call can be made to fail",
)
pytestmark = pytest.mark.timeout(PATIENCE + 20)


Drive = Callable[..., dict[str, Any]]


@pytest.fixture(name="drive")
def drive_in(tmp_path: Path) -> Drive:
    """Has the driver do it, which forks: so it has a process of its own."""

    def drive(how: str, scenario: str, every: int = 1) -> dict[str, Any]:
        out, err = tmp_path / "out", tmp_path / "err"
        code = forked(
            main,
            [how, scenario, str(every)],
            folder=ROOT,
            environment=os.environ,
            streams=(out, err),
            deadline=PATIENCE,
        )
        assert code == 0, err.read_text()
        account: dict[str, Any] = json.loads(out.read_text())
        return account

    return drive


@pytest.mark.parametrize("scenario", POINTS)
def test_killed_before_any_effect_it_still_ends_as_it_must(
    drive: Drive, scenario: str
) -> None:
    """SIGKILL before every effect: the next process settles it, and no rule is broken."""
    every, least = POINTS[scenario]
    account = drive("kills", scenario, every)
    print(scenario, account["points"], account["ends"])
    assert account["broken"] == []
    assert account["killed"] == account["points"] >= least


def test_records_that_do_not_outlive_a_process_are_noticed(drive: Drive) -> None:
    """A gate that keeps its intent in memory breaks rules: these tests can fail."""
    broken = " ".join(drive("forgetful", "promoted", 5)["broken"])
    assert "sent without an intent on disk" in broken
    assert "ended INTERRUPTED, and production was changed" in broken


@needs_strace
def test_killed_or_failing_at_a_system_call_it_still_ends_as_it_must(
    drive: Drive,
) -> None:
    """Within SQLite's own writes and syncs, and where the disk fails or is full."""
    account = drive("calls", "rolled back", 40)
    print(account["points"], account["ends"])
    assert (account["broken"], account["notes"]) == ([], [])
    assert account["points"] >= 18
    assert account["killed"] >= 10


@needs_strace
def test_the_intent_is_on_disk_before_its_request_leaves(drive: Drive) -> None:
    """Between its write and the request lies a sync of the ledger, and the commit."""
    steps = drive("order", "promoted")["notes"]
    sent = steps.index("send the promotion")
    written = steps.index("write ledger.db, the intent")
    between = steps[written:sent]
    synced = between.index("sync ledger.db")
    assert "unlink ledger.db-journal" in between[synced:]
    assert between[-1] == "sync folder"
    assert steps.count("send the promotion") == 1
