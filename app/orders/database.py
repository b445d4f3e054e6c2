"""The database: SQLite on one machine, PostgreSQL on Heroku; Alembic migrates both.

After a rollback old code meets what newer migrations have left. So the release before
must be able to live with each of them: add first, take away once nobody needs it.
"""

import os
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask import current_app
from sqlalchemy import (
    JSON,
    BigInteger,
    Connection,
    Engine,
    String,
    create_engine,
    make_url,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

SCRIPTS = str(Path(__file__).parent / "migrations")


class Base(DeclarativeBase):
    """The schema that the migrations must arrive at."""


class Product(Base):
    __tablename__ = "products"
    sku: Mapped[str] = mapped_column(String(40), primary_key=True)
    name: Mapped[str] = mapped_column(String(80))


class Order(Base):
    __tablename__ = "orders"
    id: Mapped[int] = mapped_column(primary_key=True)
    customer: Mapped[str] = mapped_column(String(80))
    status: Mapped[str] = mapped_column(String(10), default="pending")
    total: Mapped[int] = mapped_column(BigInteger)
    idempotency_key: Mapped[str | None] = mapped_column(String(64), unique=True)
    # At the prices that held when the order was placed; never changed afterwards.
    items: Mapped[list[dict[str, Any]]] = mapped_column(JSON)


def connect() -> Engine:
    """The database of DATABASE_URL; connects on first use, and gives up in seconds."""
    url = make_url(os.environ.get("DATABASE_URL") or "sqlite:///orders.db")
    if url.drivername == "sqlite":
        return create_engine(url)
    url = url.set(drivername="postgresql+psycopg")  # Heroku says postgres://
    return create_engine(url, pool_pre_ping=True, connect_args={"connect_timeout": 3})


def session() -> Session:
    """A session with the database of the current app, to be used as a context."""
    return Session(current_app.extensions["engine"], expire_on_commit=False)


def revisions(engine: Engine) -> tuple[str | None, str | None]:
    """Where the database stands (None: never migrated), and where it should.

    One that a newer release has migrated further stands where it should.
    """
    with engine.connect() as connection:
        current = standing(connection)
    ours = ScriptDirectory(SCRIPTS)
    return current, current if is_ahead(current, ours) else ours.get_current_head()


def standing(connection: Connection) -> str | None:
    """The revision that a database is at."""
    return MigrationContext.configure(connection).get_current_revision()


def is_ahead(revision: str | None, ours: ScriptDirectory) -> bool:
    """Whether *revision* is a newer release's: it is none of *ours*."""
    known = {script.revision for script in ours.walk_revisions()}
    return revision is not None and revision not in known


def upgrade(engine: Engine) -> None:
    """Migrate the database behind *engine* to the newest revision, or not at all.

    One that is ahead of this release, as after a rollback, is left as it is: Alembic
    would not know its revision, and the release would fail.
    """
    config = Config()
    config.set_main_option("script_location", SCRIPTS)
    with engine.begin() as connection:
        if connection.dialect.name == "sqlite":
            # Readers need not wait for a writer; and its driver would begin too late.
            connection.exec_driver_sql("PRAGMA journal_mode=WAL")
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        if is_ahead(standing(connection), ScriptDirectory(SCRIPTS)):
            return
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
