"""Start, find and stop a local platform from outside."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from enum import Enum
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from urllib.parse import urlsplit
from uuid import uuid4

import gate
from gate.errors import (
    ExitCode,
    GateError,
    LeaseHeld,
    PlatformUnavailable,
    StateDamaged,
    UsageProblem,
)
from gate.local_platform import store
from gate.local_platform.building.installer import installer_variables
from gate.local_platform.home import Home, Running
from gate.local_platform.processes import leftovers
from gate.local_platform.processes.process_identity import ProcessIdentity
from gate.local_platform.timers import Timers

_START_LIMIT = 60.0
_POLL = 0.05
_KILL_LIMIT = 10.0
_MARGIN = 30.0  # seconds to stop, apart from what dynos may take
EXCHANGES_VARIABLE = "LOCAL_PLATFORM_EXCHANGES"  # a folder; see api/exchanges.py
_started: "list[subprocess.Popen[bytes]]" = []  # so that their end is noticed


@dataclass(frozen=True, slots=True)
class LocalPlatform:
    """A running local platform and how to talk to it."""

    api_url: str
    token: str = field(repr=False)
    pid: int
    home: Path
    set_aside: Path | None = None  # a damaged state, by the name it has now


class Stop(Enum):
    """How a platform was stopped; false if none ran."""

    NOT_RUNNING = "it was not running"
    ORDERLY = "the local platform is down"
    KILLED = "the local platform did not stop when told to, and was killed"

    def __bool__(self) -> bool:
        return self is not Stop.NOT_RUNNING


def up(
    home: Path,
    *,
    port: int | None = None,
    time_scale: float = 1.0,
    timers: Mapping[str, float] | None = None,
    set_aside: bool = False,
) -> LocalPlatform:
    """The platform of that folder, started if it does not run yet.

    It waits as Heroku does, unless *time_scale* multiplies all its timers and
    *timers* sets some by name, in seconds; see `python -m gate.local_platform -h`.
    With *set_aside* a damaged state is renamed first, and an empty platform begins.
    Returns once the API answers.  Raises PlatformUnavailable if it cannot be
    started (the end of its log is the reason given), StateDamaged if its state
    cannot be read, UsageProblem for a port that cannot be one or an unknown timer.
    """
    home = home.absolute()
    if port is not None and not 1 <= port <= 65_535:
        raise UsageProblem(f"{port} is no TCP port")
    wanted = dict(timers or {})
    Timers.of(time_scale, wanted)  # refuses here what the process would refuse
    Home(home).prepare()
    running = status(home)
    if running is not None:
        if port not in (None, urlsplit(running.api_url).port):
            raise UsageProblem(
                f"the local platform runs already, at {running.api_url}",
                why=f"it cannot move to port {port} while it runs",
                advice="run: python -m gate local down, then up again with that port",
            )
        return running
    aside = _state_checked(Home(home), set_aside=set_aside)
    started = _await_answer(home, lambda: _start(home, port, time_scale, wanted))
    return replace(started, set_aside=aside)


def down(home: Path, *, limit: float | None = None) -> Stop:
    """Stop the platform of that folder and all that it started, in whatever state.

    It has *limit* seconds for an orderly end, `patience` by default; then it is
    killed.  A folder that is no platform's is left alone.  Raises PlatformUnavailable
    if even SIGKILL does not end it.
    """
    place = Home(home.absolute())
    process, ending = place.holder(), Stop.NOT_RUNNING
    if process is not None and process.send(signal.SIGTERM):
        process.send(signal.SIGCONT)  # one that is suspended ends as well
        ending = Stop.ORDERLY
        if not _gone(process, patience(place) if limit is None else limit):
            process.send(signal.SIGKILL)
            ending = Stop.KILLED
            if not _gone(process, _KILL_LIMIT):
                raise PlatformUnavailable(
                    f"the local platform (process {process.pid}) does not stop",
                    why="not even SIGKILL ends it",
                    advice=f"look into {place.log}",
                )
    if place.dynos.is_dir() and place.is_ours():
        _clear(place)
    return ending


def _clear(place: Home) -> None:
    """End what is left, unless another platform has taken the folder meanwhile.

    One that was killed holds its lock until its last thread has ended, which may be
    after it has ceased to be alive.
    """
    deadline = time.monotonic() + _KILL_LIMIT
    while place.holder() is None and time.monotonic() < deadline:
        with contextlib.suppress(LeaseHeld), place.locked():
            leftovers.clear(place.dynos)
            return
        time.sleep(_POLL)


def patience(home: Home) -> float:
    """Seconds that an orderly end may take: the dynos' own, and half a minute."""
    running = home.read_running()
    return _MARGIN + (Timers().exit if running is None else running.exit)


