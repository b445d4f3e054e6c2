"""The ledger's table on a PostgreSQL server, for machines that gate the same pipeline."""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import Any, Final, LiteralString

from gate.errors import StateDamaged
from gate.ledger.postgresql_lease import session_lease
from gate.ledger.postgresql_session import Session

VERSION: Final = 2
"""As in `gate.ledger.sqlite_table`; no version 1 was ever on a server."""
SCHEMA: Final[LiteralString] = """
-- Two gates may find the same empty database.
SELECT pg_advisory_xact_lock(hashtext('gate ledger'));
CREATE TABLE IF NOT EXISTS gate_ledger (version integer PRIMARY KEY);
INSERT INTO gate_ledger SELECT 2 WHERE NOT EXISTS (SELECT FROM gate_ledger);
CREATE TABLE IF NOT EXISTS gate_records (
  seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  id text NOT NULL UNIQUE,
  run text NOT NULL,
  kind text NOT NULL,
  body text NOT NULL
);
CREATE INDEX IF NOT EXISTS gate_records_by_run ON gate_records (run);
CREATE TABLE IF NOT EXISTS gate_leases (
  production text PRIMARY KEY,
  holder text NOT NULL,
  token text NOT NULL,
  held boolean NOT NULL
);
CREATE OR REPLACE FUNCTION gate_records_stay() RETURNS trigger LANGUAGE plpgsql AS
  $$ BEGIN RAISE EXCEPTION 'a ledger only grows'; END $$;
CREATE OR REPLACE TRIGGER gate_records_stay
  BEFORE UPDATE OR DELETE OR TRUNCATE ON gate_records
  EXECUTE FUNCTION gate_records_stay();
"""


class PostgresqlTable:
    """A table of a server; whatever goes wrong with it is StateDamaged."""

    def __init__(self, address: str) -> None:
        self._session = Session(address)
        self.place = self._session.place
        try:
            self._look_at()
        except BaseException:
            self._session.close()
            raise

    def add(self, row: Sequence[str]) -> None:
        """Add a row: id, run, kind, body; it is durable when this returns.

        Where the session broke, and its lease is still ours, the row is added unless it
        is there: a lost answer changes nothing. Raises LeaseHeld where it is not.
        """
        self._session.ask(
            "INSERT INTO gate_records (id, run, kind, body) VALUES (%s, %s, %s, %s)"
            " ON CONFLICT (id) DO NOTHING",
            row,
            writes=True,
        )

    def bodies(self, run: str | None, kinds: tuple[str, ...]) -> list[str]:
        """Return the bodies of one run, or of all; of some kinds, or of all."""
        rows = self._session.ask(
            "SELECT body FROM gate_records WHERE (%s::text IS NULL OR run = %s)"
            " AND (cardinality(%s::text[]) = 0 OR kind = ANY(%s)) ORDER BY seq",
            (run, run, list(kinds), list(kinds)),
        )
        return [body for (body,) in rows]

    def lease(self, production: str, *, holder: str) -> AbstractContextManager[None]:
        """Hold the lease of a production app; raises LeaseHeld."""
        return session_lease(self._session, production, holder=holder)

    def close(self) -> None:
        """End the session."""
        self._session.close()

    def _look_at(self) -> None:
        """Make the tables where there are none; refuse those of a newer gate."""
        there: list[tuple[Any, ...]] = self._session.ask(
            "SELECT to_regclass('gate_ledger') IS NOT NULL"
        )
        if there != [(True,)]:
            self._session.together(SCHEMA)
        found = self._session.ask("SELECT max(version) FROM gate_ledger")
        if found != [(VERSION,)]:
            raise StateDamaged(
                f"{self.place} has schema {found[0][0]}",
                why=f"this gate knows schema {VERSION}",
                advice="use the gate that wrote it, or name another database",
            )
