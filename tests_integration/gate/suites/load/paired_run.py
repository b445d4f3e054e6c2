"""A real Locust with the paired locustfile, and small servers for it to load."""

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, NamedTuple

from gate.suites.load.generator.settings import Settings


@dataclass(frozen=True, slots=True)
class Report:
    """What a run of Locust left behind."""

    lines: list[dict[str, Any]]
    code: int
    output: str

    def of(self, kind: str) -> list[dict[str, Any]]:
        return [line for line in self.lines if line["kind"] == kind]

    @property
    def flows(self) -> list[dict[str, Any]]:
        return self.of("flow")

    @property
    def end(self) -> dict[str, Any]:
        assert self.lines[-1]["kind"] == "end", self.output
        return self.lines[-1]

    def errors(self) -> set[tuple[str, str]]:
        return {
            (arm, said)
            for flow in self.flows
            for arm, said, _ in flow.get("errors", ())
        }


class Asked(NamedTuple):
    """One GET that a shop was asked."""

    at: float
    path: str
    request_id: str


class Shop(BaseHTTPRequestHandler):
    """A server with orders of its own, slow or broken if asked to be."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    delay = 0.0
    quick = 0.0
    broken = False
    away = ""
    endless = False
    first_id = 1
    lasts = 10**9
    amounts: dict[int, int]
    asked: list["Asked"]

    def do_GET(self) -> None:
        name = self.headers.get("X-Request-ID", "")
        self.asked.append(Asked(time.perf_counter(), self.path, name))
        if len(self.asked) > self.lasts:
            self.close_connection = True
            return None
        if self.path == "/away" and self.away:
            return self.answer(302, location=self.away)
        if self.path == "/much" and self.endless:
            return self.answer_without_end()
        if not self.path.startswith("/orders/"):
            return self.answer(200)
        known = int(self.path.removeprefix("/orders/")) in self.amounts
        self.answer(200 if known else 404)

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if self.broken:
            return self.answer(500)
        order = self.first_id + len(self.amounts)
        self.amounts[order] = body["amount"]
        self.answer(201, {"id": order})

    def answer(self, status: int, content: object = None, location: str = "") -> None:
        if not self.asked or time.perf_counter() - self.asked[0].at > self.quick:
            time.sleep(self.delay)
        body = json.dumps(content).encode()
        self.send_response(status)
        if location:
            self.send_header("Location", location)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def answer_without_end(self) -> None:
        self.send_response(200)
        self.end_headers()
        self.close_connection = True
        try:
            while True:
                self.wfile.write(b"x" * 65_536)
        except OSError:
            return

    def log_message(self, format: str, *args: object) -> None:
        pass


class Server(ThreadingHTTPServer):
    """Loses no word about clients that hang up, as some here must."""

    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        if not isinstance(sys.exception(), OSError):
            super().handle_error(request, client_address)


@dataclass(frozen=True, slots=True)
class Open:
    """A shop that is open: where, what was ordered, and what was asked."""

    url: str
    amounts: dict[int, int]
    asked: list[Asked]


@contextmanager
def shop(**members: Any) -> Iterator[Open]:
    """Run a shop on loopback until the end of the block."""
    state: dict[str, Any] = {"amounts": {}, "asked": []}
    handler = type("Handler", (Shop,), {**members, **state})
    server = Server(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield Open(f"http://127.0.0.1:{server.server_port}", **state)
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def settings_of(folder: Path, team: str, **given: Any) -> Settings:
    """Write the team's file and return settings of a short run."""
    (folder / "locustfile.py").write_text(team)
    arms = {arm: given.pop(arm) for arm in ("candidate", "baseline") if arm in given}
    short = {"serial": 0.7, "longest": 3.0, "users": 3, "arrivals": 40.0, "seed": 7}
    return Settings(
        file=folder / "locustfile.py",
        stream=folder / "stream.jsonl",
        arms=arms,
        **{**short, **given},
    )


@contextmanager
def process(
    command: list[str], environ: Mapping[str, str], folder: Path
) -> Iterator[subprocess.Popen[str]]:
    """Run a command; it is ended by its id when the block is over."""
    child = subprocess.Popen(
        command,
        env={"PATH": os.environ["PATH"], "HOME": str(folder), **environ},
        cwd=folder,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        yield child
    finally:
        child.kill()
        child.communicate()


def run(folder: Path, team: str, environ: Any = None, **given: Any) -> Report:
    """Let Locust run to its own end."""
    settings = settings_of(folder, team, **given)
    told = {**settings.environ(), **(environ or {})}
    with process(settings.command(), told, folder) as child:
        output, _ = child.communicate(timeout=60)
        return report(settings.stream, child.returncode, output)


def report(stream: Path, code: int, output: str) -> Report:
    lines = [json.loads(line) for line in stream.read_text().splitlines()]
    return Report(lines, code, output)


def wait_for(stream: Path, text: str, child: subprocess.Popen[str]) -> None:
    """Wait until the stream has that text."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline and child.poll() is None:
        if stream.exists() and text in stream.read_text():
            return
        time.sleep(0.02)
    raise AssertionError(f"no {text} came")
