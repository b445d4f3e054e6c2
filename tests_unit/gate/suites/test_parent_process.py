"""A child does not outlive the gate, however that ends, nor does what it has started."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests_unit.gate.suites.living import lives, soon

ROOT = Path(__file__).parents[3]
GATE = """
import sys
from pathlib import Path
from gate.suites.child_process import run_child
folder, child = Path(sys.argv[1]), sys.argv[2]
run_child(
    [sys.executable, "-c", child],
    folder=Path.cwd(),
    output=folder / "child.log",
    environment={"TOLD": str(folder)},
    deadline=300,
)
"""
CHILD = """
import os, subprocess, sys, time
from pathlib import Path
from gate.suites.parent_process import end_with_parent
{before}
end_with_parent()
{after}
own = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(300)"])
told = Path(os.environ["TOLD"], "told")
told.with_suffix(".new").write_text(f"{{os.getpid()}} {{own.pid}}")
told.with_suffix(".new").rename(told)
time.sleep(300)
"""
DEAF = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN)"
LATE = """
while os.getppid() == int(os.environ["GATES_PROCESS"]):
    Path(os.environ["TOLD"], "waiting").touch()
    time.sleep(0.01)
"""


def gate(folder: Path, child: str) -> subprocess.Popen[bytes]:
    """Start a process that has a child, as the gate has suites."""
    return subprocess.Popen(
        [sys.executable, "-c", GATE, str(folder), child],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"]},
    )


def told(folder: Path) -> list[int]:
    """The child and what it has started, once both run."""
    assert soon((folder / "told").exists)
    return [int(word) for word in (folder / "told").read_text().split()]


@pytest.mark.parametrize("deaf", ["", DEAF], ids=["", "though it hears no signal"])
def test_it_ends_when_the_gate_is_killed(tmp_path: Path, deaf: str) -> None:
    """And what it has started ends with it."""
    parent = gate(tmp_path, CHILD.format(before="", after=deaf))
    processes = told(tmp_path)
    parent.kill()
    parent.wait()
    assert soon(lambda: not any(map(lives, processes)))


def test_it_ends_when_it_is_told_to(tmp_path: Path) -> None:
    """With what it has started, and the gate goes on."""
    parent = gate(tmp_path, CHILD.format(before="", after=""))
    processes = told(tmp_path)
    os.kill(processes[0], signal.SIGTERM)
    assert parent.wait(20) == 0
    assert soon(lambda: not any(map(lives, processes)))


def test_it_does_not_begin_when_the_gate_is_gone_already(tmp_path: Path) -> None:
    """The gate ended while the child was only starting."""
    parent = gate(tmp_path, CHILD.format(before=LATE, after=""))
    assert soon((tmp_path / "waiting").exists)
    parent.kill()
    parent.wait()
    here = str(tmp_path).encode()
    assert soon(lambda: not _telling(here))
    assert not (tmp_path / "told").exists()


def test_it_concerns_no_other_process() -> None:
    """A person who runs pytest by hand may go home."""
    program = (
        "import signal\n"
        "from gate.suites.parent_process import end_with_parent\n"
        "end_with_parent()\n"
        "print(signal.getsignal(signal.SIGTERM) is signal.SIG_DFL)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == "True"


def _telling(folder: bytes) -> list[str]:
    """The processes that were given a folder."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if folder in (process / "environ").read_bytes():
                found.append(process.name)
        except OSError:
            continue
    return found
