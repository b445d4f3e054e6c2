"""A platform that is killed again and again, and what must hold each time it is back."""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import requests

import gate
from gate.local_platform import control
from gate.local_platform.control import LocalPlatform
from gate.local_platform.home import Home
from tests_integration.gate.local_platform import process_list
from tests_integration.gate.local_platform.conftest import Client, until

SERVER = """
import os, socket
listening = socket.create_server((os.environ["HOST"], int(os.environ["PORT"])))
said = os.environ["HEROKU_RELEASE_VERSION"].encode()
while True:
    connection, _ = listening.accept()
    connection.recv(65536)
    head = b"HTTP/1.1 200 OK\\r\\nConnection: close\\r\\nContent-Length: %d\\r\\n\\r\\n"
    connection.sendall(head % len(said) + said)
    connection.close()
"""
PLAIN = {"Procfile": "web: exec python -S server.py\n", "server.py": SERVER}
COMMANDED = PLAIN | {"Procfile": PLAIN["Procfile"] + "release: sleep 0.1\n"}

# The real server in a real process.  Once told by SIGUSR1, it kills itself right
# before the n-th time that it touches a file, a process or a port.
MORTAL = """
import os, signal, sys
from pathlib import Path
from gate.local_platform.server import run
from gate.local_platform.timers import Timers

home, left, armed = sys.argv[1], int(sys.argv[2]), sys.argv[3] == "born armed"
FILES = ("open", "os.rename", "os.link", "os.mkdir", "os.remove", "os.rmdir")
OTHERS = ("subprocess.Popen", "os.killpg", "socket.bind")

def count(event, arguments):
    global left
    if not armed or (event not in OTHERS and event not in FILES):
        return
    if event in FILES and not str(arguments[0]).startswith(home):
        return
    left -= 1
    if left == 0:
        os.kill(os.getpid(), signal.SIGKILL)

def arm(*_):
    global armed
    armed = True

sys.addaudithook(count)
signal.signal(signal.SIGUSR1, arm)
run(Path(home), None, Timers.of(0.02, {"blob": 3600, "grace": 3600, "exit": 5}))
"""


