"""Databases, migrations, readiness and the release phase."""

import os
import runpy
import shutil
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from flask.testing import FlaskClient

from app import orders, release
from app.orders import database, migrate
from app.orders.tables import Base


@pytest.mark.parametrize(
    ("given", "used"),
    [
        (None, "sqlite:///orders.db"),
        ("", "sqlite:///orders.db"),
        ("postgres://u@h/d", "postgresql+psycopg://u@h/d"),
        (
            "postgresql://u@h/d?sslmode=require",
            "postgresql+psycopg://u@h/d?sslmode=require",
        ),
        ("postgresql+psycopg://u@h/d", "postgresql+psycopg://u@h/d"),
    ],
)
def test_the_url_gets_the_driver_that_is_shipped(given: str | None, used: str) -> None:
    """Heroku's postgres:// works, and SQLite is the default."""
    environ = {} if given is None else {"DATABASE_URL": given}
    assert str(database.url(environ)) == used


def test_postgresql_connections_are_checked_and_bounded() -> None:
    """A connection that went away is noticed before use."""
    engine = database.connect(database.url({"DATABASE_URL": "postgres://u@h/d"}))
    assert engine.dialect.driver == "psycopg"
    assert engine.pool._pre_ping is True


def test_sqlite_waits_and_writes_ahead(database_url: str) -> None:
    """Workers share the file: WAL, a busy timeout, and foreign keys that hold."""
    engine = database.connect(sa.make_url(database_url))
    with engine.connect() as connection:
        pragmas = [
            connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "busy_timeout", "foreign_keys")
        ]
    assert pragmas == ["wal", 5000, 1]


def test_the_migrations_arrive_at_the_tables(database_url: str) -> None:
    """What the code maps is what the migrations create."""
    with database.connect(sa.make_url(database_url)).connect() as connection:
        context = MigrationContext.configure(connection)
        assert compare_metadata(context, Base.metadata) == []


def test_migrating_twice_changes_nothing(database_url: str) -> None:
    """The release phase may run again on the same database."""
    engine = database.connect(sa.make_url(database_url))
    migrate.upgrade(engine)
    assert migrate.current(engine) == migrate.head()


def test_a_migration_that_fails_leaves_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A release phase that breaks half-way can be repeated."""
    scripts = tmp_path / "migrations"
    shutil.copytree(migrate.SCRIPTS, scripts)
    (scripts / "versions" / "v9999_broken.py").write_text(
        "revision = '9999'\ndown_revision = '0002'\n"
        "def upgrade():\n    raise RuntimeError('half-way')\n"
    )
    monkeypatch.setattr(migrate, "SCRIPTS", str(scripts))
    engine = database.connect(sa.make_url(f"sqlite:///{tmp_path / 'orders.db'}"))
    with pytest.raises(RuntimeError, match="half-way"):
        migrate.upgrade(engine)
    assert sa.inspect(engine).get_table_names() == []


def test_ready_means_migrated(client: FlaskClient) -> None:
    """A reachable database at the newest revision is ready."""
    assert client.get("/readyz").json == {"status": "ok"}


def test_an_unmigrated_database_is_not_ready(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Readiness says which revision is missing; liveness does not care."""
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{tmp_path / 'empty.db'}")
    client = orders.create_app().test_client()
    answer = client.get("/readyz")
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
    assert "needs 0002" in answer.text
    assert client.get("/livez").status_code == 200


def test_an_unreachable_database_is_a_503_problem(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Readiness and requests alike answer 503, without naming the database."""
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{tmp_path}/nowhere/orders.db")
    client = orders.create_app().test_client()
    for path in ("/readyz", "/products", "/orders/1"):
        answer = client.get(path)
        assert (answer.status_code, answer.content_type) == (
            503,
            "application/problem+json",
        )
        assert "nowhere" not in answer.text


def test_pricing_has_a_default_address(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a developer's machine pricing is expected on port 8001."""
    monkeypatch.delenv("PRICING_URL", raising=False)
    assert orders.create_app().extensions["pricing"]._url == "http://127.0.0.1:8001"


@pytest.mark.parametrize("module", ["app.release", "app.orders.migrate"])
def test_the_release_phase_migrates_orders(
    module: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Without COMPONENT the component is orders, and its database is migrated."""
    url = f"sqlite:///{tmp_path / 'orders.db'}"
    monkeypatch.setenv("DATABASE_URL", url)
    monkeypatch.delenv("COMPONENT", raising=False)
    monkeypatch.delitem(__import__("sys").modules, module, raising=False)
    runpy.run_module(module, run_name="__main__")
    assert "at revision 0002" in capsys.readouterr().out
    assert migrate.current(database.connect(sa.make_url(url))) == "0002"


def test_the_release_phase_leaves_pricing_alone(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Pricing has no database."""
    release.main("pricing")
    assert capsys.readouterr().out == "pricing: nothing to do before this release\n"


def test_gunicorn_follows_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """PORT, HOST and WEB_CONCURRENCY decide; a dyno listens on every interface."""
    for name in ("HOST", "WEB_CONCURRENCY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PORT", "5003")
    settings = runpy.run_module("app.gunicorn")
    assert (settings["bind"], settings["workers"]) == ("0.0.0.0:5003", 2)
    monkeypatch.setenv("HOST", "127.0.0.1")
    monkeypatch.setenv("WEB_CONCURRENCY", "1")
    settings = runpy.run_module("app.gunicorn")
    assert (settings["bind"], settings["workers"]) == ("127.0.0.1:5003", 1)
    assert os.environ["PORT"] == "5003"
