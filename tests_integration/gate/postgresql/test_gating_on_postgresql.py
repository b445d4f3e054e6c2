"""The app is gated on PostgreSQL as it is on SQLite."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from gate.wiring import House, local_client

PROJECT = Path(__file__).parents[3]
PATIENCE = 240


def _python(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE,
    )


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A clone of this repository with its commit on staging."""
    folder = tmp_path_factory.mktemp("postgresql") / "orders"
    subprocess.run(
        ["git", "clone", "--quiet", str(PROJECT), str(folder)],
        check=True,
        timeout=PATIENCE,
    )
    try:
        deployed = _python(folder, "gate", "deploy", "--quiet")
        assert deployed.returncode == 0, deployed.stdout + deployed.stderr
        yield folder
    finally:
        _python(folder, "gate", "local", "down")


def test_integration_passes_on_postgresql(clone: Path, database_url: str) -> None:
    """A staging app on PostgreSQL is migrated, serves, and its orders lie there."""
    platform = local_client(House.around(clone))
    platform.set_config_vars("orders-staging", {"DATABASE_URL": database_url})

    judged = _python(clone, "pytest", "-q", "-m", "gate and (integration or health)")

    assert judged.returncode == 0, judged.stdout + judged.stderr
    with psycopg.connect(database_url) as connection:
        row = connection.execute("SELECT count(*) FROM orders").fetchone()
    assert row is not None
    assert row[0] > 0
