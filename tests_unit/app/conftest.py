"""A migrated SQLite file per test, the real pricing app on loopback, test clients."""

import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import create_engine
from werkzeug.serving import make_server

from app import orders, pricing
from app.orders import database


@contextmanager
def serving(app: Flask) -> Iterator[str]:
    """The base URL of *app*, served on a free loopback port for a while."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture(scope="session")
def pricing_url() -> Iterator[str]:
    """The real pricing service, without sandbox."""
    with serving(pricing.create_app()) as url:
        yield url


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A freshly migrated database, to be copied."""
    path = tmp_path_factory.mktemp("migrated") / "orders.db"
    engine = create_engine(f"sqlite:///{path}")
    database.upgrade(engine)
    engine.dispose()
    return path


@pytest.fixture
def database_url(
    migrated: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> str:
    """A migrated database of this test's own, which DATABASE_URL names."""
    url = f"sqlite:///{shutil.copy(migrated, tmp_path / 'orders.db')}"
    monkeypatch.setenv("DATABASE_URL", url)
    return url


@pytest.fixture
def orders_app(
    database_url: str, pricing_url: str, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Flask]:
    """The orders service with its database and the pricing service."""
    monkeypatch.setenv("PRICING_URL", pricing_url)
    app = orders.create_app()
    yield app
    app.extensions["engine"].dispose()


@pytest.fixture
def client(orders_app: Flask) -> FlaskClient:
    """A client of the orders service."""
    return orders_app.test_client()


@pytest.fixture
def pricing_client(monkeypatch: pytest.MonkeyPatch) -> FlaskClient:
    """A client of a pricing service in sandbox mode."""
    monkeypatch.setenv("PRICING_SANDBOX", "1")
    return pricing.create_app().test_client()
