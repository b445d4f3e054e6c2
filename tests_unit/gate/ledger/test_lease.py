"""The lease: one run at a time, freed by the kernel whatever becomes of its holder."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from gate.errors import ExitCode, LeaseHeld
from gate.ledger.lease import lease

HOLDER = """
import sys, pathlib
from gate.ledger.lease import lease
with lease(pathlib.Path(sys.argv[1]), holder="gate promote"):
    print("held", flush=True)
    sys.stdin.read()
"""
REPOSITORY = Path(__file__).parents[3]


def test_a_lease_can_be_had_again_after_it_was_given_back(tmp_path: Path) -> None:
    """Also when its holder broke."""
    path = tmp_path / "deep" / "lease"
    with pytest.raises(RuntimeError), lease(path, holder="gate check"):
        raise RuntimeError
    with lease(path, holder="gate check"):
        assert f"(process {os.getpid()})" in path.read_text()


def test_a_second_lease_is_refused_within_one_process(tmp_path: Path) -> None:
    """Two threads are two runs."""
    with lease(tmp_path / "lease", holder="gate check"):  # noqa: SIM117
        with pytest.raises(LeaseHeld), lease(tmp_path / "lease", holder="other"):
            pass


def test_another_process_holds_it_until_it_is_killed(tmp_path: Path) -> None:
    """The refusal names the holder; SIGKILL frees the lease at once."""
    path = tmp_path / "lease"
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(path)],
        cwd=REPOSITORY,
        env={"PATH": os.environ["PATH"]},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    try:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        with pytest.raises(LeaseHeld) as caught, lease(path, holder="gate check"):
            pass
        assert caught.value.why == f"gate promote (process {holder.pid})"
        assert caught.value.advice
        assert caught.value.exit_code == ExitCode.TRY_AGAIN
    finally:
        holder.send_signal(signal.SIGKILL)
        holder.communicate(timeout=10)
    with lease(path, holder="gate check"):
        assert path.read_text().startswith("gate check ")


def test_a_long_holders_name_leaves_nothing_behind(tmp_path: Path) -> None:
    """Who holds it now is told, not a mixture with who did before."""
    path = tmp_path / "lease"
    with lease(path, holder="x" * 150):
        pass
    with lease(path, holder="short"):
        assert path.read_text() == f"short (process {os.getpid()})\n"
