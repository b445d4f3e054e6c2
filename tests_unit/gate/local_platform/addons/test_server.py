"""Statements for the server: a psql that hangs is ended."""

import asyncio
import os
from pathlib import Path

import pytest

from gate.local_platform.addons.installation import AddOnError
from gate.local_platform.addons.server import Server
from gate.local_platform.processes import census
from gate.local_platform.state import DatabaseServer


@pytest.mark.timeout(20)
def test_a_statement_that_takes_too_long_is_ended(tmp_path: Path) -> None:
    """It is told in words, and no process is left of it."""
    (tmp_path / "psql").write_text("#!/bin/sh\nexec sleep 600\n")
    (tmp_path / "psql").chmod(0o755)
    place = str(tmp_path)
    server = Server(DatabaseServer(place, place, 9, os.geteuid(), os.getegid()))
    with pytest.raises(AddOnError, match="did not answer within"):
        asyncio.run(server.execute("SELECT 1;", limit=0.1))
    assert census.members(tmp_path) == []
