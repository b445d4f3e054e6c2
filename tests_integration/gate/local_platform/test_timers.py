"""Timers that are not Heroku's: asked for by name, told by the platform."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gate.errors import ExitCode, UsageProblem
from gate.local_platform import control
from gate.local_platform.control import LocalPlatform


def test_single_timers_are_set_whatever_the_scale(
    home: Path, connect: Callable[[LocalPlatform], Any]
) -> None:
    """And what differs from Heroku's is in the log and in the status."""
    client = connect(control.up(home, timers={"metrics": 2, "preboot": 5.5}))
    status = client.do("GET", "/local/status")
    assert status["timers"] == {"metrics": 2, "preboot": 5.5}
    log = (home / "platform.log").read_text()
    assert "timers that are not Heroku's: preboot 5.5 s, metrics 2 s" in log


def test_an_unknown_timer_is_refused_with_the_list(tmp_path: Path) -> None:
    """Before anything is started, and by the process itself."""
    with pytest.raises(UsageProblem) as caught:
        control.up(tmp_path / "home", timers={"metric": 2})
    assert "metric" in str(caught.value)
    assert "metrics, " in caught.value.why
    assert not (tmp_path / "home").exists()
    command = [sys.executable, "-m", "gate.local_platform", "--timer", "metric=2"]
    child = subprocess.run(
        [*command, "--home", str(tmp_path / "home")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert child.returncode == ExitCode.USAGE
    assert "metrics, " in child.stderr
