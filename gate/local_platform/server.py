"""The server process: lock, state, platform, API, and an orderly end."""

import asyncio
import contextlib
import logging
import os
import signal
import socket
import sys
from pathlib import Path

from aiohttp import web

from gate.errors import PlatformUnavailable
from gate.local_platform import ports
from gate.local_platform.api.application import application
from gate.local_platform.api.middlewares import unreadable
from gate.local_platform.building.environments import Environments
from gate.local_platform.home import Home, Running
from gate.local_platform.logplex import Logplex
from gate.local_platform.outputs import Outputs
from gate.local_platform.platform import Platform
from gate.local_platform.premises import Premises
from gate.local_platform.processes.death_signal import hide_memory
from gate.local_platform.processes.process_identity import ProcessIdentity
from gate.local_platform.signing import Signer
from gate.local_platform.store import Store
from gate.local_platform.timers import Timers
from gate.local_platform.visitors import Door, make_room

_log = logging.getLogger(__name__)
_HEADER_LIMIT = 16 * 1024


async def serve(
    folder: Path, port: int | None, timers: Timers, exchanges: Path | None = None
) -> None:
    """Run a platform on `folder` until SIGTERM or SIGINT.

    Raises LeaseHeld when the folder is in use, PlatformUnavailable when the port
    is, StateDamaged when the state cannot be read.
    """
    if not Path("/proc/self/stat").exists():
        raise PlatformUnavailable(
            "the local platform needs Linux",
            why="it finds and measures its dynos in /proc",
        )
    os.umask(0o077)
    hide_memory()
    make_room()
    home = Home(folder)
    home.prepare()
    lock = home.lock()
    process = ProcessIdentity.of(os.getpid())
    assert process is not None
    home.sign_lock(lock, process)
    try:
        await _run(_platform(home, timers), process, port, exchanges)
    finally:
        os.close(lock)


def _platform(home: Home, timers: Timers) -> Platform:
    premises = Premises(
        home=home,
        timers=timers,
        store=Store.open(home.state),
        logplex=Logplex(),
        outputs=Outputs(home.outputs),
        environments=Environments(home.environments),
        signer=Signer(home.secret("signing-key")),
    )
    return Platform(premises, home.secret("token"))


async def _run(
    platform: Platform,
    process: ProcessIdentity,
    port: int | None,
    exchanges: Path | None,
) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    runner = web.AppRunner(
        application(platform, exchanges),
        access_log=None,
        shutdown_timeout=1.0,
    )
    await runner.setup()
    home = platform.premises.home
    listening = _listener(platform, port)
    accepting: asyncio.Server | None = None
    try:
        await platform.open()
        accepting = await _accept(platform, runner, listening)
        exit = platform.premises.timers.exit
        home.announce(Running(platform.api_url, process, exit))
        _log.info("the platform answers at %s", platform.api_url)
        if unusual := platform.premises.timers.unusual():
            told = ", ".join(f"{name} {value:g} s" for name, value in unusual.items())
            _log.info("timers that are not Heroku's: %s", told)
        await stop.wait()
        _log.info("stopping")
    finally:
        if accepting is not None:
            accepting.close()
        await runner.cleanup()  # first, so that nobody starts what would be left
        listening.close()
        await platform.close()
        with contextlib.suppress(FileNotFoundError):
            home.running.unlink()
        _log.info("stopped")


async def _accept(
    platform: Platform, runner: web.AppRunner, listening: socket.socket
) -> asyncio.Server:
    assert runner.server is not None
    door = Door(
        runner.server,
        platform.premises.timers,
        unreadable(runner.app),
        max_line_size=_HEADER_LIMIT,
        max_field_size=_HEADER_LIMIT,
    )
    return await asyncio.get_running_loop().create_server(door, sock=listening)


def _listener(platform: Platform, port: int | None) -> socket.socket:
    """The API's socket: on the port asked for, else on the last one, else a free one.

    Requests wait in it until the platform is open.
    """
    premises = platform.premises
    state = premises.state
    taken = premises.app_ports
    try:
        listening = ports.listener(port or state.api_port, taken)
    except OSError as error:
        if port is not None:
            raise PlatformUnavailable(
                f"port {port} of 127.0.0.1 cannot be used",
                why=error.strerror or str(error),
                advice="choose another port, or none to get a free one",
            ) from None
        listening = ports.listener(None, taken)
        _log.warning("port %s is taken; the API moves", state.api_port)
    used = int(listening.getsockname()[1])
    platform.api_url = f"http://{ports.LOOPBACK}:{used}"
    if state.api_port != used:
        state.api_port = used
        premises.save()
    return listening


def run(
    folder: Path, port: int | None, timers: Timers, exchanges: Path | None = None
) -> None:
    """Serve until told to stop; log lines go to standard error."""
    logging.basicConfig(
        level=logging.INFO,
        stream=sys.stderr,
        format="%(asctime)s %(levelname)s %(message)s",
    )
    logging.getLogger("aiohttp").setLevel(logging.CRITICAL)
    asyncio.run(serve(folder, port, timers, exchanges))
