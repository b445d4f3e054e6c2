"""SQLite for one machine, PostgreSQL (DATABASE_URL) for Heroku."""

import sqlite3
from collections.abc import Mapping
from typing import Any

from flask import current_app
from sqlalchemy import Engine, create_engine, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.orm import Session, sessionmaker


def url(environ: Mapping[str, str]) -> URL:
    """The database that DATABASE_URL names, with the driver that we ship."""
    address = make_url(environ.get("DATABASE_URL") or "sqlite:///orders.db")
    if address.drivername in ("postgres", "postgresql"):
        return address.set(drivername="postgresql+psycopg")
    return address


def connect(address: URL) -> Engine:
    """An engine for *address*; it connects on first use, and gives up in seconds."""
    if address.get_backend_name() == "sqlite":
        engine = create_engine(address)
        event.listen(engine, "connect", _share)
        return engine
    patience = {"connect_timeout": 3}
    return create_engine(address, pool_pre_ping=True, connect_args=patience)


def _share(connection: sqlite3.Connection, _record: Any) -> None:
    """Let several workers read while one writes, and writers queue for a while."""
    for pragma in ("busy_timeout=5000", "journal_mode=WAL", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}").close()


def session() -> Session:
    """A session with the database of the current app, to be used as a context."""
    sessions: sessionmaker[Session] = current_app.extensions["sessions"]
    return sessions()
