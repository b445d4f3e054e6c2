"""One session with a PostgreSQL server; it is begun anew once where it broke.

The address holds a password: it is taken apart here, and no error tells more of it than
the host.
"""

import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any, LiteralString
from urllib.parse import quote

import psycopg
from psycopg.conninfo import conninfo_to_dict

from gate.errors import GateError, StateDamaged, UsageProblem

PATIENCE = 30
"""Seconds for a statement, and for a silent network."""
CONNECTING: dict[str, Any] = {
    "autocommit": True,
    "prepare_threshold": None,  # also where a pool hands out the sessions
    "application_name": "gate",
    "connect_timeout": 10,
    "keepalives_idle": PATIENCE // 3,
    "keepalives_interval": PATIENCE // 3,
    "keepalives_count": 2,
    "tcp_user_timeout": PATIENCE * 1000,
}
SETTINGS: tuple[LiteralString, ...] = (
    "SET synchronous_commit = on",
    "SET statement_timeout = '30s'",
    "SET lock_timeout = '10s'",
)
SCHEMES = ("postgres://", "postgresql://")
ADVICE = "look at the server that GATE_LEDGER_URL names, then run the command again"


class Session:
    """What is asked of a server; whatever goes wrong with it is StateDamaged.

    *when_anew* is called with a new session that takes the place of a broken one. What
    it raises forbids all writing from then on.
    """

    def __init__(self, address: str) -> None:
        self._told = _parts(address)
        self._address = address
        self.place = f"the ledger on {self._told.get('host', 'its server')}"
        self.when_anew: Callable[[], None] | None = None
        self._forbidden: GateError | None = None
        self._is_beginning = False
        self._lock = threading.RLock()
        self._connection = self._begin()

    def ask(
        self,
        query: LiteralString,
        values: Sequence[object] = (),
        *,
        writes: bool = False,
    ) -> list[tuple[Any, ...]]:
        """Return what a query finds; it is asked once more where the session broke.

        So what *writes* must be harmless when carried out twice. It raises what
        `when_anew` has raised, if it did.
        """
        with self._lock:
            if self._connection.closed and not self._is_beginning:
                self._begin_anew()
            try:
                return self._run(query, values, writes=writes)
            except psycopg.Error as error:
                if self._is_beginning or not self._connection.closed:
                    raise self._trouble(error) from None
            self._begin_anew()
            try:
                return self._run(query, values, writes=writes)
            except psycopg.Error as error:
                raise self._trouble(error) from None

    def together(self, statements: LiteralString) -> None:
        """Carry out several statements, all or none."""
        with self._lock:
            try:
                with self._connection.transaction():
                    self._connection.execute(statements)
            except psycopg.Error as error:
                raise self._trouble(error) from None

    def close(self) -> None:
        """End the session."""
        with suppress(psycopg.Error):
            self._connection.close()

    def _run(
        self, query: LiteralString, values: Sequence[object], *, writes: bool
    ) -> list[tuple[Any, ...]]:
        if writes and self._forbidden is not None:
            raise self._forbidden
        cursor = self._connection.execute(query, values)
        return cursor.fetchall() if cursor.description else []

    def _begin(self) -> psycopg.Connection[tuple[Any, ...]]:
        try:
            connection = psycopg.connect(self._address, **CONNECTING)
            for statement in SETTINGS:
                connection.execute(statement)
        except psycopg.Error as error:
            raise self._trouble(error) from None
        return connection

    def _begin_anew(self) -> None:
        self._connection = self._begin()
        if self.when_anew is None:
            return
        self._is_beginning = True
        try:
            self.when_anew()
        except GateError as error:
            self._forbidden = error
        finally:
            self._is_beginning = False

    def _trouble(self, error: psycopg.Error) -> StateDamaged:
        said = error.diag.message_primary or str(error) or type(error).__name__
        return StateDamaged(
            f"{self.place} cannot be used",
            why=self._without_secrets(said.strip().splitlines()[0]),
            advice=ADVICE,
        )

    def _without_secrets(self, text: str) -> str:
        words = [self._told.get(each, "") for each in ("password", "sslpassword")]
        for secret in (self._address, *words, *(quote(each, "") for each in words)):
            if secret:
                text = text.replace(secret, "…")
        return text


def _parts(address: str) -> dict[str, str]:
    """Return what an address is made of; raises UsageProblem, without showing it."""
    parts: dict[str, Any] | None = None
    if address.startswith(SCHEMES):
        with suppress(psycopg.Error):
            parts = conninfo_to_dict(address)
    if parts is None:
        raise UsageProblem(
            "GATE_LEDGER_URL is no address of a PostgreSQL server",
            why="it is not shown here, as it may hold a password",
            advice="write it as postgresql://USER:PASSWORD@HOST:PORT/DATABASE",
        )
    return {name: str(value) for name, value in parts.items()}
