"""The ledger in a file: old ones are read, none can be changed, and none lies."""

import json
import os
import resource
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest

from gate.errors import ExitCode, StateDamaged
from gate.ledger.journal import Journal
from gate.ledger.records import RECORD, RunClosed, RunOpened
from gate.ledger.store import Ledger

VERSION_1 = Path(__file__).with_name("version_1.sql")
NOBODY = 65534


def opened(run: str) -> RunOpened:
    """The beginning of a run."""
    return RunOpened(run, "2025-01-02T03:04:05Z", "promote", "s", "p", "c" * 40)


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """A ledger as the gate wrote it when it had schema 1."""
    path = tmp_path / "ledger.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(VERSION_1.read_text())
    return path


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    """A ledger of one record."""
    with closing(Ledger(tmp_path / "ledger.db")) as ledger:
        ledger.append(opened("a"))
        yield ledger


def raw(path: Path) -> list[tuple[str, str, str]]:
    """What the file holds, byte for byte."""
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute(
            "SELECT run, kind, body FROM records ORDER BY seq"
        ).fetchall()


def test_a_ledger_of_an_earlier_gate_is_read_and_goes_on(old: Path) -> None:
    """No byte of its records changes; what was open is found, and can be ended."""
    before = raw(old)
    with closing(Ledger(old)) as ledger:
        (left,) = ledger.open_runs("orders-production")
        promotion = Journal.of(ledger.records(left)).promotion
        assert promotion is not None
        assert promotion.open
        ledger.append(RunClosed(left, "2025-01-02T03:04:05Z", 10, "nothing moved"))
    with closing(Ledger(old)) as ledger:
        assert ledger.open_runs() == ()
        assert len(list(ledger.records())) == len(before) + 1
    assert raw(old)[:-1] == before
    assert len(before) > 30


def test_what_an_earlier_gate_recorded_is_read_as_it_was_meant(old: Path) -> None:
    """Each field says what it said then; fields of later gates say nothing."""
    with closing(Ledger(old)) as ledger:
        for (_, _, body), record in zip(raw(old), ledger.records(), strict=True):
            assert holds(RECORD.dump_python(record, mode="json"), json.loads(body))


def holds(now: Any, then: Any) -> bool:
    """Whether a document says all that an earlier one said."""
    if isinstance(then, dict):
        return all(name in now and holds(now[name], then[name]) for name in then)
    if isinstance(then, list):
        return len(now) == len(then) and all(map(holds, now, then))
    return bool(now == then)


INSERT = "INSERT OR REPLACE INTO records"


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE records SET body = '{}'",
        "DELETE FROM records",
        f"{INSERT} SELECT seq, run, kind, '{{}}', 'x' FROM records",
        f"{INSERT} (id, run, kind, body) SELECT id, run, kind, '{{}}' FROM records",
        f"{INSERT} (seq, run, kind, body) VALUES (1, 'a', 'x', '{{}}')",
    ],
)
def test_the_database_itself_lets_no_record_be_changed(
    ledger: Ledger, tmp_path: Path, change: str
) -> None:
    """Whoever opens the file, also one from an earlier gate."""
    path = tmp_path / "ledger.db"
    before = raw(path)
    with closing(sqlite3.connect(path)) as connection:
        with pytest.raises(sqlite3.IntegrityError, match="only grows"):
            connection.execute(change)
        connection.rollback()
    assert raw(path) == before
    assert list(ledger.records()) == [opened("a")]


def test_the_settings_are_those_that_survive_a_power_cut(ledger: Ledger) -> None:
    """A rollback journal, and every commit is on disk before it returns."""
    connection = ledger._table._connection()  # type: ignore[attr-defined]
    (mode,) = connection.execute("PRAGMA journal_mode").fetchone()
    (level,) = connection.execute("PRAGMA synchronous").fetchone()
    assert (mode, level) == ("delete", 3)


def test_a_full_disk_is_told_and_a_run_goes_on_when_there_is_room(
    ledger: Ledger, tmp_path: Path
) -> None:
    """What append refused is not there; what it took is, and nothing else."""
    taken, refused = ["a"], 0
    size = (tmp_path / "ledger.db").stat().st_size
    with no_file_above(size + 8192):
        for number in range(40):
            try:
                ledger.append(opened(f"{number}-{'x' * 1000}"))
            except StateDamaged as error:
                refused += 1
                assert "ledger.db cannot be used" in error.what
                assert "its disk" in error.advice
                assert "move" not in error.advice
                assert error.exit_code == ExitCode.UNAVAILABLE
            else:
                taken.append(f"{number}-{'x' * 1000}")
    assert refused > 0
    ledger.append(opened("b"))
    assert [*reversed(ledger.runs())] == [*taken, "b"]


def test_a_full_database_is_told(ledger: Ledger) -> None:
    """As SQLite says it: its words for a full disk, and what to do."""
    connection = ledger._table._connection()  # type: ignore[attr-defined]
    (pages,) = connection.execute("PRAGMA page_count").fetchone()
    connection.execute(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(StateDamaged, match="full") as caught:
        ledger.append(opened("x" * 100_000))
    assert "make room" in caught.value.advice
    assert ledger.runs() == ("a",)


@pytest.mark.parametrize("kept", ["file", "folder", "both"])
def test_a_ledger_that_is_read_only_is_told_and_can_be_read(kept: str) -> None:
    """Whichever is: the file, its folder, or both."""
    with a_folder_of_nobodys() as folder, as_nobody():
        path = folder / "ledger.db"
        with closing(Ledger(path)) as ledger:
            ledger.append(opened("a"))
        if kept != "folder":
            path.chmod(0o400)
        if kept != "file":
            folder.chmod(0o500)
        with closing(Ledger(path)) as ledger:
            with pytest.raises(StateDamaged) as caught:
                ledger.append(opened("b"))
            assert "writable for this user" in caught.value.advice
            assert caught.value.why
            assert ledger.runs() == ("a",)


def test_no_ledger_can_begin_in_a_read_only_folder() -> None:
    """That is said, not a defect of the gate."""
    with a_folder_of_nobodys() as folder, as_nobody():
        folder.chmod(0o500)
        with pytest.raises(StateDamaged, match="Permission denied") as caught:
            Ledger(folder / "ledger.db")
        assert "writable" in caught.value.advice


@contextmanager
def no_file_above(size: int) -> Iterator[None]:
    """No file of this process grows beyond that size meanwhile."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@contextmanager
def a_folder_of_nobodys() -> Iterator[Path]:
    """A folder that an unprivileged user can reach, and owns where we can give it."""
    folder = Path(tempfile.mkdtemp(prefix="gate-ledger-"))
    try:
        if os.geteuid() == 0:
            os.chown(folder, NOBODY, NOBODY)
        yield folder
    finally:
        shutil.rmtree(folder)


@contextmanager
def as_nobody() -> Iterator[None]:
    """Without the privileges of an administrator, to whom nothing is read-only."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(0)
