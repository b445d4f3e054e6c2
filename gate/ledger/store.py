"""The ledger on disk: one SQLite table that only grows.

Settings: a rollback journal and ``synchronous=EXTRA``, so that an intent is on
disk before its request leaves (https://sqlite.org/pragma.html#pragma_synchronous).
"""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from pydantic import ValidationError

from gate.errors import StateDamaged
from gate.ledger.encoding import to_json
from gate.ledger.records import RECORD, Record, RunClosed, RunOpened

SCHEMA_VERSION = 1
Listener = Callable[[Record], None]


class Ledger:
    """All records of all runs; `append` returns once the record is durable.

    Raises StateDamaged when the file is not a ledger, or is from a newer gate.
    """

    def __init__(self, path: Path, *, listeners: tuple[Listener, ...] = ()) -> None:
        self.path = path
        self._listeners = listeners
        with self._translated():
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._connection = self._open()
            path.chmod(0o600)

    def append(self, record: Record) -> None:
        """Write one record, then tell the listeners."""
        with self._translated():
            self._connection.execute(
                "INSERT INTO records (run, kind, body) VALUES (?, ?, ?)",
                (record.run, record.kind, to_json(RECORD, record).decode()),
            )
        for listener in self._listeners:
            listener(record)

    def records(self, run: str | None = None) -> Iterator[Record]:
        """Yield the records of one run, or of all, oldest first."""
        query = "SELECT body FROM records WHERE ?1 IS NULL OR run = ?1 ORDER BY seq"
        with self._translated():
            bodies = self._connection.execute(query, (run,)).fetchall()
            for (body,) in bodies:
                yield RECORD.validate_json(body)

    def runs(self) -> tuple[str, ...]:
        """Return the runs, newest first."""
        opened = [r.run for r in self.records() if isinstance(r, RunOpened)]
        return tuple(reversed(opened))

    def open_runs(self) -> tuple[str, ...]:
        """Return the runs that were begun and never closed."""
        closed = {r.run for r in self.records() if isinstance(r, RunClosed)}
        return tuple(run for run in self.runs() if run not in closed)

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    def _open(self) -> sqlite3.Connection:
        """Open the file; one that is there already is looked at before it is used."""
        new = not self.path.exists() or self.path.stat().st_size == 0
        connection = sqlite3.connect(
            self.path, isolation_level=None, timeout=10, check_same_thread=False
        )
        if new:
            connection.executescript(
                "PRAGMA journal_mode = DELETE; BEGIN;"
                "CREATE TABLE IF NOT EXISTS records ("
                " seq INTEGER PRIMARY KEY, run TEXT NOT NULL,"
                " kind TEXT NOT NULL, body TEXT NOT NULL);"
                f"PRAGMA user_version = {SCHEMA_VERSION}; COMMIT;"
            )
        else:
            self._look_at(connection)
        connection.execute("PRAGMA synchronous = EXTRA")
        return connection

    def _look_at(self, connection: sqlite3.Connection) -> None:
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        if version != SCHEMA_VERSION:
            raise StateDamaged(
                f"the ledger {self.path} has schema {version}",
                why=f"this gate knows schema {SCHEMA_VERSION}",
                advice="use the gate that wrote it, or name another folder",
            )
        (sound,) = connection.execute("PRAGMA quick_check(1)").fetchone()
        if sound != "ok":
            raise sqlite3.DatabaseError(sound)

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except (OSError, sqlite3.Error, ValidationError) as error:
            raise StateDamaged(
                f"the ledger {self.path} cannot be used",
                why=str(error).splitlines()[0],
                advice=f"move {self.path} away to begin a new ledger",
            ) from error
