"""The ledger: all records of all runs, in a table that only grows.

The table is a file (`gate.ledger.sqlite_table`), or on a server where several machines
gate the same pipeline (`gate.ledger.postgresql_table`).
"""

import secrets
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import NamedTuple, Protocol

from pydantic import ValidationError

from gate.errors import StateDamaged
from gate.ledger.encoding import to_json
from gate.ledger.records import RECORD, Record, RunClosed, RunOpened
from gate.ledger.sqlite_table import SqliteTable

Listener = Callable[[Record], None]
OPENED, CLOSED = "run opened", "run closed"


class Row(NamedTuple):
    """One record as it is stored; *id* tells it from every other, also from its like."""

    id: str
    run: str
    kind: str
    body: str


class Table(Protocol):
    """Where records are kept; all methods raise StateDamaged."""

    place: str

    def add(self, row: Row) -> None:
        """Add a row; when this returns it is durable, when this raises it was not sent.

        Where a commit failed, whether it is there is read again.
        """
        ...

    def bodies(self, run: str | None, kinds: tuple[str, ...]) -> list[str]:
        """Return the bodies of one run, or of all; of some kinds, or of all."""
        ...

    def lease(self, production: str, *, holder: str) -> AbstractContextManager[None]:
        """Hold the lease of a production app, where the table has one to give.

        Raises LeaseHeld.
        """
        ...

    def close(self) -> None:
        """Let go of it."""
        ...


class Ledger:
    """All records of all runs; `append` returns once the record is durable.

    Raises StateDamaged when it is no ledger, is from a newer gate, or takes no more.
    """

    def __init__(
        self, where: Path | Table, *, listeners: tuple[Listener, ...] = ()
    ) -> None:
        self._table = SqliteTable(where) if isinstance(where, Path) else where
        self._listeners = listeners

    def append(self, record: Record) -> None:
        """Write one record, then tell the listeners."""
        body = to_json(RECORD, record).decode()
        self._table.add(Row(secrets.token_hex(16), record.run, record.kind, body))
        for listener in self._listeners:
            listener(record)

    def records(self, run: str | None = None) -> Iterator[Record]:
        """Yield the records of one run, or of all, oldest first."""
        return self._records(run)

    def runs(self) -> tuple[str, ...]:
        """Return the runs, newest first."""
        opened = [r.run for r in self._records(kinds=(OPENED,))]
        return tuple(reversed(opened))

    def open_runs(
        self, production: str | None = None, platform: str = ""
    ) -> tuple[str, ...]:
        """Return the runs, newest first, that were begun and never closed.

        Of one *production* app alone, where it is named, and on that *platform*: in a
        shared ledger another one may have an app of the same name.
        """
        ends = tuple(self._records(kinds=(OPENED, CLOSED)))
        closed = {r.run for r in ends if isinstance(r, RunClosed)}
        return tuple(
            r.run
            for r in reversed(ends)
            if isinstance(r, RunOpened)
            and r.run not in closed
            and r.is_of(production, platform)
        )

    def lease(self, production: str, *, holder: str) -> AbstractContextManager[None]:
        """Hold the lease of *production* where the ledger is shared; raises LeaseHeld.

        A ledger in a file has none to give: the lock beside it is enough.
        """
        return self._table.lease(production, holder=holder)

    def close(self) -> None:
        """Let go of the file or the server."""
        self._table.close()

    def _records(
        self, run: str | None = None, kinds: tuple[str, ...] = ()
    ) -> Iterator[Record]:
        for body in self._table.bodies(run, kinds):
            try:
                yield RECORD.validate_json(body)
            except ValidationError as error:
                raise StateDamaged(
                    f"{self._table.place} holds a record that cannot be read",
                    why=str(error).splitlines()[0],
                    advice="nothing was changed; use the gate that wrote it, or keep "
                    "this ledger aside and begin a new one",
                ) from error
