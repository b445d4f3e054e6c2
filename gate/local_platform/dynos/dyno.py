"""One dyno: a process group with its own copy of the slug."""

import asyncio
import contextlib
import json
import os
import shutil
import signal
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal
from uuid import uuid4

from gate.local_platform import clock, logplex, ports
from gate.local_platform.logplex import AppLog
from gate.local_platform.processes import census, listeners
from gate.local_platform.processes.death_signal import with_parent
from gate.local_platform.processes.exit_status import exit_status
from gate.local_platform.processes.process_identity import ProcessIdentity
from gate.local_platform.timers import Timers

DynoState = Literal["starting", "up", "crashed", "idle", "down", "complete"]
_CHUNK = 4 * 1024
_POLL = 0.03
# As on Heroku: scripts of the slug are read first, and the command sees what they set.
_PROFILES = (
    'for each in .profile.d/*.sh .profile; do [ ! -r "$each" ] || . "./$each"; done'
)
_SHELL = ("/bin/bash", "-c", f'{_PROFILES}; exec /bin/bash -c "$1"', "bash")


@dataclass(frozen=True, slots=True)
class Launch:
    """What a dyno is told to run, and as what."""

    name: str
    command: str
    release_id: str
    version: int
    size: str
    slug: Path
    programs: Path
    variables: dict[str, str]
    app_number: int
    tells_use: bool  # log-runtime-metrics, as it was when the dyno was made

    @property
    def type(self) -> str:
        """The process type, like `web` in `web.1`."""
        return self.name.partition(".")[0]


@dataclass(frozen=True, slots=True)
class Site:
    """Where dynos live and whom they tell."""

    folder: Path
    timers: Timers
    log: AppLog
    changed: Callable[["Dyno"], None]
    printed: Callable[[str], None] | None = None


