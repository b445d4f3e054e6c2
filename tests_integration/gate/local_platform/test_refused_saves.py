"""A disk that refuses the platform's state: what happened is kept once there is room."""

import json
import os
import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from gate.local_platform import control
from gate.local_platform.control import LocalPlatform

ROOM = 500_000  # bytes of one file, less than this module's state has


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalPlatform]:
    """One that may fail here (500); its other answers are checked with all others."""
    home = tmp_path_factory.mktemp("platform") / "home"
    own = tmp_path_factory.mktemp("exchanges")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(control.EXCHANGES_VARIABLE, str(own))
        started = control.up(home, time_scale=0.1)
    yield started
    control.down(home)
    [file] = own.iterdir()
    lines = file.read_text().splitlines(keepends=True)
    answered = [line for line in lines if json.loads(line)["status"] != 500]
    if folder := os.environ.get(control.EXCHANGES_VARIABLE):
        Path(folder, file.name).write_text("".join(answered))


@pytest.fixture(scope="module", autouse=True)
def large_state(client: Any) -> None:
    """An app whose config is larger than the room that there is on a full disk."""
    large = {"LARGE": "x" * 2 * ROOM}
    client.do("PATCH", f"/apps/{client.app()}/config-vars", large)


@contextmanager
def full_disk(client: Any) -> Iterator[None]:
    """While inside, the platform can write small files, but not its state."""
    pid, limit = client.platform.pid, resource.RLIMIT_FSIZE
    soft, hard = resource.prlimit(pid, limit)
    resource.prlimit(pid, limit, (ROOM, hard))
    try:
        yield
    finally:
        resource.prlimit(pid, limit, (soft, hard))


def refusals(client: Any) -> int:
    """How often the platform has logged that something must wait for room."""
    return int((client.platform.home / "platform.log").read_text().count("too large"))


def promotion_between(client: Any, source: str, target: str) -> dict[str, Any]:
    """What asks for a promotion from one new app to another."""
    pipeline = client.do("POST", "/pipelines", {"name": f"p-{source[4:]}"})
    for name, stage in ((source, "staging"), (target, "production")):
        place = {"app": name, "pipeline": pipeline["id"], "stage": stage}
        client.do("POST", "/pipeline-couplings", place)
    ids = [client.do("GET", f"/apps/{name}")["id"] for name in (source, target)]
    return {
        "pipeline": {"id": pipeline["id"]},
        "source": {"app": {"id": ids[0]}},
        "targets": [{"app": {"id": ids[1]}}],
    }


def test_a_release_settles_and_what_waited_for_it_goes_on(client: Any) -> None:
    """Both the end of its command and the config change that follows are kept."""
    app = client.app()
    client.build(app, client.pack(client.files(release="sleep 1")))
    client.do("PATCH", f"/apps/{app}/config-vars", {"WAITED": "1"})
    before = refusals(client)
    with full_disk(client):
        client.until(lambda: refusals(client) > before)
        assert client.do("GET", f"/apps/{app}/releases/3")["status"] == "pending"
    assert client.settled(app, 3)["status"] == "succeeded"
    client.until(lambda: client.ask("GET", f"/apps/{app}/releases/4").ok)
    assert client.settled(app, 4)["status"] == "succeeded"
    assert client.env(app)["WAITED"] == "1"


def test_a_build_fails(client: Any) -> None:
    """Nothing is released, and the build does not stay pending."""
    app = client.app()
    files = client.files() | {"bin/post_compile": "#!/bin/bash\nsleep 1\n"}
    blob = {"url": client.upload(client.pack(files))}
    build = client.do("POST", f"/apps/{app}/builds", {"source_blob": blob})
    path = f"/apps/{app}/builds/{build['id']}"
    before = refusals(client)
    with full_disk(client):
        client.until(lambda: refusals(client) > before + 1)
    client.until(lambda: client.do("GET", path)["status"] == "failed")
    assert "too large" in client.output(build)
    assert client.current(app)["version"] == 2


def test_a_promotion_fails(client: Any) -> None:
    """Its target says why, and nothing is released."""
    staging, production = client.app(), client.app()
    body = promotion_between(client, staging, production)
    client.deploy(staging)
    promotion = client.do("POST", "/pipeline-promotions", body)
    before = refusals(client)
    with full_disk(client):
        client.until(lambda: refusals(client) > before)
    path = f"/pipeline-promotions/{promotion['id']}"
    client.until(lambda: client.do("GET", path)["status"] == "completed")
    (target,) = client.do("GET", f"{path}/promotion-targets")
    assert target["status"] == "failed"
    assert "too large" in target["error_message"]
    assert client.current(production)["version"] == 2


def test_an_app_that_cannot_be_deleted_is_as_it_was(client: Any) -> None:
    """It serves, and goes once there is room."""
    app = client.app()
    client.deploy(app)
    with full_disk(client):
        assert client.ask("DELETE", f"/apps/{app}").status_code == 500
    assert client.get(app).status_code == 200
    assert len(client.do("GET", f"/apps/{app}/dynos")) == 1
    client.do("DELETE", f"/apps/{app}")
    assert client.ask("GET", f"/apps/{app}").status_code == 404
