"""One run at a time for all machines that share a ledger on a server.

The lease is an advisory lock of the session: the server frees it whatever becomes of
us. A row beside it tells who holds it, or had it last. A pool that hands each statement
another session (PgBouncer in transaction mode) cannot give it.
"""

import hashlib
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from typing import NamedTuple

from gate.errors import GateError, LeaseHeld
from gate.ledger.lease import MOMENT, held, on_this_machine
from gate.ledger.postgresql_session import Session

PATIENCE = 5.0
"""Seconds that a server may need to see that an old session of ours is broken."""
PAUSE = 0.1


class Holder(NamedTuple):
    """Who holds a lease, or had it last: in words, and by a token of that run alone."""

    name: str
    token: str
    holds: bool


@contextmanager
def session_lease(session: Session, production: str, *, holder: str) -> Iterator[None]:
    """Hold the lease of a production app as long as the session lasts.

    A session that takes the place of a broken one takes the lease again; where another
    run had it meanwhile, nothing more is written. Raises LeaseHeld, naming the holder.
    """
    lease = _Lease(session, production)
    since = datetime.now(UTC).isoformat(timespec="seconds")
    lease.take(on_this_machine(holder, f"since {since}"))
    session.when_anew = lease.take_again
    try:
        yield
    finally:
        session.when_anew = None
        with suppress(GateError):  # a broken session has given it back already
            lease.give_back()


class _Lease:
    """The lease of one production app, as one run takes it."""

    def __init__(self, session: Session, production: str) -> None:
        digest = hashlib.sha256(f"gate lease {production}".encode()).digest()
        self._number = int.from_bytes(digest[:8], "big", signed=True)
        self._production = production
        self._session = session
        self._token = secrets.token_hex(8)

    def take(self, name: str) -> None:
        if not self._locked():
            raise self._refused()
        self._session.ask(
            "INSERT INTO gate_leases VALUES (%s, %s, %s, true)"
            " ON CONFLICT (production) DO UPDATE SET"
            " holder = excluded.holder, token = excluded.token, held = true",
            (self._production, name, self._token),
            writes=True,
        )

    def take_again(self) -> None:
        """Take it in a new session, unless somebody else has it or had it meanwhile."""
        end = time.monotonic() + PATIENCE
        while True:
            locked, holder = self._locked(), self._holder()
            ours = holder.token == self._token
            if locked and ours:
                return
            if locked:
                self._unlock()
            if not ours or time.monotonic() > end:
                raise held("with this ledger", holder.name)
            time.sleep(PAUSE)

    def give_back(self) -> None:
        self._session.ask(
            "UPDATE gate_leases SET held = false WHERE token = %s", (self._token,)
        )
        self._unlock()

    def _refused(self) -> LeaseHeld:
        """Return who holds it; whoever has just taken it says so within a moment."""
        end = time.monotonic() + MOMENT
        while not (holder := self._holder()).holds and time.monotonic() < end:
            time.sleep(MOMENT / 50)
        return held("with this ledger", holder.name if holder.holds else "")

    def _locked(self) -> bool:
        query = "SELECT pg_try_advisory_lock(%s)"
        return self._session.ask(query, (self._number,)) == [(True,)]

    def _unlock(self) -> None:
        self._session.ask("SELECT pg_advisory_unlock(%s)", (self._number,))

    def _holder(self) -> Holder:
        found = self._session.ask(
            "SELECT holder, token, held FROM gate_leases WHERE production = %s",
            (self._production,),
        )
        return Holder(*found[0]) if found else Holder("", "", holds=False)
