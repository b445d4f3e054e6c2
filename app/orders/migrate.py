"""Bring the database to the newest revision: `python -m app.orders.migrate`."""

import os
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine

from app.orders import database

SCRIPTS = str(Path(__file__).parent / "migrations")


def head() -> str | None:
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
            # Python's driver would commit after each DDL statement.
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def main() -> None:
    """Migrate the database that the environment names, and say where it stands."""
    engine = database.connect(database.url(os.environ))
    upgrade(engine)
    print(f"orders: the database is at revision {current(engine)}")


if __name__ == "__main__":
    main()