def status(home: Path) -> LocalPlatform | None:
    """The platform of that folder if it runs and answers."""
    home = home.absolute()
    running = Home(home).read_running()
    if running is None or not running.process.is_alive():
        return None
    platform = _described(home, running)
    return platform if _answers(platform) else None


def _start(
    home: Path, port: int | None, time_scale: float, timers: Mapping[str, float]
) -> "subprocess.Popen[bytes]":
    """A process of its own session, which outlives us; -P keeps its folder off the path."""
    command = [sys.executable, "-P", "-m", "gate.local_platform", "--home", str(home)]
    command += ["--time-scale", str(time_scale)]
    for name, seconds in timers.items():
        command += ["--timer", f"{name}={seconds}"]
    command += ["--port", str(port)] if port is not None else []
    if folder := os.environ.get(EXCHANGES_VARIABLE):
        command += ["--exchanges", str(Path(folder, f"{uuid4()}.jsonl").absolute())]
    package = str(Path(gate.__file__ or "").parent.parent)
    descriptor = os.open(
        Home(home).log, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW, 0o600
    )
    try:
        os.fchmod(descriptor, 0o600)
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


def _state_checked(home: Home, *, set_aside: bool) -> Path | None:
    """Refuse damaged state, or put it aside if that is wanted; says under what name."""
    try:
        store.read(home.state)
    except StateDamaged:
        if not set_aside:
            raise
        with home.locked():
            return home.set_state_aside()
    return None


def _await_answer(
    home: Path, start: "Callable[[], subprocess.Popen[bytes]]"
) -> LocalPlatform:
    """Start a process until one answers, which may be one that somebody else started."""
    written = _size(Home(home).log)
    process = start()
    deadline = time.monotonic() + _START_LIMIT
    while time.monotonic() < deadline:
        running = status(home)
        if running is not None:
            if running.pid != process.pid:  # ours must not come up when that one ends
                process.terminate()
                process.wait()
            return running
        ended = process.poll()
        if ended not in (None, ExitCode.TRY_AGAIN):
            raise _explained(home, process.returncode, written)
        if ended is not None and Home(home).holder() is None:
            process = start()  # who held the folder is gone: it was about to stop
        time.sleep(_POLL)
    process.terminate()
    holder = Home(home).holder()
    raise PlatformUnavailable(
        "the local platform did not answer",
        why=f"nothing for {_START_LIMIT:.0f} s"
        + (f" from process {holder.pid}, which holds its folder" if holder else ""),
        advice=f"look into {Home(home).log}, or run: python -m gate local down",
    )


def _size(file: Path) -> int:
    return file.stat().st_size if file.exists() else 0


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
    token = Home(home).known_secret("token")
    return LocalPlatform(running.api_url, token, running.process.pid, home)


def _answers(platform: LocalPlatform) -> bool:
    headers = {
        "Accept": "application/vnd.heroku+json; version=3",
        "Authorization": f"Bearer {platform.token}",
    }
    connection = HTTPConnection(urlsplit(platform.api_url).netloc, timeout=5)
    try:
        connection.request("GET", "/local/status", headers=headers)  # no fault is there
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
