"""Start, find and stop a local platform from outside."""

import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from urllib.parse import urlsplit

import gate
from gate.errors import (
    ExitCode,
    GateError,
    PlatformUnavailable,
    StateDamaged,
    UsageProblem,
)
from gate.local_platform.building.environments import installer_variables
from gate.local_platform.home import Home, Running
from gate.local_platform.processes.process_identity import ProcessIdentity
from gate.local_platform.timers import Timers

_START_LIMIT = 60.0
_POLL = 0.05
_LONGEST_LOG = 5 * 1024 * 1024
_started: "list[subprocess.Popen[bytes]]" = []  # so that their end is noticed


@dataclass(frozen=True, slots=True)
class LocalPlatform:
    """A running local platform and how to talk to it."""

    api_url: str
    token: str = field(repr=False)
    pid: int
    home: Path


def up(
    home: Path, *, port: int | None = None, time_scale: float = 1.0
) -> LocalPlatform:
    """The platform of that folder, started if it does not run yet.

    Returns once the API answers.  Raises PlatformUnavailable if it cannot be
    started (the end of its log is the reason given), StateDamaged if its state
    cannot be read, UsageProblem for a port that cannot be one.
    """
    home = home.absolute()
    if port is not None and not 1 <= port <= 65_535:
        raise UsageProblem(f"{port} is no TCP port")
    Home(home).prepare()
    running = status(home)
    if running is not None:
        return running
    log = Home(home).log
    if log.exists() and log.stat().st_size > _LONGEST_LOG:
        log.unlink()
    written = log.stat().st_size if log.exists() else 0
    process = _start(home, port, time_scale)
    return _await_answer(home, process, written)


def down(home: Path) -> bool:
    """Stop the platform of that folder and all its dynos; False if none ran.

    Raises PlatformUnavailable if it is still there long after it was told to stop.
    """
    home = home.absolute()
    running = Home(home).read_running()
    if running is None or not running.process.send(signal.SIGTERM):
        return False
    limit = Timers().exit + 30.0
    if not _gone(running.process, limit):
        raise PlatformUnavailable(
            f"the local platform (process {running.process.pid}) does not stop",
            why=f"it was told to {limit:.0f} s ago",
            advice=f"look into {Home(home).log}",
        )
    return True


def status(home: Path) -> LocalPlatform | None:
    """The platform of that folder if it runs and answers."""
    home = home.absolute()
    running = Home(home).read_running()
    if running is None or not running.process.is_alive():
        return None
    platform = _described(home, running)
    return platform if _answers(platform) else None


def _start(
    home: Path, port: int | None, time_scale: float
) -> "subprocess.Popen[bytes]":
    """A process of its own session, which outlives us; -P keeps its folder off the path."""
    command = [sys.executable, "-P", "-m", "gate.local_platform", "--home", str(home)]
    command += ["--time-scale", str(time_scale)]
    command += ["--port", str(port)] if port is not None else []
    package = str(Path(gate.__file__ or "").parent.parent)
    descriptor = os.open(
        Home(home).log, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW, 0o600
    )
    try:
        process = subprocess.Popen(
            command,
            cwd=home,
            env=installer_variables() | {"PYTHONPATH": package},
            stdin=subprocess.DEVNULL,
            stdout=descriptor,
            stderr=descriptor,
            start_new_session=True,
        )
    finally:
        os.close(descriptor)
    _started.append(process)
    return process


def _await_answer(
    home: Path, process: "subprocess.Popen[bytes]", written: int
) -> LocalPlatform:
    deadline = time.monotonic() + _START_LIMIT
    while time.monotonic() < deadline:
        running = status(home)
        if running is not None:
            return running
        if process.poll() not in (None, ExitCode.TRY_AGAIN):
            raise _explained(home, process.returncode, written)
        time.sleep(_POLL)
    process.terminate()
    raise PlatformUnavailable(
        "the local platform did not answer",
        why=f"nothing for {_START_LIMIT:.0f} s",
        advice=f"look into {Home(home).log}",
    )


def _explained(home: Path, exit_code: int, written: int) -> GateError:
    """Why it ended: the last lines that it wrote itself."""
    with Home(home).log.open("rb") as log:
        log.seek(written)
        lines = log.read()[-4_000:].decode(errors="replace").strip().splitlines()
    reason = "\n".join(lines[-12:])
    advice = f"its log is {Home(home).log}"
    if "is damaged" in reason or "symbolic link" in reason:
        return StateDamaged("the local platform refused its folder", why=reason)
    what = f"the local platform ended while starting (exit code {exit_code})"
    return PlatformUnavailable(what, why=reason, advice=advice)


def _described(home: Path, running: Running) -> LocalPlatform:
    token = Home(home).secret("token")
    return LocalPlatform(running.api_url, token, running.process.pid, home)


def _answers(platform: LocalPlatform) -> bool:
    headers = {
        "Accept": "application/vnd.heroku+json; version=3",
        "Authorization": f"Bearer {platform.token}",
    }
    connection = HTTPConnection(urlsplit(platform.api_url).netloc, timeout=5)
    try:
        connection.request("GET", "/account/rate-limits", headers=headers)
        return connection.getresponse().status == 200
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()


def _gone(process: ProcessIdentity, limit: float) -> bool:
    deadline = time.monotonic() + limit
    while process.is_alive():
        if time.monotonic() > deadline:
            return False
        time.sleep(_POLL)
    return True