class Trial:
    """One folder, its platform's lives, and what a client was told in them."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.process: subprocess.Popen[bytes] | None = None
        self.told: dict[str, dict[str, Any]] = {}  # releases by id
        self.promotions: set[str] = set()
        self.slugs: dict[str, str] = {}
        self.pipeline = ""

    def copied(self, home: Path) -> "Trial":
        """The same trial in another folder, nothing running."""
        shutil.copytree(self.home, home, symlinks=True)
        other = Trial(home)
        other.told, other.slugs = dict(self.told), dict(self.slugs)
        other.promotions, other.pipeline = set(self.promotions), self.pipeline
        return other

    def start(self, dies_at: int = 0, *, born_armed: bool = False) -> bool:
        """Start a platform that will die at its n-th effect; false if it did already."""
        armed = "born armed" if born_armed else "armed later"
        Home(self.home).prepare()
        with (self.home / "platform.log").open("ab") as log:
            self.process = subprocess.Popen(
                [
                    sys.executable,
                    "-P",
                    "-c",
                    MORTAL,
                    str(self.home),
                    str(dies_at),
                    armed,
                ],
                env={
                    "PATH": os.environ["PATH"],
                    "PYTHONPATH": str(Path(gate.__file__).parent.parent),
                },
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

        def look() -> LocalPlatform | bool | None:
            assert self.process is not None
            return self.process.poll() is not None or control.status(self.home)

        found = until(look)
        if found is True:
            return False
        assert isinstance(found, LocalPlatform)
        self.client = Client(found)
        return True

    def kill(self) -> None:
        """SIGKILL, and nothing of it is left."""
        assert self.process is not None
        self.process.kill()
        self.process.wait()
        until(lambda: not process_list.naming(self.home), limit=40)

    def birth(self, dies_at: int) -> bool:
        """Start one that dies at its n-th effect; true if it lived, and is killed."""
        lived = self.start(dies_at, born_armed=True)
        self.kill()
        return lived

    def stop(self) -> None:
        """Tell it to stop, and wait until it did."""
        assert self.process is not None
        self.process.terminate()
        self.process.wait(60)

    def is_running(self) -> bool:
        """Whether the platform has not died yet."""
        assert self.process is not None
        return self.process.poll() is None

    def end(self) -> None:
        """Leave nothing behind, whatever a test found."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
        control.down(self.home)

    @contextlib.contextmanager
    def mortal(self) -> Iterator[None]:
        """What is asked of a platform while it dies gets no answer."""
        assert self.process is not None
        self.process.send_signal(signal.SIGUSR1)
        try:
            yield
        except requests.RequestException:
            self.process.wait(10)

    def settles(self, look: Callable[[], Any]) -> None:
        """Wait until something is there or the platform is gone."""
        assert self.process is not None
        deadline = time.monotonic() + 60
        while self.process.poll() is None and not look():
            assert time.monotonic() < deadline, "neither settled nor dead"
            time.sleep(0.01)

    # What a client does; whatever the platform acknowledges is remembered.

    def furnish(self) -> None:
        """Two apps in a pipeline, with slugs that do and do not have a release command."""
        do = self.client.do
        for name in ("shop-staging", "shop"):
            do("POST", "/apps", {"name": name})
        self.pipeline = do("POST", "/pipelines", {"name": "shop"})["id"]
        for app, stage in (("shop-staging", "staging"), ("shop", "production")):
            place = {"app": app, "pipeline": self.pipeline, "stage": stage}
            do("POST", "/pipeline-couplings", place)
        for kind, files in (("commanded", COMMANDED), ("plain", PLAIN)):
            for app in ("shop-staging", "shop"):
                self.slugs[kind] = self.client.deploy(app, files)["slug"]["id"]
        self.look()

    def remember(self, release: dict[str, Any]) -> dict[str, Any]:
        """The client was told of this release."""
        self.told[release["id"]] = release
        return release

    def release(self, **body: str) -> None:
        """A new release of the production app, and its end."""
        made = self.client.do("POST", "/apps/shop/releases", body)
        self.remember(made)
        self.settle(made["id"])

    def settle(self, release: str) -> None:
        """Wait for the end of a release of the production app."""
        path = f"/apps/shop/releases/{release}"
        self.settles(lambda: self.client.do("GET", path)["status"] != "pending")

    def set_config(self) -> None:
        """A config change."""
        self.client.do("PATCH", "/apps/shop/config-vars", {"AT": str(time.time())})
        made = self.client.do("GET", "/apps/shop/releases")[-1]
        self.settle(self.remember(made)["id"])

    def roll_back(self) -> None:
        """To a release of the plain slug."""
        releases = self.client.do("GET", "/apps/shop/releases")
        plain = {"id": self.slugs["plain"]}
        self.release(release=next(r["id"] for r in releases if r["slug"] == plain))

    def run_command(self) -> None:
        """A release with a release command."""
        self.release(slug=self.slugs["commanded"])

    def deploy(self) -> None:
        """Upload, build and release."""
        url = self.client.upload(self.client.pack(PLAIN))
        build = self.client.do(
            "POST", "/apps/shop/builds", {"source_blob": {"url": url}}
        )
        path = f"/apps/shop/builds/{build['id']}"
        self.settles(
            lambda: (
                (ended := self.client.do("GET", path))["release"]
                and self.settle(ended["release"]["id"]) is None
            )
        )

    def promote(self) -> None:
        """Staging's release to production."""
        apps = {a["name"]: a["id"] for a in self.client.do("GET", "/apps")}
        body = {
            "pipeline": {"id": self.pipeline},
            "source": {"app": {"id": apps["shop-staging"]}},
            "targets": [{"app": {"id": apps["shop"]}}],
        }
        made = self.client.do("POST", "/pipeline-promotions", body)
        self.promotions.add(made["id"])
        path = f"/pipeline-promotions/{made['id']}"
        self.settles(lambda: self.client.do("GET", path)["status"] == "completed")

    def scale(self) -> None:
        """Two dynos if there is one, else one."""
        path = "/apps/shop/formation/web"
        now = self.client.do("GET", path)["quantity"]
        self.client.do("PATCH", path, {"quantity": 3 - now})

    def come_and_go(self) -> None:
        """An app is made and deleted."""
        self.client.ask("POST", "/apps", {"name": "guest"})  # it may be there still
        self.client.do("DELETE", "/apps/guest")

    # What must hold whenever the platform is back.

    def look(self) -> None:
        """Everything is as the client was told, and as it should be."""
        do = self.client.do
        apps = do("GET", "/apps")
        assert {"shop", "shop-staging"} <= {app["name"] for app in apps}
        present = {r["id"]: r for app in apps for r in self._releases(app["name"])}
        for id, release in self.told.items():
            for what in ("version", "slug", "description", "created_at"):
                assert present[id][what] == release[what], what
            if release["status"] != "pending":
                assert present[id]["status"] == release["status"]
        for release in present.values():
            if release["app"]["name"] != "guest":
                self.remember(release)
        for promotion in self.promotions:
            (target,) = do("GET", f"/pipeline-promotions/{promotion}/promotion-targets")
            made = present.get((target["release"] or {}).get("id"))
            succeeded = made is not None and made["status"] == "succeeded"
            assert target["status"] == ("succeeded" if succeeded else "failed")
        self._serves_what_it_says(apps)
        self._leaves_no_litter(apps)

    def _releases(self, app: str) -> list[dict[str, Any]]:
        """Versions without a gap, one current, nothing pending."""
        releases = self.client.do("GET", f"/apps/{app}/releases")
        assert [r["version"] for r in releases] == list(range(1, len(releases) + 1))
        assert not [r for r in releases if r["status"] == "pending"]
        (current,) = [r for r in releases if r["current"]]
        assert current == [r for r in releases if r["status"] == "succeeded"][-1]
        config = self.client.do("GET", f"/apps/{app}/config-vars")
        newest = f"/apps/{app}/releases/{len(releases)}/config-vars"
        assert config == self.client.do("GET", newest)
        for build in self.client.do("GET", f"/apps/{app}/builds"):
            assert build["status"] == ("succeeded" if build["release"] else "failed")
        return list(releases)

    def _serves_what_it_says(self, apps: list[dict[str, Any]]) -> None:
        """The dynos that run, seen from outside, are those of the current releases."""
        wanted = []
        for app in apps:
            current = self.client.current(app["name"])
            for process in self.client.do("GET", f"/apps/{app['name']}/formation"):
                wanted += [
                    (app["name"], f"{process['type']}.{n}", f"v{current['version']}")
                    for n in range(1, process["quantity"] + 1)
                ]
        until(lambda: self._dynos() == sorted(wanted), limit=40)
        for app in apps:
            if any(name == app["name"] for name, *_ in wanted):
                self.client.web(app["name"], "up")

    def _dynos(self) -> list[tuple[Any, ...]]:
        names = ("HEROKU_APP_NAME", "DYNO", "HEROKU_RELEASE_VERSION")
        environments = map(process_list.environment, process_list.naming(self.home))
        found = [tuple(map(env.get, names)) for env in environments if "DYNO" in env]
        return sorted(found)

    def _leaves_no_litter(self, apps: list[dict[str, Any]]) -> None:
        """One platform, one warden, the dynos, and files that belong to something."""
        dynos = len(self._dynos())
        until(lambda: len(process_list.naming(self.home)) == 2 + dynos, limit=20)
        (run,) = (self.home / "dynos").iterdir()
        until(lambda: len(list(run.iterdir())) == dynos, limit=20)
        assert not list(self.home.glob(".*"))
        assert not list(self.home.glob("*/.*"))
        assert {p.name for p in (self.home / "apps").iterdir()} <= {
            a["id"] for a in apps
        }
        slugs = {r["slug"]["id"] for r in self.told.values() if r["slug"]}
        for slug in slugs:
            tree = self.home / "slugs" / slug / "app"
            assert (tree / "server.py").read_text() == SERVER
        made = {p.name for p in (self.home / "slugs").iterdir()}
        assert len(made - slugs) <= 1  # built, and not released in time
        environments = list((self.home / "environments").iterdir())
        assert len(environments) == 1
        assert (environments[0] / "bin" / "python").exists()
