"""One platform for each test module, and a small client to talk to it."""

import io
import tarfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar
from uuid import uuid4

import pytest
import requests

from gate.local_platform import control
from gate.local_platform.control import LocalPlatform

Result = TypeVar("Result")

SERVER = """
import json, os, signal, sys, time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

if os.environ.get("CRASH"):
    print("cannot start", flush=True)
    sys.exit(3)
if os.environ.get("STUBBORN"):
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
if os.environ.get("ESCAPE") and os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        time.sleep(600)
    os._exit(0)


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        if self.path == "/hang-up":
            os.kill(os.getpid(), 9)
        if self.path == "/slow":
            time.sleep(30)
        if self.path == "/broken":
            self.send_response(200)
            self.send_header("Content-Length", "1000")
            self.end_headers()
            self.wfile.write(b"half")
            self.wfile.flush()
            os.kill(os.getpid(), 9)
        said = {"env": dict(os.environ), "headers": dict(self.headers)}
        self.answer(200, json.dumps(said).encode())

    def do_POST(self):
        size = int(self.headers.get("Content-Length", 0))
        self.answer(201, self.rfile.read(size))

    def answer(self, status, body):
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *words):
        print("served", self.path, flush=True)


address = (os.environ["HOST"], int(os.environ["PORT"]))
ThreadingHTTPServer(address, Handler).serve_forever()
"""

WEB = {"Procfile": "web: python server.py\n", "server.py": SERVER}
SAMPLE_DEPLOYED = WEB | {"requirements.txt": ""}


def tarball(files: dict[str, str]) -> bytes:
    """A gzipped tar archive of these files."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        for name, text in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(text.encode())
            archive.addfile(info, io.BytesIO(text.encode()))
    return buffer.getvalue()


def until(look: Callable[[], Result | None], limit: float = 20.0) -> Result:
    """Look again and again until something is there; fails after a deadline."""
    deadline = time.monotonic() + limit
    while time.monotonic() < deadline:
        found = look()
        if found:
            return found
        time.sleep(0.02)
    raise AssertionError(f"nothing within {limit} s from {look}")


class Client:
    """What a client of the Platform API does, in few words."""

    def __init__(self, platform: LocalPlatform) -> None:
        self.platform = platform
        self.session = requests.Session()
        self.session.trust_env = False
        self.session.headers.update(
            {
                "Authorization": f"Bearer {platform.token}",
                "Accept": "application/vnd.heroku+json; version=3",
            }
        )

    @staticmethod
    def files(**changed: str) -> dict[str, str]:
        """The sample app's files; a Procfile line may be given as `web`, `release`."""
        lines = {"web": "python server.py"} | changed
        procfile = "".join(f"{kind}: {command}\n" for kind, command in lines.items())
        return WEB | {"Procfile": procfile}

    @staticmethod
    def pack(files: dict[str, str]) -> bytes:
        """A tarball of these files."""
        return tarball(files)

    @staticmethod
    def until(look: Callable[[], Result | None], limit: float = 20.0) -> Result:
        """Look until something is there; fails after a deadline."""
        return until(look, limit)

    def ask(
        self, method: str, path: str, body: Any = None, **options: Any
    ) -> requests.Response:
        """One request to the API."""
        url = f"{self.platform.api_url}{path}"
        return self.session.request(method, url, json=body, timeout=20, **options)

    def do(self, method: str, path: str, body: Any = None) -> Any:
        """One request that must succeed; returns its JSON."""
        answer = self.ask(method, path, body)
        assert answer.ok, f"{method} {path}: {answer.status_code} {answer.text}"
        return answer.json()

    def app(self) -> str:
        """A new app's name."""
        name = f"app-{uuid4().hex[:10]}"
        self.do("POST", "/apps", {"name": name})
        return name

    def upload(self, content: bytes) -> str:
        """Put a source; returns where it is."""
        urls = self.do("POST", "/sources")["source_blob"]
        put = requests.put(urls["put_url"], data=content, timeout=20)
        assert put.ok
        return str(urls["get_url"])

    def build(self, app: str, content: bytes, **source: str) -> dict[str, Any]:
        """Build a source to its end."""
        blob = {"url": self.upload(content), **source}
        build = self.do("POST", f"/apps/{app}/builds", {"source_blob": blob})
        path = f"/apps/{app}/builds/{build['id']}"
        ended: dict[str, Any] = until(
            lambda: (b := self.do("GET", path))["status"] != "pending" and b
        )
        return ended

    def deploy(
        self, app: str, files: dict[str, str] = SAMPLE_DEPLOYED
    ) -> dict[str, Any]:
        """Build and release, until the release settled."""
        build = self.build(app, tarball(files), version=uuid4().hex + "a" * 8)
        assert build["status"] == "succeeded", self.output(build)
        return self.settled(app, build["release"]["id"])

    def settled(self, app: str, release: str | int) -> dict[str, Any]:
        """A release once it is no longer pending."""
        path = f"/apps/{app}/releases/{release}"
        found: dict[str, Any] = until(
            lambda: (r := self.do("GET", path))["status"] != "pending" and r
        )
        return found

    def output(self, thing: dict[str, Any]) -> str:
        """The whole output of a build or a release command."""
        return requests.get(thing["output_stream_url"], timeout=20).text

    def current(self, app: str) -> dict[str, Any]:
        """The release that is live."""
        releases = self.do("GET", f"/apps/{app}/releases")
        (current,) = [release for release in releases if release["current"]]
        return dict(current)

    def url(self, app: str) -> str:
        """Where the app serves."""
        return str(self.do("GET", f"/apps/{app}")["web_url"])

    def get(self, app: str, path: str = "") -> requests.Response:
        """Ask the app itself, through its router."""
        return requests.get(self.url(app) + path, timeout=20)

    def env(self, app: str) -> dict[str, str]:
        """The environment that the app's dyno runs with."""
        return dict(self.get(app).json()["env"])

    def web(self, app: str, state: str) -> dict[str, Any]:
        """The first web dyno, once it is in that state."""
        path = f"/apps/{app}/dynos"

        def look() -> dict[str, Any] | None:
            dynos = self.do("GET", path)
            return next((d for d in dynos if d["state"] == state), None)

        return until(look)

    def log(self, app: str, **wanted: Any) -> str:
        """The app's log so far."""
        session = self.do("POST", f"/apps/{app}/log-sessions", {"lines": 1500} | wanted)
        return requests.get(session["logplex_url"], timeout=20).text


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalPlatform]:
    """A platform of this module's own, in a folder of its own, ten times as fast."""
    home = tmp_path_factory.mktemp("platform") / "home"
    often = {"metrics": 0.2, "refill": 0.1}  # tests look more often than Heroku lets
    yield control.up(home, time_scale=0.1, timers=often)
    control.down(home)


@pytest.fixture(scope="module")
def client(platform: LocalPlatform) -> Client:
    """A client with the platform's token."""
    return Client(platform)


@pytest.fixture(name="connect")
def client_of() -> Callable[[LocalPlatform], Client]:
    """Makes a client for a platform that the test starts itself."""
    return Client


@pytest.fixture(name="home")
def folder_of_a_platform(tmp_path: Path) -> Iterator[Path]:
    """A folder for a platform that the test starts and kills itself."""
    home = tmp_path / "home"
    yield home
    control.down(home)
