"""What the router costs: the same keep-alive load with and without it.

A Flask app under gunicorn runs as a web dyno of a local platform; short rounds
alternate between the dyno's own port and the router's.  Prints requests per second
and median milliseconds of both, for gunicorn's sync and gthread workers; exits 1 if
the routed rate is below 0.6 of the direct one or the median grows by more than 2 ms.

    python tests_integration/gate/benchmarks/router.py [sync|gthread]
"""

import asyncio
import io
import re
import statistics
import sys
import tarfile
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import requests

from gate.local_platform import control
from gate.local_platform.control import LocalPlatform

RATIO = 0.6
ADDED_MS = 2.0
ROUNDS = 8
REQUESTS = 600  # of each round and arm
CONNECTIONS = 8
WORKERS = {
    "sync": "--workers 2",
    "gthread": "--workers 2 --worker-class gthread --threads 4 --keep-alive 100",
}
SHOP = """
import os
from flask import Flask, jsonify

app = Flask(__name__)
PRODUCTS = [
    {"id": n, "name": f"Product {n}", "price": 100 * n, "stock": n % 7}
    for n in range(20)
]


@app.get("/products")
def products():
    return jsonify(PRODUCTS)


@app.get("/port")
def port():
    return os.environ["PORT"]
"""
_HEAD_END = b"\r\n\r\n"
_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_CLOSE = re.compile(rb"\r\nconnection: *close", re.IGNORECASE)


@dataclass(slots=True)
class Arm:
    """One way to the app, and what was measured on it."""

    name: str
    port: int
    rates: list[float] = field(default_factory=list)
    latencies: list[float] = field(default_factory=list)

    @property
    def rate(self) -> float:
        """Requests per second: the median of the rounds."""
        return statistics.median(self.rates)

    @property
    def median(self) -> float:
        """Milliseconds."""
        return statistics.median(self.latencies) * 1000


class Visitor:
    """One keep-alive connection; opened again when the server closes it."""

    def __init__(self, port: int) -> None:
        self._port = port
        host = f"127.0.0.1:{port}"
        self._request = f"GET /products HTTP/1.1\r\nHost: {host}\r\n\r\n".encode()
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def visit(self) -> float:
        """One request; returns its seconds.  Raises RuntimeError if it failed."""
        started = time.perf_counter()
        if self._streams is None:
            self._streams = await asyncio.open_connection("127.0.0.1", self._port)
        reader, writer = self._streams
        writer.write(self._request)
        head = await reader.readuntil(_HEAD_END)
        length = _LENGTH.search(head)
        if not head.startswith(b"HTTP/1.1 200") or length is None:
            raise RuntimeError(f"unexpected answer: {head!r}")
        await reader.readexactly(int(length[1]))
        took = time.perf_counter() - started
        if _CLOSE.search(head):
            self.leave()
        return took

    def leave(self) -> None:
        """Close the connection."""
        if self._streams is not None:
            self._streams[1].close()
            self._streams = None


async def round_of(arm: Arm, count: int) -> None:
    """`count` requests by all visitors together."""
    left = count

    async def visits(visitor: Visitor) -> None:
        nonlocal left
        while left > 0:
            left -= 1
            arm.latencies.append(await visitor.visit())
        visitor.leave()

    started = time.perf_counter()
    visitors = [Visitor(arm.port) for _ in range(CONNECTIONS)]
    await asyncio.gather(*(visits(visitor) for visitor in visitors))
    arm.rates.append(count / (time.perf_counter() - started))


async def measure(arms: list[Arm]) -> None:
    """Alternating rounds, so that a noisy machine is unfair to nobody."""
    for arm in arms:
        await round_of(arm, REQUESTS // 4)
        arm.rates.clear()
        arm.latencies.clear()
    for number in range(ROUNDS):
        for arm in arms if number % 2 else reversed(arms):
            await round_of(arm, REQUESTS)


def source(worker: str) -> bytes:
    """The shop as a tarball; gunicorn is the one of this interpreter."""
    command = f"exec {sys.executable} -m gunicorn --bind 127.0.0.1:$PORT"
    options = f"{WORKERS[worker]} --no-control-socket"
    files = {
        "Procfile": f"web: {command} {options} shop:app\n",
        "shop.py": SHOP,
        "requirements.txt": "",
    }
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        for name, text in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(text)
            archive.addfile(info, io.BytesIO(text.encode()))
    return buffer.getvalue()


def deploy(platform: LocalPlatform, worker: str) -> list[Arm]:
    """The shop as an app of its own; returns both ways to it."""
    with requests.Session() as session:
        session.headers["Authorization"] = f"Bearer {platform.token}"
        session.headers["Accept"] = "application/vnd.heroku+json; version=3"
        api, name = platform.api_url, f"shop-{worker}"
        app = session.post(f"{api}/apps", json={"name": name}).json()
        urls = session.post(f"{api}/sources").json()["source_blob"]
        requests.put(urls["put_url"], data=source(worker), timeout=30)
        blob = {"source_blob": {"url": urls["get_url"]}}
        session.post(f"{api}/apps/{name}/builds", json=blob).raise_for_status()
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        answer = requests.get(f"{app['web_url']}port", timeout=90)
        if answer.ok:
            routed = urlsplit(app["web_url"]).port or 0
            return [Arm("direct", int(answer.text)), Arm("routed", routed)]
        time.sleep(0.2)
    raise RuntimeError(f"{name} does not serve: {answer.status_code}")


def told(worker: str, arms: list[Arm]) -> bool:
    """Print the figures of one kind of worker; whether they are good enough."""
    direct, routed = arms
    for arm in arms:
        print(
            f"{worker:8}{arm.name:8}{arm.rate:8.0f} req/s  median {arm.median:6.2f} ms"
        )
    ratio, added = routed.rate / direct.rate, routed.median - direct.median
    good = ratio >= RATIO and added <= ADDED_MS
    print(
        f"{worker:8}ratio {ratio:.2f} (at least {RATIO}), "
        f"added {added:+.2f} ms (at most {ADDED_MS}): {'ok' if good else 'MISSED'}"
    )
    return good


def main(workers: list[str]) -> int:
    """Measure each kind of worker on one platform; returns the exit code."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder) / "home"
        platform = control.up(home)
        try:
            good = []
            for worker in workers:
                arms = deploy(platform, worker)
                asyncio.run(measure(arms))
                good.append(told(worker, arms))
        finally:
            control.down(home)
    return 0 if all(good) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:] or list(WORKERS)))
