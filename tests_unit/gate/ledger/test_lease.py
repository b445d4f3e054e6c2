"""The lease: one run at a time, freed by the kernel whatever becomes of its holder."""

import fcntl
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from gate.errors import ExitCode, LeaseHeld, StateDamaged
from gate.ledger.lease import holder_of, lease

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


def test_a_lock_file_that_was_replaced_meanwhile_is_no_lease(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who has locked the file that was there before would be alone with it."""
    path, held = tmp_path / "lease", fcntl.flock
    replaced: list[int] = []

    def slow(descriptor: int, operation: int) -> None:
        if not replaced:
            path.unlink()
            path.touch()
            replaced.append(descriptor)
        held(descriptor, operation)

    monkeypatch.setattr(fcntl, "flock", slow)
    with lease(path, holder="gate check"):
        with pytest.raises(LeaseHeld), lease(path, holder="other"):
            pass
        assert path.read_text().startswith("gate check ")
    assert replaced


def test_what_a_dead_holder_started_does_not_keep_the_lease(tmp_path: Path) -> None:
    """The lock is closed in every child, even in one that inherits all else."""
    script = HOLDER.replace(
        "    sys.stdin.read()",
        "    import subprocess\n"
        "    slow = subprocess.Popen(['sleep', '60'], close_fds=False)\n"
        "    print(slow.pid, flush=True)\n"
        "    sys.stdin.read()",
    )
    holder = subprocess.Popen(
        [sys.executable, "-c", script, str(tmp_path / "lease")],
        cwd=REPOSITORY,
        env={"PATH": os.environ["PATH"]},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert holder.stdout is not None
    assert holder.stdout.readline() == b"held\n"
    slow = int(holder.stdout.readline())
    try:
        holder.kill()
        holder.wait(10)
        with lease(tmp_path / "lease", holder="gate check"):
            os.kill(slow, 0)  # it is still there
    finally:
        os.kill(slow, signal.SIGKILL)
        holder.communicate(timeout=10)


@pytest.mark.parametrize("there", ["folder", "link"])
def test_what_can_be_no_lease_is_told(tmp_path: Path, there: str) -> None:
    """A folder in its place, or a link to elsewhere: nothing is written through it."""
    path, elsewhere = tmp_path / "lease", tmp_path / "elsewhere"
    elsewhere.touch()
    if there == "folder":
        path.mkdir()
    else:
        path.symlink_to(elsewhere)
    with pytest.raises(StateDamaged) as caught, lease(path, holder="gate check"):
        pass
    assert str(path) in caught.value.what
    assert caught.value.advice
    assert elsewhere.read_bytes() == b""


def test_who_holds_it_is_known_without_taking_it(tmp_path: Path) -> None:
    """As long as it is held, and no longer: a killed holder leaves but its name."""
    path = tmp_path / "lease"
    assert holder_of(path) == ""
    with lease(path, holder="gate promote"):
        assert holder_of(path) == f"gate promote (process {os.getpid()})"
    assert holder_of(path) == ""
    path.write_text("gate promote (process 1)\n")
    assert holder_of(path) == ""
    with lease(path, holder="gate check"):
        assert holder_of(path).startswith("gate check ")
