"""A disk that fails, and a gate that is killed, at each single system call.

The n-th call is made to fail, for n = 1, 2, … until a run comes through without a fault:
so no call is forgotten.
"""

import itertools
import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from gate.ledger.store import Ledger

REPOSITORY = Path(__file__).parents[3]
VERSION_1 = REPOSITORY / "tests_unit" / "gate" / "ledger" / "version_1.sql"
MOST = 40
OPEN = """
import pathlib, sys
from gate.errors import StateDamaged
from gate.ledger.sqlite_table import SqliteTable
table = SqliteTable(pathlib.Path(sys.argv[1]))
"""
APPEND = f"""{OPEN}
try:
    table.add(("id", "new", "run closed", '{{}}'))
except StateDamaged as error:
    sys.exit(f"refused: {{error.why}}")
"""

pytestmark = pytest.mark.skipif(
    shutil.which("strace") is None, reason="there is no strace on this machine"
)


def faults(
    folder: Path, ledger: Path, script: str, injected: str
) -> Iterator[tuple[Path, str]]:
    """Run a script once for each call; yield the ledger it leaves, and what it said."""
    calls = injected.partition(":")[0]
    for number in range(1, MOST):
        path, trace = folder / f"{number}.db", folder / f"{number}.trace"
        shutil.copy(ledger, path)
        ended = subprocess.run(
            [
                *("strace", "-f", "-qq", "-o", str(trace), "-P", str(path)),
                *("-P", f"{path}-journal", "-P", str(folder), "-e", f"trace={calls}"),
                *("-e", f"inject={injected}:when={number}"),
                *(sys.executable, "-c", script, str(path)),
            ],
            cwd=REPOSITORY,
            env={"PATH": os.environ["PATH"]},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        told = trace.read_text()
        if "ptrace" in ended.stderr and not told:
            pytest.skip(f"processes cannot be traced here: {ended.stderr}")
        if "INJECTED" not in told and "SIGKILL" not in told:
            assert ended.returncode == 0, ended.stderr
            return
        yield path, ended.stderr
    raise AssertionError(f"still a fault at the {MOST}th call")


@pytest.fixture
def ledger(tmp_path: Path) -> Path:
    """A ledger of three pages, closed."""
    path = tmp_path / "ledger.db"
    Ledger(path).close()
    return path


@pytest.mark.parametrize(
    ("injected", "least"),
    [("fdatasync,fsync:error=EIO", 3), ("pwrite64:error=ENOSPC", 3)],
)
def test_append_says_whether_the_record_is_there_wherever_the_disk_fails(
    tmp_path: Path, ledger: Path, injected: str, least: int
) -> None:
    """What was refused is not there, and what is there was not refused."""
    refused = []
    for path, said in faults(tmp_path, ledger, APPEND, injected):
        refused.append(said != "")
        assert said.startswith("refused: ") or not said
        assert bodies(path) == ([] if said else ["{}"])
    assert len(refused) >= least
    assert sum(refused) >= least - 1


@pytest.mark.parametrize(
    ("injected", "least"),
    [("pwrite64:signal=KILL", 5), ("fdatasync,fsync,unlink:signal=KILL", 3)],
)
def test_a_gate_that_is_killed_leaves_the_old_ledger_or_the_new_one(
    tmp_path: Path, injected: str, least: int
) -> None:
    """While it brings the schema up to date: no record is lost, and none is changed."""
    old = tmp_path / "old.db"
    with closing(sqlite3.connect(old)) as connection:
        connection.executescript(VERSION_1.read_text())
    before = bodies(old)
    count = 0
    for path, _ in faults(tmp_path, old, OPEN, injected):
        count += 1
        assert version(path) in {1, 2}
        with closing(Ledger(path)) as ledger:
            assert len(list(ledger.records())) == len(before)
        assert bodies(path) == before
        assert version(path) == 2
    assert count >= least


def bodies(path: Path) -> list[str]:
    """The records, byte for byte."""
    with closing(sqlite3.connect(path)) as connection:
        found = connection.execute("SELECT body FROM records ORDER BY seq").fetchall()
    return list(itertools.chain.from_iterable(found))


def version(path: Path) -> int:
    """The schema's version, once what was interrupted is undone."""
    with closing(sqlite3.connect(path)) as connection:
        return int(connection.execute("PRAGMA user_version").fetchone()[0])
