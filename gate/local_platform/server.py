"""The server process: lock, state, platform, API, and an orderly end."""

import asyncio
import contextlib
import logging
import os
import signal
import sys
from pathlib import Path

from aiohttp import web

from gate.errors import PlatformUnavailable
from gate.local_platform import ports
from gate.local_platform.api.application import application
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

_log = logging.getLogger(__name__)
_HEADER_LIMIT = 16 * 1024


async def serve(folder: Path, port: int | None, time_scale: float) -> None:
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
    home = Home(folder)
    home.prepare()
    lock = home.lock()
    try:
        timers = Timers().scaled(time_scale)
        await _run(_platform(home, timers), port)
    finally:
        os.close(lock)


def _platform(home: Home, timers: Timers) -> Platform:
    premises = Premises(
        home=home,
        timers=timers,
        store=Store.open(home.state),
        logplex=Logplex(),
        outputs=Outputs(home.path / "outputs"),
        environments=Environments(home.environments),
        signer=Signer(home.secret("signing-key")),
    )
    return Platform(premises, home.secret("token"))


async def _run(platform: Platform, port: int | None) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    runner = web.AppRunner(
        application(platform),
        access_log=None,
        shutdown_timeout=1.0,
        max_line_size=_HEADER_LIMIT,
        max_field_size=_HEADER_LIMIT,
    )
    await runner.setup()
    home = platform.premises.home
    try:
        platform.api_url = await _listen(platform, runner, port)
        await platform.open()
        process = ProcessIdentity.of(os.getpid())
        assert process is not None
        home.announce(Running(platform.api_url, process))
        _log.info("the platform answers at %s", platform.api_url)
        await stop.wait()
        _log.info("stopping")
    finally:
        await platform.close()
        await runner.cleanup()
        with contextlib.suppress(FileNotFoundError):
            home.running.unlink()
        _log.info("stopped")


async def _listen(platform: Platform, runner: web.AppRunner, port: int | None) -> str:
    """Bind the API's port: the one asked for, else the last one, else a free one."""
    premises = platform.premises
    state = premises.state
    taken = {app.port for app in state.apps.values()}
    wanted = port or state.api_port or ports.free_port(taken)
    try:
        await web.TCPSite(runner, ports.LOOPBACK, wanted).start()
    except OSError as error:
        if port is not None:
            raise PlatformUnavailable(
                f"port {port} of 127.0.0.1 cannot be used",
                why=error.strerror or str(error),
                advice="choose another port, or none to get a free one",
            ) from None
        wanted = ports.free_port(taken)
        _log.warning("port %s is taken; the API moves to %s", state.api_port, wanted)
        await web.TCPSite(runner, ports.LOOPBACK, wanted).start()
    if state.api_port != wanted:
        state.api_port = wanted
        premises.save()
    return f"http://{ports.LOOPBACK}:{wanted}"


def run(folder: Path, port: int | None, time_scale: float) -> None:
    """Serve until told to stop; log lines go to standard error."""
    logging.basicConfig(
        level=logging.INFO,
        stream=sys.stderr,
        format="%(asctime)s %(levelname)s %(message)s",
    )
    logging.getLogger("aiohttp").setLevel(logging.CRITICAL)
    asyncio.run(serve(folder, port, time_scale))
