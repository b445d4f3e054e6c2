"""The platform's one PostgreSQL server: made, started, asked, stopped, removed.

It listens on loopback alone, has no socket file, and lets nobody in without a
password.  All its processes hold a lock file open: as long as one of them runs, a
later platform knows.
"""

import asyncio
import fcntl
import os
import secrets
import shutil
import signal
from dataclasses import replace
from pathlib import Path
from typing import Any

from gate.local_platform import ports
from gate.local_platform.addons import residence
from gate.local_platform.addons.installation import AddOnError, programs
from gate.local_platform.processes import census
from gate.local_platform.processes.death_signal import with_parent
from gate.local_platform.state import DatabaseServer

_ADMIN = "gate"
_START_LIMIT = 60.0  # seconds; after a crash it first replays its journal
_STOP_LIMIT = 15.0
_LOCK_LIMIT = 5.0
_SQL_LIMIT = 30.0
_POLL = 0.02
_SETTINGS = {
    "listen_addresses": ports.LOOPBACK,
    "unix_socket_directories": "",
    "password_encryption": "scram-sha-256",
    "max_connections": "200",
    "log_min_messages": "log",  # not the errors of applications
    "log_min_error_statement": "panic",  # statements may hold secrets
    "log_checkpoints": "off",
}
_HBA = f"host all all {ports.LOOPBACK}/32 scram-sha-256\n"


