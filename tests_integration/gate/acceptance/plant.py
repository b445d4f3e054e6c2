"""A plant: a clone of this repository, and the local platform that belongs to it."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import requests

from gate.heroku import HerokuClient
from gate.local_platform import control
from tests_integration.gate.acceptance.table import FIRST, Row, Serves

HERE = Path(__file__).parent
SOURCE = HERE.parents[2]
PATIENCE = 240.0  # seconds for one promotion
SETTLE = 20.0  # seconds for a process to end, or a release to answer
AUTHOR = ("-c", "user.name=Ada", "-c", "user.email=ada@example.invalid")
# Enough to judge by, and no more: a table of many rows has to be done in minutes, and
# what is good has to pass beside another group's rows on the same cores.
BRISK = {
    "GATE_HEALTH_HOLD": "1",
    "GATE_CONTRACT_EXAMPLES": "4",
    "GATE_LOAD_SERIAL": "4",
    "GATE_LOAD_ERRORS": "exclude > 3%",
    "GATE_LOAD_LATENCY_P50": "exclude > +200%",
    "GATE_LOAD_LATENCY_P95": "exclude > +500%",
    "GATE_LOAD_CPU": "exclude > +100% per request",
    "GATE_LOAD_MEMORY": "exclude > 200 KiB per request",
    "GATE_LOAD_CRASHES": "exclude > 1 per 1 s",
    "GATE_WATCH_SECONDS": "4",
}


class PatchDoesNotApply(Exception):
    """The app has moved on; the patch beside this file has to follow."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What became of one row: *results* by category, the *rules* of its findings.

    *told* is everything that the command printed.
    """

    exit_code: int
    says: str
    results: Mapping[str, str]
    rules: tuple[str, ...]
    staging: Serves
    production: Serves
    production_moved: bool
    seconds: float
    told: str

    @property
    def failed(self) -> frozenset[str]:
        """The categories in which the release itself was found bad."""
        return frozenset(c for c, result in self.results.items() if result == "failed")


@dataclass
class Plant:
    """One clone and its platform; *good* is the commit that production runs."""

    clone: Path
    good: str = ""
    _urls: dict[str, str] = field(default_factory=dict)

    def take(self, row: Row) -> Seen:
        """Make the commit of *row*, promote it, and look what serves afterwards."""
        began = time.monotonic()
        commit = self._commit(row)
        with self._surroundings(row):
            before = self._production_release() if self.good else "nothing"
            exit_code, ending, told = self._promote(row)
            seen = self._seen(commit, exit_code, ending, told, before, began)
        if seen.production is Serves.NEW:
            self.good = commit
        return seen

    def _commit(self, row: Row) -> str:
        """Commit the patches of *row* on top of what production runs."""
        if row.patches is None:
            return self._git("rev-parse", "HEAD")
        if not self.good and row is not FIRST:
            self._seed()
        self._git("checkout", "--quiet", "-B", "row", self.good or "HEAD")
        for name in row.patches:
            patch = HERE / "patches" / f"{name}.patch"
            try:
                self._git("apply", "--index", str(patch))
            except subprocess.CalledProcessError as error:
                raise PatchDoesNotApply(
                    f"{patch} no longer applies to the app, so the row "
                    f"'{row.change}' says nothing: make the same change by hand and "
                    f"write `git diff -U1` over that file.\n{error.stderr}"
                ) from error
            self._git("commit", "--quiet", "-m", name)
        if not row.patches:
            self._git("commit", "--quiet", "--allow-empty", "-m", row.change)
        return self._git("rev-parse", "HEAD")

    def _seed(self) -> None:
        """Put the clone's commit into production, so that rows have a baseline."""
        child = self._gate("local", "seed", "HEAD", "--json")
        out, err = child.communicate(timeout=PATIENCE)
        assert child.returncode == 0, f"no baseline:\n{out}\n{err}"
        self.good = self._git("rev-parse", "HEAD")

    def _promote(self, row: Row) -> tuple[int, dict[str, Any], str]:
        command = ["promote", "--json", *(["--fail-fast"] if row.fail_fast else [])]
        child = self._gate(*command, settings=BRISK)
        try:
            out, err = child.communicate(timeout=PATIENCE)
        except subprocess.TimeoutExpired:
            child.send_signal(signal.SIGINT)
            out, err = child.communicate(timeout=SETTLE)
        finally:
            child.kill()  # nothing happens to one that has ended
        told = f"{out}\n{err}"
        try:
            ending = json.loads(out)
        except ValueError:
            raise AssertionError(f"gate promote printed no JSON:\n{told}") from None
        return child.returncode, ending, told

    def _seen(
        self,
        commit: str,
        exit_code: int,
        ending: dict[str, Any],
        told: str,
        before: str,
        began: float,
    ) -> Seen:
        verdict = ending.get("verdict") or {"rows": [], "because": []}
        watched = ending.get("watched")
        findings = verdict["because"] + (watched["findings"] if watched else [])
        results = {row["category"]: row["result"] for row in verdict["rows"]}
        if watched:
            results["watch"] = watched["result"]
        names = {self.good: Serves.OLD, commit: Serves.NEW}
        staging, production = (
            names.get(self.serving(app), Serves.SOMETHING_ELSE)
            for app in ("orders-staging", "orders-production")
        )
        return Seen(
            exit_code=exit_code,
            says=str(ending.get("says") or ending.get("what")),
            results=results,
            rules=tuple(finding["rule"] for finding in findings),
            staging=staging,
            production=production,
            production_moved=self._production_release() != before,
            seconds=time.monotonic() - began,
            told=told,
        )

    def serving(self, app: str) -> str:
        """Return the commit that answers at the public address of *app*."""
        answer = requests.get(f"{self._url(app)}/livez", timeout=10)
        return answer.headers.get("X-Commit", "nothing")

    def _production_release(self) -> str:
        """Return the release that answers in production."""
        answer = requests.get(f"{self._url('orders-production')}/livez", timeout=10)
        return answer.headers.get("X-Release", "nothing")

    @contextmanager
    def _surroundings(self, row: Row) -> Iterator[None]:
        """Change what is around the release, and put it back afterwards."""
        if row.pricing_is_down:
            self._maintain("orders-pricing", on=True)
        if row.production_config:
            self._configure(dict(row.production_config))
        try:
            yield
        finally:
            if row.pricing_is_down:
                self._maintain("orders-pricing", on=False)
            if row.production_config:
                self._configure(dict.fromkeys(row.production_config))

    def _maintain(self, app: str, *, on: bool) -> None:
        """Turn the maintenance mode of *app* on or off (PATCH /apps/<app>)."""
        platform = self._platform()
        answer = requests.patch(
            f"{platform.api_url}/apps/{app}",
            json={"maintenance": on},
            headers={
                "Accept": "application/vnd.heroku+json; version=3",
                "Authorization": f"Bearer {platform.token}",
            },
            timeout=10,
        )
        answer.raise_for_status()

    def _configure(self, values: Mapping[str, str | None]) -> None:
        """Set config vars of production; wait until the release it makes answers."""
        app = "orders-production"
        client = self._client()
        client.set_config_vars(app, values)
        (release,) = client.releases(app, limit=1)
        until(
            lambda: self._production_release() == f"v{release.version}",
            lambda: f"{release.name} does not answer after its config vars were set",
        )

    def _url(self, app: str) -> str:
        if app not in self._urls:
            self._urls[app] = self._client().app(app).web_url
        return self._urls[app]

    def _client(self) -> HerokuClient:
        platform = self._platform()
        return HerokuClient(platform.api_url, platform.token)

    def _platform(self) -> control.LocalPlatform:
        platform = control.status(self.clone / ".gate" / "local")
        assert platform is not None, "the local platform is not running"
        return platform

    def _gate(
        self, *arguments: str, settings: Mapping[str, str] | None = None
    ) -> "subprocess.Popen[str]":
        """Start the clone's own gate with no settings but these."""
        kept = {k: v for k, v in os.environ.items() if not k.startswith("GATE_")}
        return subprocess.Popen(
            [sys.executable, "-m", "gate", *arguments],
            cwd=self.clone,
            env=kept | dict(settings or {}),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def _git(self, *arguments: str) -> str:
        return git(self.clone, *AUTHOR, *arguments)


@contextmanager
def planted(folder: Path) -> Iterator[Plant]:
    """Give a plant in *folder*; leave no process of it behind."""
    plant = Plant(cloned(folder / "orders"))
    try:
        yield plant
    finally:
        down = plant._gate("local", "down")
        _, err = down.communicate(timeout=60)
        assert down.returncode == 0, err
        until(
            lambda: not processes_in(folder),
            lambda: f"gate local down left {processes_in(folder)} running",
        )


def cloned(folder: Path) -> Path:
    """Clone this repository as its files are now, committed or not."""
    git(SOURCE, "clone", "--quiet", "--no-local", str(SOURCE), str(folder))
    listed = git(SOURCE, "ls-files", "-z", "-co", "--exclude-standard")
    for name in filter(None, listed.split("\0")):
        here, there = SOURCE / name, folder / name
        if here.is_file():
            there.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(here, there)
        else:
            there.unlink(missing_ok=True)
    git(folder, "add", "--all")
    git(folder, *AUTHOR, "commit", "--quiet", "--allow-empty", "-m", "as it is now")
    return folder


def git(folder: Path, *arguments: str) -> str:
    """Run git in *folder*; raises CalledProcessError with what it said."""
    finished = subprocess.run(
        ["git", *arguments], cwd=folder, capture_output=True, text=True, check=True
    )
    return finished.stdout.strip()


def processes_in(folder: Path) -> list[str]:
    """Return every process that works in *folder* or was started with its name."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            command = (process / "cmdline").read_bytes().replace(b"\0", b" ")
            cwd = str((process / "cwd").readlink()).encode()
            places = (command, cwd, (process / "environ").read_bytes())
        except OSError:
            continue  # it has ended, or is not ours
        if any(str(folder).encode() in place for place in places):
            found.append(f"{process.name}: {command.decode(errors='replace')[:120]}")
    return found


def until(reached: Callable[[], bool], complaint: Callable[[], str]) -> None:
    """Look until *reached*; fails with *complaint* after a deadline."""
    deadline = time.monotonic() + SETTLE
    while not reached():
        assert time.monotonic() < deadline, complaint()
        time.sleep(0.05)