class Dyno:
    """A process that was told to run, from its start to its end."""

    def __init__(self, launch: Launch, port: int, site: Site) -> None:
        self.id = str(uuid4())
        self.launch = launch
        self.port = port
        self.state: DynoState = "starting"
        self.created_at = self.updated_at = clock.now()
        self.up_since: float | None = None
        self.stopping = False
        self._succeeded = False
        self.status: int | None = None
        self.folder = site.folder / self.id
        self._site = site
        self._process: asyncio.subprocess.Process | None = None
        self._ended = asyncio.Event()

    @property
    def name(self) -> str:
        """Its process type and number, such as `web.1`."""
        return self.launch.name

    @property
    def is_running(self) -> bool:
        """Whether it has processes of its own."""
        return self._process is not None and not self._ended.is_set()

    def say(self, text: str) -> None:
        """Write a line of the dyno manager about this dyno."""
        self._site.log.write("heroku", self.name, text)

    def succeed(self) -> None:
        """Say that a new dyno begins under this name: the end of this one is no news."""
        if self.state != "starting":
            was = "down" if self.state == "idle" else self.state
            self.say(f"State changed from {was} to starting")
        self._succeeded = True

    async def run(self) -> None:
        """Start, watch and clean up; returns when nothing of it is left."""
        try:
            await self._prepare()
            if self.stopping:
                self._enter("down")
            else:
                await self._live()
        except (OSError, ValueError) as error:
            self.say(f"Process could not be started: {error}")
            self.status = self.status if self.status is not None else 126
            self._enter("down" if self.stopping else "crashed")
        finally:
            self._ended.set()
            await asyncio.to_thread(self._clean_up)
            if self.launch.type == "web" and listeners.listener(self.port) is not None:
                self.say(f"Warning: something still listens on port {self.port}")

    async def wait(self) -> int:
        """Its exit status, once it has ended."""
        await self._ended.wait()
        return self.status if self.status is not None else 1

    async def stop(self) -> None:
        """SIGTERM to all processes, SIGKILL (R12) to what is left after a while."""
        self.stopping = True
        if self.is_running:
            self.say("Stopping all processes with SIGTERM")
            self._signal(signal.SIGTERM)
        try:
            async with asyncio.timeout(self._site.timers.exit):
                await self._ended.wait()
                return
        except TimeoutError:
            pass
        self.say(
            "Error R12 (Exit timeout) -> Process failed to exit within 30 seconds "
            "of SIGTERM"
        )
        self.kill()
        await self._ended.wait()

    def kill(self) -> None:
        """SIGKILL all its processes now."""
        if self.is_running:
            self.say("Stopping process with SIGKILL")
            self._signal(signal.SIGKILL)

    async def _prepare(self) -> None:
        await asyncio.to_thread(
            shutil.copytree, self.launch.slug, self.folder / "app", symlinks=True
        )
        (self.folder / "app").chmod(0o700)

    def _environment(self) -> dict[str, str]:
        """Config vars and what Heroku adds; nothing of the platform's own."""
        home = self.folder / "app"
        base = {
            "LANG": "C.UTF-8",
            "PYTHONUNBUFFERED": "1",
            "PYTHONPATH": str(home),  # as Heroku's buildpack for Python sets it
            "PATH": f"{self.launch.programs}:/usr/local/bin:/usr/bin:/bin",
        }
        fixed = {
            "HOME": str(home),
            "PORT": str(self.port),
            "DYNO": self.name,
            "HOST": ports.LOOPBACK,
        }
        return base | self.launch.variables | fixed

    async def _live(self) -> None:
        self.say(f"Starting process with command `{self.launch.command}`")
        self._process = await asyncio.create_subprocess_exec(
            *_SHELL,
            self.launch.command,
            cwd=self.folder / "app",
            env=self._environment(),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=with_parent(self.folder),
        )
        self._record()
        if self.stopping:
            self._signal(signal.SIGTERM)
        boot = None
        if self.launch.type == "web":
            boot = asyncio.create_task(self._boot())
        else:
            self._enter("up")  # also what ends before anybody looks
        reading = asyncio.create_task(self._read_output(self._process))
        try:
            status = await exit_status(self._process)
        finally:
            if boot is not None:
                boot.cancel()
        if self.stopping:
            await self._outlast()
        census.kill(self.folder)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(reading, 2.0)
        self.status = status if status >= 0 else 128 - status
        self.say(f"Process exited with status {self.status}")
        one_off = self.launch.type in ("release", "run")
        final: DynoState = "complete" if one_off else "crashed"
        self._enter("down" if self.stopping and not one_off else final)

    async def _boot(self) -> None:
        """A web dyno is up once $PORT is bound by a process of its own."""
        try:
            async with asyncio.timeout(self._site.timers.boot):
                while (found := await asyncio.to_thread(self._listener)) is None:
                    await asyncio.sleep(_POLL)
        except TimeoutError:
            self.say(
                "Error R10 (Boot timeout) -> Web process failed to bind to $PORT "
                "within 60 seconds of launch"
            )
            self.kill()
            return
        if found.everywhere:
            self.say(
                f"Warning: {self.name} listens on every interface, so other machines "
                f"may reach port {self.port}; bind to $HOST to keep it on this one"
            )
        self._enter("up")

    def _listener(self) -> listeners.Listener | None:
        """The socket on $PORT, if it is of a process of its own."""
        found = listeners.listener(self.port)
        if found is None:
            return None
        own = census.owns_socket(census.members(self.folder), found.inode)
        return found if own else None

    async def _outlast(self) -> None:
        """The first process may end before those it started: give them their time."""
        while await asyncio.to_thread(census.members, self.folder):
            await asyncio.sleep(_POLL)

    async def _read_output(self, process: asyncio.subprocess.Process) -> None:
        assert process.stdout is not None
        rest = b""
        while chunk := await process.stdout.read(_CHUNK):
            *lines, rest = (rest + chunk).split(b"\n")
            for line in lines:
                self._print(line)
            while len(rest) > logplex.LONGEST:
                end = logplex.cut(rest, 0)
                self._print(rest[:end])
                rest = rest[end:]
            await asyncio.sleep(0)  # who writes megabytes waits; nobody else does
        if rest:
            self._print(rest)

    def _print(self, line: bytes) -> None:
        text = line.decode(errors="replace").rstrip("\r")
        self._site.log.write("app", self.name, text)
        if self._site.printed is not None:
            self._site.printed(f"{text}\n")

    def _enter(self, state: DynoState) -> None:
        if state == self.state:
            return
        if not (self._succeeded and state == "down"):
            self.say(f"State changed from {self.state} to {state}")
        self.state = state
        self.updated_at = clock.now()
        if state == "up":
            self.up_since = asyncio.get_running_loop().time()
        self._site.changed(self)

    def _signal(self, number: signal.Signals) -> None:
        """The group first, then whoever left it."""
        assert self._process is not None
        group = self._process.pid
        with contextlib.suppress(ProcessLookupError):
            if self._process.returncode is None:
                os.killpg(group, number)
        census.kill(self.folder, number, outside=group)

    def _record(self) -> None:
        """Leave the identity of its first process for a platform that comes later."""
        assert self._process is not None
        identity = ProcessIdentity.of(self._process.pid)
        if identity is not None:
            text = json.dumps(asdict(identity))
            (self.folder / "process.json").write_text(text)

    def _clean_up(self) -> None:
        census.kill_all(self.folder)
        shutil.rmtree(self.folder, ignore_errors=True)
