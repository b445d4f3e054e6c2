"""The same client against the platform on this machine, really running."""

import io
import tarfile
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import pytest
import requests

from gate.errors import NotFound, PlatformRefused, Unauthorized
from gate.heroku import HerokuClient
from gate.local_platform import control
from gate.model.release import (
    App,
    Build,
    BuildStatus,
    DynoState,
    Pipeline,
    PromotionStatus,
    Release,
    ReleaseStatus,
    Stage,
    TargetStatus,
)

T = TypeVar("T")
PATIENCE = 60.0
PROCFILE = "web: python app.py\n"
SERVER = """
import os
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

class Hello(BaseHTTPRequestHandler):
    def do_GET(self):
        body = "{word}".encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
        print("said {word}", flush=True)

    def log_message(self, *args):
        pass

ThreadingHTTPServer(("127.0.0.1", int(os.environ["PORT"])), Hello).serve_forever()
"""


def until(read: Callable[[], T], wanted: Callable[[T], bool]) -> T:
    """Read until it is as wanted; fails with what it was at last."""
    deadline = time.monotonic() + PATIENCE
    while not wanted(value := read()):
        assert time.monotonic() < deadline, value
        time.sleep(0.05)
    return value


@dataclass(frozen=True)
class Stagecraft:
    """A staging and a production app in one pipeline, and how to use them."""

    client: HerokuClient
    folder: Path
    api_url: str
    pipeline: Pipeline
    staging: App
    production: App

    def build(self, word: str, commit: str) -> Build:
        """Build an app that says *word* on staging."""
        tarball = self.folder / f"{word}.tgz"
        with tarfile.open(tarball, "w:gz") as tar:
            for name, text in {
                "Procfile": PROCFILE,
                "app.py": SERVER.replace("{word}", word),
            }.items():
                member = tarfile.TarInfo(name)
                member.size = len(text.encode())
                tar.addfile(member, io.BytesIO(text.encode()))
        blob = self.client.create_source()
        self.client.upload_source(blob, tarball)
        begun = self.client.create_build(
            self.staging.name, source_url=blob.get_url, version=commit
        )
        assert any(
            "Procfile" in line for line in self.client.stream(begun.output_stream_url)
        )
        return until(
            lambda: self.client.build(self.staging.name, begun.id),
            lambda build: build.status is not BuildStatus.PENDING,
        )

    def deploy(self, word: str, commit: str) -> Release:
        """Build, and wait for the release that comes of it."""
        build = self.build(word, commit)
        assert build.status is BuildStatus.SUCCEEDED
        assert build.release_id is not None
        return self.settled(self.staging, build.release_id)

    def promote(self, source: Release) -> Release:
        """Promote a staging release to production, and wait for it there."""
        promotion = self.client.promote(
            pipeline_id=self.pipeline.id,
            source=source,
            source_app_id=self.staging.id,
            target_id=self.production.id,
        )
        until(
            lambda: self.client.promotion(promotion.id),
            lambda now: now.status is PromotionStatus.COMPLETED,
        )
        [target] = self.client.promotion_targets(promotion.id)
        assert (target.app_id, target.status) == (
            self.production.id,
            TargetStatus.SUCCEEDED,
        )
        assert target.release_id is not None
        return self.settled(self.production, target.release_id)

    def settled(self, app: App, release_id: str) -> Release:
        """Wait until a release serves with all its dynos."""
        release = until(
            lambda: self.client.release(app.name, release_id),
            lambda now: now.status is not ReleaseStatus.PENDING,
        )
        assert release.status is ReleaseStatus.SUCCEEDED
        until(
            lambda: self.client.dynos(app.name),
            lambda dynos: (
                bool(dynos)
                and all(
                    (dyno.type, dyno.state, dyno.release_version)
                    == ("web", DynoState.UP, release.version)
                    for dyno in dynos
                )
            ),
        )
        return release


@pytest.fixture(scope="module")
def stagecraft(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stagecraft]:
    folder = tmp_path_factory.mktemp("platform")
    running = control.up(folder / "home")
    try:
        client = HerokuClient(running.api_url, running.token)
        staging = client.create_app("orders-staging")
        production = client.create_app("orders")
        pipeline = client.create_pipeline("orders")
        client.couple(pipeline.id, staging.id, Stage.STAGING)
        client.couple(pipeline.id, production.id, Stage.PRODUCTION)
        yield Stagecraft(client, folder, running.api_url, pipeline, staging, production)
    finally:
        control.down(folder / "home")


def said(app: App) -> str:
    return requests.get(app.web_url, timeout=10).text


