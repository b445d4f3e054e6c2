"""The ledger's table in a file (SQLite).

Settings: a rollback journal and ``synchronous=EXTRA``, so that an intent is on disk
before its request leaves (https://sqlite.org/pragma.html#pragma_synchronous). Not WAL:
there a commit can be lost, and releases before 3.51.3 can corrupt the file.
"""

import os
import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path

from gate.errors import StateDamaged

PATIENCE = 10.0
_TABLE = (
    "CREATE TABLE records (seq INTEGER PRIMARY KEY, run TEXT NOT NULL,"
    " kind TEXT NOT NULL, body TEXT NOT NULL)"
)
_NO = "BEGIN SELECT RAISE(ABORT, 'a ledger only grows'); END"
_NO_UPDATE = f"CREATE TRIGGER records_stay BEFORE UPDATE ON records {_NO}"
_NO_DELETE = f"CREATE TRIGGER records_last BEFORE DELETE ON records {_NO}"
# INSERT OR REPLACE deletes without asking the trigger above.
_NO_REPLACE = (
    "CREATE TRIGGER records_follow BEFORE INSERT ON records"  # noqa: S608 - all ours
    " WHEN EXISTS (SELECT 1 FROM records WHERE seq = NEW.seq OR id = NEW.id) " + _NO
)
STEPS = (
    (_TABLE,),
    (
        "ALTER TABLE records ADD COLUMN id TEXT",
        "CREATE UNIQUE INDEX records_by_id ON records (id)",
        "CREATE INDEX records_by_run ON records (run)",
        _NO_UPDATE,
        _NO_DELETE,
        _NO_REPLACE,
    ),
)
"""What leads from each schema version to the next, from an empty file on."""
VERSION = len(STEPS)
"""It counts what earlier gates cannot read; with 2 came kinds of records as well."""


class SqliteTable:
    """A file that holds the records; whatever goes wrong with it is StateDamaged."""

    def __init__(self, path: Path) -> None:
        self.place = f"the ledger {path}"
        self._path = path
        self._lock = threading.Lock()
        self._opened: sqlite3.Connection | None = None
        self._known = False
        with self._told():
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._connection()

    def add(self, row: Sequence[str]) -> None:
        """Add a row: id, run, kind, body; it is durable when this returns."""
        with self._lock, self._told():
            try:
                self._connection().execute(
                    "INSERT INTO records (id, run, kind, body) VALUES (?, ?, ?, ?)", row
                )
            except sqlite3.Error:
                # A commit that failed may have reached the disk all the same.
                if not self._found_again(row[0]):
                    raise

    def bodies(self, run: str | None, kinds: tuple[str, ...]) -> list[str]:
        """Return the bodies of one run, or of all; of some kinds, or of all."""
        marks = ", ".join("?" * len(kinds))
        query = (
            "SELECT body FROM records WHERE (? IS NULL OR run = ?)"  # noqa: S608 - marks
            + (f" AND kind IN ({marks})" if kinds else "")
            + " ORDER BY seq"
        )
        with self._lock, self._told():
            rows = self._connection().execute(query, (run, run, *kinds)).fetchall()
        return [body for (body,) in rows]

    def lease(
        self,
        production: str,  # noqa: ARG002 - nothing to hold
        *,
        holder: str,  # noqa: ARG002
    ) -> AbstractContextManager[None]:
        """Give nothing: whoever uses a file holds the lock beside it."""
        return nullcontext()

    def close(self) -> None:
        """Close the file."""
        if self._opened is not None:
            self._opened.close()
        self._opened = None

    def _connection(self) -> sqlite3.Connection:
        if self._opened is None:
            self._opened = self._open()
        return self._opened

    def _found_again(self, key: str) -> bool:
        """Whether a row is there, as told by the file opened anew, and stays there."""
        self.close()
        query = "SELECT 1 FROM records WHERE id = ?"
        found = self._connection().execute(query, (key,))
        if found.fetchone() is None:
            return False
        for path in (self._path, self._path.parent):
            _sync(path)
        return True

    def _open(self) -> sqlite3.Connection:
        """Open the file; one that is there already is looked at before it is used."""
        if not self._path.exists():
            if self._known:  # it was here, with records: a new one is not the same
                raise FileNotFoundError(2, "it was moved away or deleted meanwhile")
            self._path.touch(mode=0o600)
        connection = sqlite3.connect(
            self._path,
            isolation_level=None,
            timeout=PATIENCE,
            check_same_thread=False,
        )
        try:
            connection.execute("PRAGMA synchronous = EXTRA")
            if self._version(connection) != VERSION:
                self._bring_up_to_date(connection)
            _require_sound(connection)
            connection.execute("PRAGMA journal_mode = DELETE")
        except BaseException:
            connection.close()
            raise
        self._known = True
        return connection

    def _version(self, connection: sqlite3.Connection) -> int:
        """Return the schema's version; raises StateDamaged where it is none of ours."""
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        (things,) = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
        if version > VERSION or (version == 0 and things):
            raise StateDamaged(
                f"{self.place} has schema {version}",
                why=f"this gate knows schemas up to {VERSION}",
                advice="use the gate that wrote it, or name another folder",
            )
        return int(version)

    def _bring_up_to_date(self, connection: sqlite3.Connection) -> None:
        """Take the schema from its version to ours in one transaction."""
        connection.execute("BEGIN IMMEDIATE")
        try:
            version = self._version(connection)  # another process may have been faster
            if version:
                _require_sound(connection)
            for step in STEPS[version:]:
                for statement in step:
                    connection.execute(statement)
            connection.execute(f"PRAGMA user_version = {VERSION}")
            connection.execute("COMMIT")
        except BaseException:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise self._damaged(
                error.strerror or str(error), "make room for it, or make it writable"
            ) from error
        except sqlite3.Error as error:
            name = getattr(error, "sqlite_errorname", "")
            advice = next(
                (says for start, says in ADVICE.items() if name.startswith(start)),
                f"move {self._path} away to begin a new ledger",
            )
            raise self._damaged(str(error).splitlines()[0], advice) from error

    def _damaged(self, why: str, advice: str) -> StateDamaged:
        return StateDamaged(f"{self.place} cannot be used", why=why, advice=advice)


ADVICE = {
    "SQLITE_FULL": "make room on its disk, then run the command again",
    "SQLITE_IOERR": "look at its disk and at the limits of this user, then run the "
    "command again",
    "SQLITE_READONLY": "make the file and its folder writable for this user",
    "SQLITE_CANTOPEN": "make the file and its folder writable for this user",
    "SQLITE_PERM": "make the file and its folder writable for this user",
    "SQLITE_BUSY": "another process is writing to it; wait for it, or end it",
}


def _require_sound(connection: sqlite3.Connection) -> None:
    (sound,) = connection.execute("PRAGMA quick_check(1)").fetchone()
    if sound != "ok":
        raise sqlite3.DatabaseError(sound)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
