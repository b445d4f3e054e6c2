"""SQLite for one machine, PostgreSQL (DATABASE_URL) for Heroku; Alembic migrates both."""

import os
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask import current_app
from sqlalchemy import Engine, create_engine, make_url
from sqlalchemy.orm import Session, sessionmaker

SCRIPTS = str(Path(__file__).parent / "migrations")


def connect() -> Engine:
    """The database of DATABASE_URL; connects on first use, and gives up in seconds."""
    url = make_url(os.environ.get("DATABASE_URL") or "sqlite:///orders.db")
    if url.drivername == "sqlite":
        return create_engine(url)
    url = url.set(drivername="postgresql+psycopg")  # Heroku says postgres://
    return create_engine(url, pool_pre_ping=True, connect_args={"connect_timeout": 3})


def session() -> Session:
    """A session with the database of the current app, to be used as a context."""
    sessions: sessionmaker[Session] = current_app.extensions["sessions"]
    return sessions()


def newest() -> str | None:
    """The newest revision that this code knows."""
    return ScriptDirectory(SCRIPTS).get_current_head()


def current(engine: Engine) -> str | None:
    """The revision of the database; None when it was never migrated."""
    with engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def upgrade(engine: Engine) -> None:
    """Migrate the database behind *engine* to the newest revision, or not at all."""
    config = Config()
    config.set_main_option("script_location", SCRIPTS)
    with engine.begin() as connection:
        if connection.dialect.name == "sqlite":
            # Readers need not wait for a writer; and its driver would begin too late.
            connection.exec_driver_sql("PRAGMA journal_mode=WAL")
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