class Server:
    """A PostgreSQL server that a state describes; it runs between start and stop."""

    def __init__(self, facts: DatabaseServer) -> None:
        self.facts = facts
        self._folder = Path(facts.folder)
        self._data = self._folder / "data"
        self._process: asyncio.subprocess.Process | None = None
        self._is_wanted = False

    @classmethod
    def found(cls, home: Path, port: int) -> "Server":
        """A server with a folder of its own, still empty; raises AddOnError."""
        installed = programs()
        place = residence.found(home)
        facts = DatabaseServer(
            str(place.folder), str(installed), port, place.user, place.group
        )
        return cls(facts)

    @property
    def is_wanted(self) -> bool:
        """Whether it was started and nobody stopped it."""
        return self._is_wanted

    @property
    def is_running(self) -> bool:
        """Whether it was started and has not ended."""
        return self._process is not None and self._process.returncode is None

    async def lay_out(self) -> None:
        """Make the data with initdb; raises AddOnError with what it said."""
        password = secrets.token_hex(32)
        self._write("pgpass", f"*:*:*:{_ADMIN}:{password}\n")
        given = self._write("password", password)
        os.chown(given, self.facts.user, self.facts.group)
        process = await self._run(
            "initdb",
            f"--pgdata={self._data}",
            f"--username={_ADMIN}",
            f"--pwfile={given}",
            "--auth=scram-sha-256",
            "--encoding=UTF8",
            "--no-instructions",
            "--no-sync",  # there is nothing to lose yet
        )
        status = await process.wait()
        given.unlink()
        if status != 0:
            raise AddOnError(f"PostgreSQL's initdb failed: {self._last_words()}")
        (self._data / "pg_hba.conf").write_text(_HBA)
        self.facts = replace(self.facts, complete=True)

    async def start(self, port: int) -> None:
        """Start it on a port and wait until it serves; raises AddOnError.

        Processes that an earlier platform left are ended first; only then is the
        server's own note of them void, which may name a stranger's process by now.
        """
        if not (self._data / "PG_VERSION").is_file():
            raise AddOnError(f"PostgreSQL's data in {self._data} are gone")
        await self._clear_leftovers()
        (self._data / "postmaster.pid").unlink(missing_ok=True)
        settings = _SETTINGS | {"port": str(port)}
        options = [f"--{name}={value}" for name, value in settings.items()]
        self._process = await self._run("postgres", "-D", str(self._data), *options)
        try:
            async with asyncio.timeout(_START_LIMIT):
                while not self._serves():
                    if self._process.returncode is not None:
                        raise AddOnError(
                            f"PostgreSQL ended at its start: {self._last_words()}"
                        )
                    await asyncio.sleep(_POLL)
        except TimeoutError:
            await self.stop()
            raise AddOnError("PostgreSQL did not start within a minute") from None
        self.facts = replace(self.facts, port=port)
        self._is_wanted = True

    async def ended(self) -> None:
        """Return when it has ended, however that happened."""
        if self._process is not None:
            await self._process.wait()

    async def stop(self) -> None:
        """End it: sessions are cut, data are written; killed if that takes long."""
        self._is_wanted = False
        if self._process is None:
            return
        for number in (signal.SIGINT, signal.SIGQUIT):
            if self._process.returncode is None:
                self._process.send_signal(number)
            try:
                async with asyncio.timeout(_STOP_LIMIT):
                    await self._process.wait()
                    break
            except TimeoutError:
                continue
        await asyncio.to_thread(census.kill_all, self._folder)
        await self._process.wait()

    async def remove(self) -> None:
        """End it and delete its folder with all data.

        In good order: a killed server leaves shared memory that nobody would free.
        """
        await self.stop()
        await asyncio.to_thread(census.kill_all, self._folder)
        await asyncio.to_thread(shutil.rmtree, self._folder, ignore_errors=True)

    async def execute(self, statements: str, *, limit: float = _SQL_LIMIT) -> None:
        """Run SQL as the server's administrator; raises AddOnError.

        What takes more than *limit* seconds is ended.
        Neither the password nor the statements are arguments of a process.
        """
        process = await asyncio.create_subprocess_exec(
            Path(self.facts.programs) / "psql",
            "--no-psqlrc",
            "--no-password",
            "--quiet",
            "--set=ON_ERROR_STOP=1",
            "--set=VERBOSITY=terse",  # without the statement
            f"--host={ports.LOOPBACK}",
            f"--port={self.facts.port}",
            f"--username={_ADMIN}",
            "--dbname=postgres",
            cwd=self._folder,
            env=self._environment()
            | {"PGPASSFILE": str(self._folder / "pgpass"), "PGCONNECT_TIMEOUT": "10"},
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.PIPE,
            preexec_fn=with_parent(self._folder),
        )
        try:
            async with asyncio.timeout(limit):
                _, said = await process.communicate(statements.encode())
        except TimeoutError:
            raise AddOnError(
                f"PostgreSQL did not answer within {limit:g} seconds"
            ) from None
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
        if process.returncode != 0:
            why = said.decode(errors="replace").strip()
            raise AddOnError(f"PostgreSQL refused: {why[-200:]}")

    async def _run(self, program: str, *arguments: str) -> asyncio.subprocess.Process:
        """Start a program as the server's user; it dies with the platform."""
        facts = self.facts
        other: dict[str, Any] = {}
        if facts.user != os.geteuid():
            other = {"user": facts.user, "group": facts.group, "extra_groups": []}
        lock = self._open("in-use", os.O_RDWR)
        log = self._open("server.log", os.O_WRONLY | os.O_TRUNC)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return await asyncio.create_subprocess_exec(
                Path(facts.programs) / program,
                *arguments,
                cwd=self._folder,
                env=self._environment(),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                pass_fds=(lock,),
                start_new_session=True,
                preexec_fn=with_parent(self._folder),
                **other,
            )
        except OSError as error:
            raise AddOnError(f"PostgreSQL cannot be run: {error}") from None
        finally:
            os.close(lock)
            os.close(log)

    def _environment(self) -> dict[str, str]:
        return {"HOME": str(self._folder), "LC_ALL": "C.UTF-8", "PATH": "/usr/bin:/bin"}

    async def _clear_leftovers(self) -> None:
        """Kill what runs of it; raises AddOnError if something is still there."""
        await asyncio.to_thread(census.kill_all, self._folder)
        lock = self._open("in-use", os.O_RDWR)
        try:
            async with asyncio.timeout(_LOCK_LIMIT):
                while not _can_lock(lock):
                    await asyncio.sleep(_POLL)
        except TimeoutError:
            raise AddOnError(
                f"an earlier PostgreSQL still runs on {self._data}; "
                "end its processes, then start the platform again"
            ) from None
        finally:
            os.close(lock)

    def _serves(self) -> bool:
        """The last line of its note is its status (postmaster.pid, PostgreSQL 10 on)."""
        try:
            lines = (self._data / "postmaster.pid").read_text().splitlines()
        except OSError:
            return False
        return len(lines) >= 8 and lines[7].strip() == "ready"

    def _last_words(self) -> str:
        said = (self._folder / "server.log").read_text(errors="replace").split("\n")
        return " ".join(line.strip() for line in said[-4:] if line.strip())[-250:]

    def _open(self, name: str, flags: int) -> int:
        flags |= os.O_CREAT | os.O_NOFOLLOW
        return os.open(self._folder / name, flags, 0o600)

    def _write(self, name: str, text: str) -> Path:
        handle = self._open(name, os.O_WRONLY | os.O_TRUNC)
        with os.fdopen(handle, "w") as file:
            file.write(text)
        return self._folder / name


def _can_lock(handle: int) -> bool:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