@pytest.mark.timeout(300)
def test_a_release_goes_to_production_and_is_taken_back(
    stagecraft: Stagecraft,
) -> None:
    """Build, release, dynos, promote, log, and the old slug with today's config."""
    client, production = stagecraft.client, stagecraft.production
    baseline = stagecraft.promote(stagecraft.deploy("one", "1" * 40))
    assert said(production) == "one"
    candidate = stagecraft.deploy("two", "2" * 40)
    assert candidate.commit == "2" * 40
    client.set_config_vars(production.name, {"COLOUR": "blue", "GONE": None})

    heard: list[str] = []
    with client.open_log(production.name) as lines:
        listener = threading.Thread(target=lambda: heard.extend(lines), daemon=True)
        listener.start()
        promoted = stagecraft.promote(candidate)
        assert promoted.slug == candidate.slug
        assert client.current_release(production.name) == promoted
        assert said(production) == "two"
        until(lambda: "".join(heard), lambda text: "said two" in text)
    listener.join(10)
    assert not listener.is_alive()

    assert baseline.slug is not None
    made = client.release_slug(
        production.name, baseline.slug.id, description="Restored by run 7"
    )
    restored = stagecraft.settled(production, made.id)
    assert said(production) == "one"
    assert restored.slug == baseline.slug
    assert restored.description == "Restored by run 7"
    assert restored.version > promoted.version
    assert client.config_vars(production.name)["COLOUR"] == "blue"
    then = client.release_config_vars(production.name, baseline.version)
    assert "COLOUR" not in then
    assert client.release_config_vars(production.name, restored.id)["COLOUR"] == "blue"
    assert restored.slug is not None
    assert restored.slug.commands == ("python app.py",)


def test_releases_come_newest_first_in_pages(stagecraft: Stagecraft) -> None:
    """Any limit gives the newest so many, of which one is current."""
    name = stagecraft.staging.name
    every = stagecraft.client.releases(name)
    assert [one.version for one in every] == list(range(len(every), 0, -1))
    assert sum(one.current for one in every) == 1
    assert stagecraft.client.releases(name, limit=1) == every[:1]


def test_the_pipeline_is_found_with_its_apps(stagecraft: Stagecraft) -> None:
    """By name; and what was coupled is coupled."""
    client = stagecraft.client
    assert client.pipeline("orders") == stagecraft.pipeline
    assert client.pipeline("nothing") is None
    stages = {one.app_id: one.stage for one in client.couplings(stagecraft.pipeline.id)}
    assert stages == {
        stagecraft.staging.id: Stage.STAGING,
        stagecraft.production.id: Stage.PRODUCTION,
    }
    assert client.app(stagecraft.staging.id) == stagecraft.staging


def test_a_build_that_fails_has_no_release(stagecraft: Stagecraft) -> None:
    """A source without sense fails in the build, not in the client."""
    client, app = stagecraft.client, stagecraft.staging.name
    rubbish = stagecraft.folder / "rubbish.tgz"
    rubbish.write_bytes(b"not a tarball")
    blob = client.create_source()
    client.upload_source(blob, rubbish)
    begun = client.create_build(app, source_url=blob.get_url, version="3" * 40)
    build = until(
        lambda: client.build(app, begun.id),
        lambda now: now.status is not BuildStatus.PENDING,
    )
    assert (build.status, build.release_id) == (BuildStatus.FAILED, None)


def test_the_local_platform_refuses_in_the_documented_way(
    stagecraft: Stagecraft,
) -> None:
    """Unknown app, wrong token, a name that is taken: the gate's own errors."""
    client = stagecraft.client
    with pytest.raises(NotFound) as unknown:
        client.app("nothing")
    assert (unknown.value.status, unknown.value.error_id) == (404, "not_found")
    assert unknown.value.request_id
    with pytest.raises(Unauthorized) as stranger:
        HerokuClient(stagecraft.api_url, "wrong").app("orders")
    assert (stranger.value.status, stranger.value.error_id) == (401, "unauthorized")
    with pytest.raises(PlatformRefused) as taken:
        client.create_app("orders")
    assert (taken.value.status, taken.value.error_id) == (422, "invalid_params")
    assert client.rate_limit_remaining is not None


def test_a_quiet_log_ends_when_it_is_left(stagecraft: Stagecraft) -> None:
    """The local platform sends nothing, and the reader still wakes up."""
    with stagecraft.client.open_log(stagecraft.staging.name) as lines:
        listener = threading.Thread(target=lambda: list(lines), daemon=True)
        listener.start()
    listener.join(5)
    assert not listener.is_alive()
    short = stagecraft.client.open_log(stagecraft.staging.name, lines=5, tail=False)
    with short as history:
        assert len(list(history)) <= 5
