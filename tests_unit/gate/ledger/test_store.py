"""The ledger: it only grows, and refuses what it cannot read."""

import itertools
import sqlite3
import stat
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gate.errors import ExitCode, StateDamaged
from gate.ledger.records import Record, RunClosed, RunOpened
from gate.ledger.store import Ledger
from tests_unit.gate.fakes.anything import any_of

KINDS = get_args(Record)
NUMBERS = itertools.count()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Room for many ledgers."""
    return tmp_path_factory.mktemp("ledgers")


@pytest.fixture
def path(tmp_path: Path) -> Iterator[Path]:
    """A ledger of three records, closed."""
    path = tmp_path / ".gate" / "ledger.db"
    ledger = Ledger(path)
    for number in range(3):
        ledger.append(opened(f"run-{number}"))
    ledger.close()
    yield path


def opened(run: str) -> RunOpened:
    """The beginning of a run."""
    return RunOpened(run, "2025-01-02T03:04:05Z", "promote", "s", "p", "c" * 40)


@settings(max_examples=30, deadline=None)
@given(records=st.lists(any_of(*KINDS), max_size=4))
def test_every_kind_of_record_reads_back_in_order(
    folder: Path, records: list[Record]
) -> None:
    """Also after the file was closed and opened again."""
    path = folder / f"{next(NUMBERS)}.db"
    ledger = Ledger(path)
    for record in records:
        ledger.append(record)
    assert list(ledger.records()) == records
    ledger.close()
    again = Ledger(path)
    assert list(again.records()) == records
    for run in {record.run for record in records}:
        assert list(again.records(run)) == [r for r in records if r.run == run]
    again.close()


def test_listeners_hear_of_a_record_once_it_is_written(tmp_path: Path) -> None:
    """What is told to a person is in the ledger already."""
    heard: list[Record] = []
    path = tmp_path / "ledger.db"

    def listener(record: Record) -> None:
        other = Ledger(path)
        assert list(other.records())[-1] == record
        other.close()
        heard.append(record)

    ledger = Ledger(path, listeners=(listener,))
    ledger.append(opened("a"))
    ledger.append(opened("b"))
    assert [record.run for record in heard] == ["a", "b"]
    ledger.close()


def test_runs_are_newest_first_and_open_until_closed(path: Path) -> None:
    """A run that never ended is found again."""
    ledger = Ledger(path)
    assert ledger.runs() == ("run-2", "run-1", "run-0")
    ledger.append(RunClosed("run-1", "2025-01-02T03:05:05Z", 0, "promoted"))
    assert ledger.open_runs() == ("run-2", "run-0")
    ledger.close()


def test_an_app_of_the_same_name_on_another_platform_is_another_one(
    tmp_path: Path,
) -> None:
    """In a shared ledger nobody settles the runs of somebody else's platform."""
    ledger = Ledger(tmp_path / "ledger.db")
    for run, platform in (("ours", "here"), ("theirs", "there"), ("early", "")):
        ledger.append(replace(opened(run), platform=platform))
    production = opened("x").production
    assert ledger.open_runs(production, "here") == ("early", "ours")
    assert ledger.open_runs(production) == ("early", "theirs", "ours")
    ledger.close()


def test_of_many_that_write_at_once_nobody_is_refused(path: Path) -> None:
    """Each through a connection of its own; no record is lost, and none is doubled."""

    def write(gate: int) -> None:
        with closing(Ledger(path)) as ledger:
            for number in range(5):
                ledger.append(opened(f"gate-{gate}-{number}"))

    with ThreadPoolExecutor(4) as gates:
        list(gates.map(write, range(4)))
    with closing(Ledger(path)) as ledger:
        runs = [run for run in reversed(ledger.runs()) if run.startswith("gate-")]
    for gate in range(4):
        own = [run for run in runs if run.startswith(f"gate-{gate}-")]
        assert own == [f"gate-{gate}-{number}" for number in range(5)]
    assert len(runs) == 20


def test_the_ledger_is_for_its_owner_alone(path: Path) -> None:
    """Neither the file nor its folder is open to others."""
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def _not_sqlite(path: Path) -> None:
    path.write_bytes(b"this is a letter to a friend\n" * 200)


def _newer(path: Path) -> None:
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA user_version = 99")
    connection.close()


def _cut_in_half(path: Path) -> None:
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])


def _cut_within_its_head(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:50])


def _overwritten_in_the_middle(path: Path) -> None:
    whole = path.read_bytes()
    path.write_bytes(whole[:4096] + b"\xff" * (len(whole) - 4096))


def _with_a_half_written_record(path: Path) -> None:
    with sqlite3.connect(path) as connection:
        connection.execute("DROP TRIGGER records_stay")
        connection.execute("UPDATE records SET body = substr(body, 1, 40)")
    connection.close()


def _with_a_kind_of_record_that_came_later(path: Path) -> None:
    body = '{"run": "run-1", "at": "", "kind": "run forgiven"}'
    row = ("another", "run-1", "run forgiven", body)
    with sqlite3.connect(path) as connection:
        connection.execute(
            "INSERT INTO records (id, run, kind, body) VALUES (?, ?, ?, ?)", row
        )
    connection.close()


def _anothers_database(path: Path) -> None:
    path.unlink()
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE invoices (id INTEGER)")
    connection.close()


@pytest.mark.parametrize(
    "damage",
    [
        _not_sqlite,
        _newer,
        _cut_in_half,
        _cut_within_its_head,
        *(
            each
            for each in (
                _overwritten_in_the_middle,
                _with_a_half_written_record,
                _with_a_kind_of_record_that_came_later,
                _anothers_database,
            )
        ),
    ],
)
def test_a_damaged_ledger_is_told_and_left_as_it_is(
    path: Path, damage: Callable[[Path], None]
) -> None:
    """It names the file and what to do; not one byte is overwritten."""
    damage(path)
    before = path.read_bytes()
    with pytest.raises(StateDamaged) as caught:
        list(Ledger(path).records())
    assert str(path) in caught.value.what
    assert caught.value.why
    assert caught.value.advice
    assert caught.value.exit_code == ExitCode.UNAVAILABLE
    assert path.read_bytes() == before


def test_a_folder_that_cannot_be_one_is_told(tmp_path: Path) -> None:
    """Where the ledger's folder is a file, that is said, not a defect of the gate."""
    (tmp_path / ".gate").write_text("a file")
    with pytest.raises(StateDamaged):
        Ledger(tmp_path / ".gate" / "ledger.db")
