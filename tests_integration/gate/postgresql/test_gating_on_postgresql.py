"""The app is gated on PostgreSQL as it is on SQLite, after one command."""

import json
from typing import Any

import psycopg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from app.orders import database
from gate.wiring import House, local_client

APP = "orders-staging"


@pytest.fixture(scope="module")
def database_url(clone: Any) -> str:
    """The address of staging's database, made by one command."""
    create = ("local", "addons", "create", "heroku-postgresql", "-a", APP)
    addon = json.loads(clone.gate(*create, "--json"))["addon"]
    assert addon["config_vars"] == ["DATABASE_URL"]
    (listed,) = json.loads(clone.gate("local", "addons", "--json"))["addons"]
    assert (listed["app"], listed["name"]) == (APP, addon["name"])
    platform = local_client(House.around(clone.folder))
    return platform.config_vars(APP)["DATABASE_URL"]


def test_the_release_command_migrated_it(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """To the tables that the code maps; migrating again changes nothing."""
    monkeypatch.setenv("DATABASE_URL", database_url)
    engine = database.connect()
    current, newest = database.revisions(engine)
    assert current == newest is not None
    database.upgrade(engine)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection)
        assert compare_metadata(context, database.Base.metadata) == []
    engine.dispose()


def test_integration_passes_on_postgresql(clone: Any, database_url: str) -> None:
    """The suites pass, and the orders that they placed lie there."""
    suites = ("tests_integration/app", "-m", "gate and (integration or health)")
    judged = clone.pytest("-q", *suites)

    assert judged.returncode == 0, judged.stdout + judged.stderr
    assert "12 passed" in judged.stdout
    with psycopg.connect(database_url) as connection:
        row = connection.execute("SELECT count(*) FROM orders").fetchone()
    assert row is not None
    assert row[0] > 0


def test_the_addon_goes_only_when_its_app_is_named_twice(
    clone: Any, database_url: str
) -> None:
    """Then its data are gone, and the app is back on its SQLite file."""
    named = ("local", "addons", "destroy", "heroku-postgresql", "-a", APP)
    assert f"--confirm {APP}" in clone.refused(*named)
    assert "is destroyed" in clone.gate(*named, "--confirm", APP)
    platform = local_client(House.around(clone.folder))
    assert platform.config_vars(APP)["DATABASE_URL"].startswith("sqlite:")
    assert clone.gate("local", "addons").strip() == "there are no add-ons"
    unknown = clone.refused(*named, "--confirm", APP)
    assert "Couldn't find that add-on" in unknown


def test_what_is_not_emulated_is_told_with_what_is(clone: Any) -> None:
    """As a mistake of usage, in a sentence."""
    wanted = ("local", "addons", "create", "heroku-redis", "-a", APP)
    only = "the only add-on is heroku-postgresql:essential-0"
    assert only in clone.refused(*wanted)
