"""A real PostgreSQL of our own: in a folder, on loopback, gone afterwards."""

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

PATIENCE = 60


def _binaries() -> Path:
    for folder in sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True):
        if (folder / "initdb").exists():
            return folder
    found = shutil.which("initdb")
    if found is None:
        pytest.skip(
            "PostgreSQL is not installed here (Debian: apt-get install postgresql)"
        )
    return Path(found).parent


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


@pytest.fixture(scope="module")
def database_url() -> Iterator[str]:
    """The address of an empty database, as Heroku writes it."""
    binaries = _binaries()
    # The server refuses to run as root; its own user must reach the folder.
    folder = Path(tempfile.mkdtemp(prefix="gate-postgresql-"))
    command: list[str] = []
    if os.geteuid() == 0:
        owner = pwd.getpwnam("postgres")
        os.chown(folder, owner.pw_uid, owner.pw_gid)
        command = ["runuser", "-u", "postgres", "--"]
    data, port = folder / "data", _free_port()

    def run(program: str, *arguments: str) -> None:
        # A pipe would stay open as long as the server that pg_ctl leaves behind.
        with (folder.parent / f"{folder.name}.log").open("ab") as log:
            subprocess.run(
                [*command, str(binaries / program), *arguments],
                env={"PATH": os.environ["PATH"], "LC_ALL": "C"},
                cwd=folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                check=True,
                timeout=PATIENCE,
            )

    try:
        run(
            "initdb",
            "-D",
            str(data),
            "-U",
            "gate",
            "-A",
            "trust",
            "-E",
            "UTF8",
            "--no-sync",
        )
        options = f"-p {port} -h 127.0.0.1 -k {folder} -c fsync=off"
        run("pg_ctl", "-D", str(data), "-w", "-o", options, "start")
        yield f"postgres://gate@127.0.0.1:{port}/postgres"
    finally:
        if (data / "postmaster.pid").exists():
            run("pg_ctl", "-D", str(data), "-w", "-m", "immediate", "stop")
        shutil.rmtree(folder, ignore_errors=True)
        (folder.parent / f"{folder.name}.log").unlink(missing_ok=True)
