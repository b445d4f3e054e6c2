"""What .ci/run answers when tests and linters end in one way or another."""

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[3] / ".ci" / "run"
PASSED = "===== 3 passed, 1 skipped in 1.20s ====="
PATIENCE = 30

Checkout = Callable[..., Path]
pytestmark = pytest.mark.timeout(2 * PATIENCE)


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    """A checkout whose `make test` and `make lint` do what is said."""

    def made(*, test: str, lint: str = "true") -> Path:
        folder = tmp_path / "checkout"
        (folder / ".ci").mkdir(parents=True)
        shutil.copy(SCRIPT, folder / ".ci" / "run")
        (folder / "Makefile").write_text(
            f"test:\n\t@{test}\nlint:\n\t@{lint}\n.PHONY: test lint\n"
        )
        # Nothing is lacking, so nothing is installed.
        programs = tmp_path / "bin"
        programs.mkdir()
        for name in ("initdb", "strace", "apt-get"):
            (programs / name).write_text("#!/bin/sh\nexit 1\n")
            (programs / name).chmod(0o755)
        (tmp_path / "tmp").mkdir()
        return folder

    return made


def started(folder: Path, **variables: str) -> subprocess.Popen[str]:
    """Start the script of a checkout."""
    beside = folder.parent
    return subprocess.Popen(
        [str(folder / ".ci" / "run")],
        cwd=beside,
        env={
            "PATH": f"{beside / 'bin'}:{os.environ['PATH']}",
            "HOME": str(beside),
            "TMPDIR": str(beside / "tmp"),
            "HEROKU_CLI": "heroku",
            **variables,
        },
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def ended(folder: Path, **variables: str) -> tuple[int, list[str]]:
    """Run the script of a checkout; return its exit code and its lines."""
    process = started(folder, **variables)
    told, _ = process.communicate(timeout=PATIENCE)
    return process.returncode, told.splitlines()


def test_all_is_well(checkout: Checkout) -> None:
    """It ends with 0, and its last line is pytest's summary."""
    code, lines = ended(checkout(test=f"echo '{PASSED}'", lint="echo linted"))
    assert (code, lines[-1]) == (0, PASSED)
    assert "linted" in lines


@pytest.mark.parametrize(
    ("test", "lint"),
    [
        (f"echo '{PASSED}'; exit 1", "true"),
        (f"echo '{PASSED}'", "exit 1"),
        ("echo '===== no tests ran in 0.02s ====='; exit 5", "true"),
        ("echo '===== 4 skipped in 0.02s ====='", "true"),
        ("true", "true"),
    ],
    ids=["test fails", "lint fails", "no tests", "all skipped", "no summary"],
)
def test_anything_else_is_a_failure(checkout: Checkout, test: str, lint: str) -> None:
    """A red test, a red linter, and a run in which nothing passed."""
    code, _ = ended(checkout(test=test, lint=lint))
    assert code != 0


def test_linters_are_heard_after_a_red_test(checkout: Checkout) -> None:
    """Whoever mends one sees the other as well."""
    _, lines = ended(checkout(test="exit 1", lint="echo linted"))
    assert "linted" in lines


def test_what_cannot_be_installed_is_a_failure(checkout: Checkout) -> None:
    """Nothing is tested without Heroku's command line, as its tests would skip."""
    folder = checkout(test=f"echo '{PASSED}'")
    for name, script in {"node": "", "npm": '[ "$1" = --version ]'}.items():
        program = folder.parent / "bin" / name
        program.write_text(f"#!/bin/sh\n{script}\n")
        program.chmod(0o755)
    code, lines = ended(folder, HEROKU_CLI="")
    assert code != 0
    assert PASSED not in lines


def test_nothing_outlives_an_interrupted_check(checkout: Checkout) -> None:
    """Stray processes that tests have left are ended, and temporary files go."""
    folder = checkout(
        test='cd "$$(mktemp -d)" && { setsid sleep 300 & echo "stray $$!"; sleep 300; }'
    )
    process = started(folder)
    assert process.stdout is not None
    stray = next(int(line.split()[1]) for line in process.stdout if "stray" in line)
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=PATIENCE)
    assert process.returncode == 143
    assert gone(stray)
    assert list((folder.parent / "tmp").iterdir()) == []


def gone(process: int) -> bool:
    """Whether a process ends within the time that is granted to it."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        try:
            state = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2]
        except FileNotFoundError:
            return True
        if state.split()[0] == "Z":
            return True
        time.sleep(0.02)
    return False
