"""Child processes: a group of their own, a deadline, bounded output, no secrets."""

import os
import sys
import threading
from pathlib import Path

import pytest

from gate.suites import child_process
from gate.suites.child_process import Ended, end_children, run_child
from gate.suites.environment import child_environment
from tests_unit.gate.suites.living import lives, soon

STUBBORN = """
import os, signal, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
child = os.fork()
if child == 0:
    time.sleep(600)
print(os.getpid(), child, flush=True)
time.sleep(600)
"""
LEAVES_A_CHILD = """
import os, signal, time
reading, writing = os.pipe()
child = os.fork()
if child == 0:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    os.write(writing, b"x")
    time.sleep(600)
os.read(reading, 1)
print(child, flush=True)
"""


def run(tmp_path: Path, program: str, *, deadline: float = 30.0) -> Ended:
    """Run a Python program as a child."""
    return run_child(
        [sys.executable, "-c", program],
        folder=tmp_path,
        output=tmp_path / "scratch" / "child.log",
        environment=child_environment(),
        deadline=deadline,
    )


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Little grace between the request to stop and the end."""
    monkeypatch.setattr(child_process, "GRACE", 0.2)


def test_a_child_ends_with_its_own_exit_code_and_output(tmp_path: Path) -> None:
    """Both streams go to one file, in its folder."""
    program = "import os,sys; print(os.getcwd()); print('e', file=sys.stderr); exit(7)"
    ended = run(tmp_path, program)
    assert ended.exit_code == 7
    assert ended.output == tmp_path / "scratch" / "child.log"
    assert set(ended.tail().splitlines()) == {str(tmp_path), "e"}


def test_a_child_ended_by_a_signal_says_by_which(tmp_path: Path) -> None:
    """As a negative number."""
    assert run(tmp_path, "import os; os.kill(os.getpid(), 9)").exit_code == -9


@pytest.mark.usefixtures("impatient")
def test_the_deadline_ends_the_whole_group(tmp_path: Path) -> None:
    """Also those that ignore a request to stop, and the children they made."""
    ended = run(tmp_path, STUBBORN, deadline=1.0)
    assert ended.exit_code is None
    processes = [int(word) for word in ended.tail().split()]
    assert len(processes) == 2
    assert soon(lambda: not any(map(lives, processes)))


@pytest.mark.usefixtures("impatient")
def test_what_a_child_leaves_running_is_ended(tmp_path: Path) -> None:
    """It ended well; the stubborn process it left behind is gone all the same."""
    ended = run(tmp_path, LEAVES_A_CHILD)
    assert ended.exit_code == 0
    assert soon(lambda: not lives(int(ended.tail())))


def test_output_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A child that floods its log does not fill the disk for good."""
    monkeypatch.setattr(child_process, "MOST_BYTES", 10_000)
    ended = run(tmp_path, "print('x' * 1_000_000)")
    assert ended.output.stat().st_size == 10_000


def test_the_tail_is_short_and_readable(tmp_path: Path) -> None:
    """The last lines; bytes that are no text do not matter."""
    program = (
        "import sys\n"
        "sys.stdout.buffer.write(b'\\xff\\xfe\\n' * 100000)\n"
        "print(*range(50), sep='\\n')"
    )
    assert run(tmp_path, program).tail(3) == "47\n48\n49"


def test_a_child_has_nothing_to_read(tmp_path: Path) -> None:
    """It cannot wait for a person."""
    assert run(tmp_path, "import sys; print(repr(sys.stdin.read()))").tail() == "''"


def test_a_child_does_not_hear_what_the_terminal_sends(tmp_path: Path) -> None:
    """Its session is its own: Ctrl-C is the gate's to pass on."""
    ended = run(tmp_path, "import os; print(os.getsid(0) == os.getpid())")
    assert ended.tail() == "True"


def test_children_can_be_ended_from_another_thread(tmp_path: Path) -> None:
    """As when the gate itself is interrupted."""
    log = tmp_path / "scratch" / "child.log"
    endings: list[Ended] = []

    def wait() -> None:
        program = "import time; print('up', flush=True); time.sleep(600)"
        endings.append(run(tmp_path, program, deadline=60))

    thread = threading.Thread(target=wait)
    thread.start()
    assert soon(lambda: log.exists() and b"up" in log.read_bytes())
    end_children()
    thread.join(timeout=10)
    assert [ended.exit_code for ended in endings] == [-15]


def test_no_secret_of_the_gate_reaches_a_child(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither the token, nor any variable that is not on the short list."""
    for name in ("HEROKU_API_KEY", "AWS_SECRET_ACCESS_KEY", "GATE_STAGING", "SSH_X"):
        monkeypatch.setenv(name, "canary-5b1e")
    monkeypatch.setenv("PYTHONPATH", "/canary-5b1e")
    program = "import os; print(open('/proc/self/environ').read(), dict(os.environ))"
    ended = run(tmp_path, program)
    assert ended.exit_code == 0
    assert b"canary-5b1e" not in ended.output.read_bytes()
    assert b"PATH" in ended.output.read_bytes()


def test_what_a_child_needs_is_given_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    """Extra variables win over inherited ones."""
    monkeypatch.setenv("LANG", "de_DE.UTF-8")
    given = child_environment({"LANG": "C", "GATE_LOAD_USERS": "3"})
    assert given["LANG"] == "C"
    assert given["GATE_LOAD_USERS"] == "3"
    assert given["PATH"] == os.environ["PATH"]
