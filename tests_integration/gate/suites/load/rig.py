"""The example app on the local platform twice, side by side; one has a fault.

Both run one slug. Which fault its code has is said by the config var FAULT, so that
each takes a restart and no build.
"""

import hashlib
import io
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from gate.actions.waiting import live_release, until
from gate.heroku import HerokuClient
from gate.local_platform import control
from gate.model.evidence import LoadEvidence
from gate.model.plan import HealthPlan, LoadPlan, Plans
from gate.model.release import Release
from gate.model.subject import Subject
from gate.suites.barrier import await_release
from gate.suites.collecting import listening
from gate.suites.load.collecting import collect_load
from gate.suites.run_folder import RunFolder

SOURCE = Path(__file__).parents[4]
STAGING, BASELINE = "shop-staging", "shop-baseline"
FAULTS = (
    "50 ms slower",
    "twice as slow",
    "2 % errors",
    "every tenth fails",
    "a 1 MB leak",
    "workers die",
    "CPU burn",
)
SEEDED = """
import os, random, time
from app import orders

FAULT = os.environ.get("FAULT", "")
kept = []


def create_app():
    app = orders.create_app()
    good = app.wsgi_app

    def faulty(environ, start_response):
        dice = random.random()
        failing = {"2 % errors": 0.02, "every tenth fails": 0.1}.get(FAULT, 0.0)
        if dice < failing:
            start_response("500 Internal Server Error", [])
            return [b""]
        if FAULT == "workers die" and dice < 0.03:
            os._exit(1)
        if FAULT == "a 1 MB leak":
            kept.append(b"x" * 2**20)
        if FAULT == "50 ms slower":
            time.sleep(0.05)
        if FAULT == "CPU burn":
            busy = time.thread_time() + 0.005
            while time.thread_time() < busy:
                pass
        began = time.perf_counter()
        answer = good(environ, start_response)
        if FAULT == "twice as slow":
            # As much again as it took here, and on its way.
            time.sleep(time.perf_counter() - began + 0.004)
        return answer

    app.wsgi_app = faulty
    return app
"""
SHOPPERS = """
import random
from locust import FastHttpUser, task

SKUS = ("tea-sencha", "tea-assam", "coffee-huila", "mug-blue", "kettle-steel")


class Shopper(FastHttpUser):
    @task(2)
    def browse(self):
        self.client.get("/products")

    @task(2)
    def look_closer(self):
        self.client.get(f"/products/{random.choice(SKUS)}", name="/products/[sku]")

    @task
    def look_back(self):
        self.client.get("/orders?limit=10", name="/orders")
"""
PROCFILE = """
web: exec gunicorn --config python:app.gunicorn "seeded:create_app()"
release: exec python -m app.release
"""


@dataclass(frozen=True, slots=True)
class Rig:
    """A platform with the app on staging and, without a fault, beside it."""

    platform: HerokuClient
    folder: Path

    def serve(self, fault: str) -> Release:
        """Make staging serve the slug with that fault; empty: none."""
        self.platform.set_config_vars(STAGING, {"FAULT": fault})
        return self._serving(STAGING)

    def run(self, fault: str, plan: LoadPlan, *, paired: bool = True) -> LoadEvidence:
        """Load staging with that fault, the baseline beside it."""
        candidate = self.serve(fault)
        subject = Subject(
            run=f"run-{sum(1 for _ in self.folder.glob('run-*')) + 1}",
            candidate=candidate,
            candidate_url=self.platform.app(STAGING).web_url,
            baseline=self.platform.current_release(BASELINE),
            production_url="http://127.0.0.1:9",
            control_url=self.platform.app(BASELINE).web_url if paired else "",
            control_app=BASELINE if paired else "",
        )
        folder = RunFolder(self.folder / subject.run)
        folder.prepare(subject, Plans(load=plan))
        with listening(self.platform, subject, folder):
            return collect_load(subject, plan, self.folder, folder)

    def _serving(self, app: str) -> Release:
        release = live_release(self.platform, app)
        assert release is not None
        url = self.platform.app(app).web_url
        seen = await_release(self.platform, release, url, HealthPlan())
        assert seen.serves, seen
        return release

    def furnish(self) -> None:
        """Build the slug on staging and release it on the baseline too."""
        for app in (STAGING, BASELINE):
            self.platform.create_app(app)
            self.platform.enable_feature(app, "log-runtime-metrics")
        blob = self.platform.create_source()
        packed = self.folder / "source.tar.gz"
        packed.write_bytes(_packed())
        self.platform.upload_source(blob, packed)
        commit = hashlib.sha1(packed.read_bytes()).hexdigest()
        asked_for = self.platform.create_build(
            STAGING, source_url=blob.get_url, version=commit
        )
        until(
            lambda: self.platform.build(STAGING, asked_for.id),
            lambda build: build.release_id is not None,
            patience=60,
            what="the build",
        )
        slug = self._serving(STAGING).slug
        assert slug is not None
        self.platform.release_slug(BASELINE, slug.id, description="beside it")
        self._serving(BASELINE)


@contextmanager
def rigged(folder: Path) -> Iterator[Rig]:
    """Give a rig whose platform lives in *folder*, and take it down in the end."""
    home = folder / "platform"
    local = control.up(home, timers={"metrics": 0.5})
    try:
        (folder / "shoppers.py").write_text(SHOPPERS)
        rig = Rig(HerokuClient(local.api_url, local.token), folder)
        rig.furnish()
        yield rig
    finally:
        control.down(home)


def _packed() -> bytes:
    """The example app as a source tarball, served with its faults."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        for name in ("app", "requirements.txt", ".python-version"):
            if (SOURCE / name).exists():
                archive.add(SOURCE / name, name, filter=_without_caches)
        for name, text in {"Procfile": PROCFILE, "seeded.py": SEEDED}.items():
            info = tarfile.TarInfo(name)
            info.size = len(text.encode())
            archive.addfile(info, io.BytesIO(text.encode()))
    return buffer.getvalue()


def _without_caches(info: tarfile.TarInfo) -> tarfile.TarInfo | None:
    return None if "__pycache__" in info.name else info
