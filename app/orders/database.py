"""The database: SQLite on one machine, PostgreSQL on Heroku; Alembic migrates both."""

import os
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask import current_app
from sqlalchemy import JSON, BigInteger, Engine, String, create_engine, make_url
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
    """Where the database stands (None: never migrated), and where it should."""
    with engine.connect() as connection:
        current = MigrationContext.configure(connection).get_current_revision()
    return current, ScriptDirectory(SCRIPTS).get_current_head()


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
