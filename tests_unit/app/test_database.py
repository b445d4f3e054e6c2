"""Databases, migrations, readiness and the release phase."""

import runpy
import shutil
import sys
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from flask.testing import FlaskClient

from app import orders, release
from app.orders import database


@pytest.mark.parametrize(
    ("given", "used"),
    [
        ("", "sqlite:///orders.db"),
        ("postgres://u@h/d", "postgresql+psycopg://u@h/d"),
        (
            "postgresql://u@h/d?sslmode=require",
            "postgresql+psycopg://u@h/d?sslmode=require",
        ),
    ],
)
def test_the_url_gets_the_driver_that_is_shipped(
    given: str, used: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Heroku's postgres:// works, and SQLite is the default."""
    monkeypatch.setenv("DATABASE_URL", given)
    assert str(database.connect().url) == used


def test_the_migrations_arrive_at_the_tables(database_url: str) -> None:
    """What the code maps is what the migrations create; SQLite writes ahead."""
    with database.connect().connect() as connection:
        context = MigrationContext.configure(connection)
        assert compare_metadata(context, database.Base.metadata) == []
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"


def test_migrating_twice_changes_nothing(database_url: str) -> None:
    """The release phase may run again on the same database."""
    engine = database.connect()
    database.upgrade(engine)
    assert database.revisions(engine) == ("0001", "0001")


def test_a_migration_that_fails_leaves_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A release phase that breaks half-way can be repeated."""
    scripts = tmp_path / "migrations"
    shutil.copytree(database.SCRIPTS, scripts)
    (scripts / "versions" / "v9999_broken.py").write_text(
        "revision = '9999'\ndown_revision = '0001'\n"
        "def upgrade():\n    raise RuntimeError('half-way')\n"
    )
    monkeypatch.setattr(database, "SCRIPTS", str(scripts))
    engine = sa.create_engine(f"sqlite:///{tmp_path / 'orders.db'}")
    with pytest.raises(RuntimeError, match="half-way"):
        database.upgrade(engine)
    assert sa.inspect(engine).get_table_names() == []


def test_old_code_accepts_a_database_that_is_ahead_of_it(
    client: FlaskClient, database_url: str
) -> None:
    """As after a rollback: its release phase changes nothing, and it is ready."""
    engine = database.connect()
    with engine.begin() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '0999'")
    database.upgrade(engine)
    assert database.revisions(engine) == ("0999", "0999")
    assert client.get("/readyz").json == {"status": "ok"}


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
    assert "needs 0001" in answer.text
    assert client.get("/livez").status_code == 200


def test_an_unreachable_database_is_a_503_problem(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Readiness and requests alike answer 503, without naming the database."""
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{tmp_path}/nowhere/orders.db")
    client = orders.create_app().test_client()
    for path in ("/readyz", "/products", "/orders/1"):
        answer = client.get(path)
        assert answer.status_code == 503
        assert answer.content_type == "application/problem+json"
        assert "nowhere" not in answer.text


def test_the_release_phase_migrates_orders(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Without COMPONENT the component is orders, and its database is migrated."""
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{tmp_path / 'orders.db'}")
    monkeypatch.delenv("COMPONENT", raising=False)
    monkeypatch.delitem(sys.modules, "app.release")
    runpy.run_module("app.release", run_name="__main__")
    assert "at revision 0001" in capsys.readouterr().out
    assert database.revisions(database.connect()) == ("0001", "0001")


def test_the_release_phase_leaves_pricing_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Pricing has no database."""
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{tmp_path / 'orders.db'}")
    monkeypatch.setenv("COMPONENT", "pricing")
    release.main()
    assert not (tmp_path / "orders.db").exists()


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
