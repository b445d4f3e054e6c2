"""How a load run is told what to do: settings, as a command line and an environment."""

import socket
import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, get_type_hints

DRIVER = Path(__file__).with_name("locustfile.py")
LOCUST = (sys.executable, "-m", "locust", "--locustfile", str(DRIVER), "--headless")
GOOD_ENDS = frozenset({"time", "requests", "stopped"})
"""The reasons for which a run ends as it should."""


class Refused(Exception):
    """This run cannot be made; the message says why and what to change."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What is loaded, for how long, and where it is told; times in seconds.

    *arms* are base URLs by name: ``candidate``, and ``baseline`` where one runs beside
    it. *stream* is a file to append to. *arrivals* are flows a second under load, 0 for
    as many as the machine bears. *workers* processes generate the load; *await_workers*:
    they are started elsewhere and find this one at *listen*.
    """

    file: Path
    arms: Mapping[str, str]
    stream: Path
    serial: float = 8.0
    longest: float = 40.0
    most_requests: int = 40_000
    users: int = 4
    arrivals: float = 0.0
    seed: int = 1
    workers: int = 1
    await_workers: bool = False
    listen: str = "127.0.0.1:5557"

    def command(self) -> list[str]:
        """Return the command that makes this run; it needs `environ()`."""
        users = max(self.users, self.workers)
        command = [*LOCUST, "--only-summary", "--exit-code-on-error=0"]
        command += [f"--users={users}", f"--spawn-rate={users}"]
        if self.await_workers:
            host, port = address(self.listen)
            command += ["--master", f"--expect-workers={self.workers}"]
            command += [f"--master-bind-host={host}", f"--master-bind-port={port}"]
        elif self.workers > 1:
            port = _free_port()
            command += [f"--processes={self.workers}", "--master-bind-host=127.0.0.1"]
            command += [f"--master-bind-port={port}", f"--master-port={port}"]
        return command

    def environ(self) -> dict[str, str]:
        """Return what `read` reads."""
        told = {name: str(value) for name, value in asdict(self).items()}
        told |= self.arms
        told["await_workers"] = "1" if self.await_workers else ""
        del told["arms"]
        return {f"GATE_LOAD_{name.upper()}": value for name, value in told.items()}

    @classmethod
    def read(cls, environ: Mapping[str, str]) -> "Settings":
        """Raises Refused when a setting is missing, not a number, or makes no load."""
        names = {"candidate", "baseline", *KINDS}
        told = {n: environ.get(f"GATE_LOAD_{n.upper()}", "").strip() for n in names}
        for name in ("file", "stream", "candidate"):
            if not told[name]:
                raise Refused(f"GATE_LOAD_{name.upper()} is not set")
        return cls.of({name: value for name, value in told.items() if value})

    @classmethod
    def of(cls, told: Mapping[str, Any]) -> "Settings":
        """Make settings of texts or of what `told` gave; raises Refused."""
        try:
            given = {
                name: kind(told[name]) for name, kind in KINDS.items() if name in told
            }
        except ValueError as wrong:
            raise Refused(f"a GATE_LOAD_ setting is not a number: {wrong}") from None
        arms = {
            arm: str(told[arm]).rstrip("/")
            for arm in ("candidate", "baseline")
            if told.get(arm)
        }
        settings = cls(arms=arms, **given)
        if min(settings.users, settings.most_requests, settings.workers) < 1:
            raise Refused("users, most_requests and workers of a load start at 1")
        return settings

    def told(self) -> dict[str, Any]:
        """Return what a worker elsewhere must know: all but what is its own affair."""
        own = ("file", "stream", "arms", "listen", "await_workers")
        return {n: v for n, v in asdict(self).items() if n not in own} | dict(self.arms)


KINDS = {n: kind for n, kind in get_type_hints(Settings).items() if n != "arms"}
"""What makes a setting of its text."""


def worker_command(master: str) -> list[str]:
    """Return the command of a worker that the run at *master* (HOST:PORT) awaits.

    It ends with 0 when that run ends, 3 when that run refuses it, 1 when its own
    scenario cannot be run, 255 when nobody listens there. Raises Refused when *master*
    is no address.
    """
    host, port = address(master)
    return [*LOCUST, "--worker", f"--master-host={host}", f"--master-port={port}"]


def worker_environ(file: Path) -> dict[str, str]:
    """Return what a worker's environment must say: the scenario in its own checkout."""
    return {"GATE_LOAD_FILE": str(file)}


def address(text: str) -> tuple[str, int]:
    """Return host and port of ``HOST:PORT``; raises Refused."""
    host, colon, port = text.rpartition(":")
    if not (colon and host and port.isdecimal() and 0 < int(port) < 65_536):
        raise Refused(f"{text} is not HOST:PORT")
    return host.strip("[]"), int(port)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
