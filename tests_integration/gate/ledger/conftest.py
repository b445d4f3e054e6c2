"""A PostgreSQL server for this folder's tests, and a schema of its own for each."""

import asyncio
import itertools
import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from gate.ledger.store import Ledger
from gate.local_platform.addons.installation import NotInstalled, programs
from gate.local_platform.addons.server import Server

NUMBERS = itertools.count()


@pytest.fixture(scope="session")
def administrator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a server of our own, with its administrator's password."""
    try:
        programs()
    except NotInstalled as error:
        pytest.skip(str(error))
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
    with asyncio.Runner() as runner:
        server = Server.found(tmp_path_factory.mktemp("postgresql"), port)
        try:
            runner.run(server.lay_out())
            runner.run(server.start(port))
            *_, user, password = _pgpass(server).split(":")
            yield f"postgresql://{user}:{password}@127.0.0.1:{port}/postgres"
        finally:
            runner.run(server.remove())


def _pgpass(server: Server) -> str:
    return (Path(server.facts.folder) / "pgpass").read_text().strip()


@pytest.fixture
def address(administrator: str) -> str:
    """The address of an empty schema: a database for each would be much to write."""
    name = f"gate_{next(NUMBERS)}"
    with psycopg.connect(administrator, autocommit=True) as connection:
        connection.execute(f"CREATE SCHEMA {name}".encode())
    return f"{administrator}?options=-csearch_path%3D{name}"


@pytest.fixture
def opened(address: str) -> Iterator[Callable[[], Ledger]]:
    """Opens the ledger in that schema, once for each machine; closed at the end."""
    from gate.ledger.postgresql_table import PostgresqlTable  # noqa: PLC0415

    ledgers: list[Ledger] = []

    def make() -> Ledger:
        ledgers.append(Ledger(PostgresqlTable(address)))
        return ledgers[-1]

    yield make
    for ledger in ledgers:
        ledger.close()
