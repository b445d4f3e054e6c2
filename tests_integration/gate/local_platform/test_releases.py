"""From a source to a served release, and back again."""

import hashlib
import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import requests

from gate.local_platform import control
from gate.local_platform.control import LocalPlatform

COMMIT = "0123456789abcdef0123456789abcdef01234567"


def test_a_build_becomes_a_release_that_serves(client: Any) -> None:
    """Slug, release, dyno and route all carry the identity of the source."""
    app = client.app()
    content = client.pack(client.files())
    checksum = f"SHA256:{hashlib.sha256(content).hexdigest()}"
    build = client.build(app, content, version=COMMIT, checksum=checksum)
    assert build["status"] == "succeeded", client.output(build)
    release = client.settled(app, build["release"]["id"])
    slug = client.do("GET", f"/apps/{app}/slugs/{release['slug']['id']}")
    assert (slug["commit"], slug["checksum"]) == (COMMIT, checksum)
    assert (release["version"], release["description"]) == (3, "Deploy 01234567")
    assert release["current"] and release["status"] == "succeeded"
    env = client.env(app)
    assert env["HEROKU_RELEASE_VERSION"] == "v3"
    assert env["HEROKU_SLUG_COMMIT"] == COMMIT
    assert "served /" in client.log(app, source="app", dyno="web")


def test_nothing_of_the_platform_reaches_a_dyno(client: Any) -> None:
    """Only what Heroku sets, the config vars, and what the shell adds."""
    app = client.app()
    client.deploy(app)
    known = {"PATH", "HOME", "LANG", "PORT", "DYNO", "HOST"}
    known |= {"PYTHONUNBUFFERED", "PYTHONPATH"}
    shell = {"PWD", "SHLVL", "_", "OLDPWD"}
    rest = set(client.env(app)) - known - shell
    assert {name for name in rest if not name.startswith("HEROKU_")} == {"DATABASE_URL"}


def test_a_new_app_has_two_releases_and_a_database(client: Any) -> None:
    """As on Heroku with a database add-on: v1 and v2 are there before any deploy."""
    app = client.app()
    releases = client.do("GET", f"/apps/{app}/releases")
    assert [r["description"] for r in releases] == ["Initial release", "Enable Logplex"]
    assert [r["current"] for r in releases] == [False, True]
    config = client.do("GET", f"/apps/{app}/releases/2/config-vars")
    assert config["DATABASE_URL"].startswith("sqlite:////")
    answer = client.get(app)
    assert answer.status_code == 502
    assert "code=H81" in client.log(app)


def test_a_config_change_is_a_release_and_no_change_is_none(client: Any) -> None:
    """The dynos restart with the new value."""
    app = client.app()
    client.deploy(app)
    for _ in range(2):
        client.do("PATCH", f"/apps/{app}/config-vars", {"GREETING": "hello"})
    assert client.current(app)["version"] == 4
    assert client.current(app)["description"] == "Set GREETING config vars"
    assert client.env(app)["GREETING"] == "hello"
    client.do("PATCH", f"/apps/{app}/config-vars", {"GREETING": None})
    assert client.current(app)["description"] == "Remove GREETING config vars"
    assert "GREETING" not in client.env(app)


def test_a_rollback_restores_slug_and_config(client: Any) -> None:
    """It is a new release; the versions between stay in the list."""
    app = client.app()
    first = client.deploy(app)
    client.do("PATCH", f"/apps/{app}/config-vars", {"LATER": "1"})
    second = client.deploy(app)
    back = client.do("POST", f"/apps/{app}/releases", {"release": first["id"]})
    assert back["description"] == f"Rollback to v{first['version']}"
    assert back["version"] == second["version"] + 1
    assert back["slug"] == first["slug"]
    assert client.current(app)["id"] == back["id"]
    assert "LATER" not in client.env(app)


def test_releasing_a_slug_keeps_todays_config(client: Any) -> None:
    """The other way back, with a description of one's own."""
    app = client.app()
    first = client.deploy(app)
    client.do("PATCH", f"/apps/{app}/config-vars", {"LATER": "1"})
    body = {"slug": first["slug"]["id"], "description": "back again (nonce 7)"}
    release = client.do("POST", f"/apps/{app}/releases", body)
    assert release["description"] == "back again (nonce 7)"
    assert client.env(app)["LATER"] == "1"


def test_a_release_without_a_slug_is_no_target_for_a_rollback(client: Any) -> None:
    """422 for what is not eligible, and the flag says so beforehand."""
    app = client.app()
    client.deploy(app)
    initial = client.do("GET", f"/apps/{app}/releases/1")
    assert not initial["eligible_for_rollback"]
    answer = client.ask("POST", f"/apps/{app}/releases", {"release": initial["id"]})
    assert (answer.status_code, answer.json()["id"]) == (422, "invalid_params")


def test_a_failed_release_command_leaves_the_old_release_current(client: Any) -> None:
    """The dynos are untouched; new config stays; the output can be read."""
    app = client.app()
    good = client.deploy(app)
    pid_of = client.web(app, "up")["id"]
    command = "bash -c 'echo migrating $DYNO; exit 2'"
    failed = client.deploy(app, client.files(release=command))
    assert (failed["status"], failed["current"]) == ("failed", False)
    assert client.output(failed).startswith("migrating release.")
    assert client.current(app)["id"] == good["id"]
    assert client.web(app, "up")["id"] == pid_of
    again = client.deploy(app)
    assert again["version"] == failed["version"] + 1
    assert again["current"]


def test_a_release_command_decides_before_dynos_restart(client: Any) -> None:
    """While it runs the release is pending, the old one serves, others must wait."""
    app = client.app()
    client.deploy(app)
    files = client.files(release="sleep 1")
    build = client.build(app, client.pack(files), version=COMMIT)
    pending = client.do("GET", f"/apps/{app}/releases/4")
    assert (pending["status"], pending["current"]) == ("pending", False)
    assert client.env(app)["HEROKU_RELEASE_VERSION"] == "v3"
    other = {"slug": pending["slug"]["id"]}
    assert client.ask("POST", f"/apps/{app}/releases", other).status_code == 409
    assert client.settled(app, build["release"]["id"])["current"]
    assert client.env(app)["HEROKU_RELEASE_VERSION"] == "v4"


def test_a_config_change_waits_for_the_release_command_that_runs(client: Any) -> None:
    """The answer shows the old values and warns; then they are a release of their own."""
    app = client.app()
    files = client.files(release='bash -c "test $SLOW = no || sleep 1"')
    client.do("PATCH", f"/apps/{app}/config-vars", {"SLOW": "yes", "A": "1"})
    client.build(app, client.pack(files), version=COMMIT)
    for change in ({"A": "2", "SLOW": "no"}, {"A": None, "B": "3"}):
        answer = client.ask("PATCH", f"/apps/{app}/config-vars", change)
        assert answer.status_code == 200
        assert "waits" in answer.headers["X-Heroku-Warning"]
        assert answer.json()["A"] == "1"
    client.until(
        lambda: client.ask("GET", f"/apps/{app}/releases/5").status_code == 200
    )
    waited = client.settled(app, 5)
    assert waited["description"] == "Set SLOW, B config vars and Remove A config vars"
    assert waited["current"]
    assert client.env(app)["B"] == "3"


def test_a_config_change_that_waits_outlives_the_platform(
    connect: Callable[[LocalPlatform], Any], home: Path
) -> None:
    """What was accepted is done after the next start, whatever became of the release."""
    platform = control.up(home, time_scale=0.1)
    client = connect(platform)
    app = client.app()
    client.build(app, client.pack(client.files(release="sleep 60")))
    change = client.ask("PATCH", f"/apps/{app}/config-vars", {"A": "1"})
    assert change.headers["Warning-Message"]
    os.kill(platform.pid, signal.SIGKILL)
    client.until(lambda: control.status(home) is None)
    client = connect(control.up(home, time_scale=0.1))
    assert client.settled(app, 3)["status"] == "failed"
    client.until(lambda: client.current(app)["version"] == 4)
    assert client.do("GET", f"/apps/{app}/config-vars")["A"] == "1"


def test_only_python_is_built(client: Any) -> None:
    """Other buildpacks are refused, not ignored."""
    app = client.app()
    blob = {"url": client.upload(client.pack(client.files()))}
    for name, status in (("heroku/nodejs", 422), ("heroku/python", 201)):
        body = {"source_blob": blob, "buildpacks": [{"name": name}]}
        assert client.ask("POST", f"/apps/{app}/builds", body).status_code == status


def test_the_version_of_a_source_is_the_commit_of_its_slug(client: Any) -> None:
    """Whatever it is: a short commit, a tag, or nothing."""
    app = client.app()
    content = client.pack(client.files())
    for version, description in (("v1.3.0-beta", "Deploy v1.3.0-b"), (None, "Deploy")):
        source = {"version": version} if version else {}
        build = client.build(app, content, **source)
        release = client.settled(app, build["release"]["id"])
        slug = client.do("GET", f"/apps/{app}/slugs/{release['slug']['id']}")
        assert (slug["commit"], release["description"]) == (version, description)


def test_a_pending_build_can_be_cancelled(client: Any) -> None:
    """It has failed, says so, and nothing is released; what has ended stays."""
    app = client.app()
    client.build(app, client.pack(client.files(release="sleep 2")))
    blob = {"url": client.upload(client.pack(client.files()))}
    begun = client.do("POST", f"/apps/{app}/builds", {"source_blob": blob})
    path = f"/apps/{app}/builds/{begun['id']}"
    assert client.do("DELETE", path)["status"] == "failed"
    assert "cancelled" in client.output(begun)
    assert client.ask("DELETE", path).status_code == 409
    assert client.do("DELETE", f"/apps/{app}/build-cache") == {}
    assert [b["status"] for b in client.do("GET", f"/apps/{app}/builds")].count(
        "failed"
    ) == 1
    client.settled(app, 3)
    assert client.ask("GET", f"/apps/{app}/releases/4").status_code == 404


def test_the_output_of_a_release_command_can_be_resumed(client: Any) -> None:
    """By bytes as plain text, by the last event's id as events."""
    app = client.app()
    release = client.deploy(app, client.files(release="printf 'one\\ntwo\\n'"))
    url = release["output_stream_url"]
    assert requests.get(url, timeout=20).text == "one\ntwo\n"
    rest = requests.get(url, headers={"Range": "bytes=4-"}, timeout=20)
    assert (rest.status_code, rest.text) == (206, "two\n")
    events = {"Accept": "text/event-stream"}
    assert requests.get(url, headers=events, timeout=20).text.endswith(
        "id: 8\ndata: two\n\n"
    )
    after = requests.get(url, headers=events | {"Last-Event-ID": "4"}, timeout=20)
    assert after.text == "id: 8\ndata: two\n\n"


def test_an_old_release_expires(
    connect: Callable[[LocalPlatform], Any], home: Path
) -> None:
    """Past its time and outside the newest twenty it is no way back, nor forward."""
    client = connect(control.up(home, time_scale=0.1, timers={"retention": 1.0}))
    staging, production = client.app(), client.app()
    pipeline = client.do("POST", "/pipelines", {"name": "chain"})
    for name, stage in ((staging, "staging"), (production, "production")):
        place = {"app": name, "pipeline": pipeline["id"], "stage": stage}
        client.do("POST", "/pipeline-couplings", place)
    old = client.deploy(staging)
    client.do("PATCH", f"/apps/{staging}/formation/web", {"quantity": 0})
    for number in range(20):
        client.do("PATCH", f"/apps/{staging}/config-vars", {"N": str(number)})
    path = f"/apps/{staging}/releases"
    expired = client.until(
        lambda: (r := client.do("GET", f"{path}/3"))["status"] == "expired" and r
    )
    assert not expired["eligible_for_rollback"]
    assert client.do("GET", f"{path}/4")["eligible_for_rollback"]
    back = client.ask("POST", path, {"release": old["id"]})
    assert (back.status_code, back.json()["id"]) == (422, "invalid_params")
    ids = [client.do("GET", f"/apps/{name}")["id"] for name in (staging, production)]
    for release in (old["id"], client.current(production)["id"]):
        promotion = {
            "pipeline": {"id": pipeline["id"]},
            "source": {"app": {"id": ids[0]}, "release": {"id": release}},
            "targets": [{"app": {"id": ids[1]}}],
        }
        answer = client.ask("POST", "/pipeline-promotions", promotion)
        assert (answer.status_code, answer.json()["id"]) == (422, "invalid_params")


def test_a_promotion_releases_the_named_release_and_no_other(client: Any) -> None:
    """Although staging has moved on, and with the target's own config."""
    staging, production = client.app(), client.app()
    pipeline = client.do("POST", "/pipelines", {"name": f"p-{staging[4:]}"})
    for name, stage in ((staging, "staging"), (production, "production")):
        place = {"app": name, "pipeline": pipeline["id"], "stage": stage}
        client.do("POST", "/pipeline-couplings", place)
    judged = client.deploy(staging)
    client.deploy(staging)
    client.do("PATCH", f"/apps/{production}/config-vars", {"STAGE": "production"})
    ids = {n: client.do("GET", f"/apps/{n}")["id"] for n in (staging, production)}
    promotion = client.do(
        "POST",
        "/pipeline-promotions",
        {
            "pipeline": {"id": pipeline["id"]},
            "source": {"app": {"id": ids[staging]}, "release": {"id": judged["id"]}},
            "targets": [{"app": {"id": ids[production]}}],
        },
    )
    path = f"/pipeline-promotions/{promotion['id']}"
    (target,) = client.do("GET", f"{path}/promotion-targets")
    assert (target["status"], target["release"]) == ("pending", None)
    client.until(lambda: client.do("GET", path)["status"] == "completed")
    (target,) = client.do("GET", f"{path}/promotion-targets")
    assert target["status"] == "succeeded"
    assert client.current(production)["id"] == target["release"]["id"]
    assert client.current(production)["slug"] == judged["slug"]
    assert client.env(production)["STAGE"] == "production"


def test_a_promotion_fails_with_its_targets_release_command(client: Any) -> None:
    """Completed means settled, each target in its way; one that failed says why."""
    staging, production, other = client.app(), client.app(), client.app()
    pipeline = client.do("POST", "/pipelines", {"name": f"p-{staging[4:]}"})
    stages = ("staging", "production", "production")
    for name, stage in zip((staging, production, other), stages, strict=True):
        place = {"app": name, "pipeline": pipeline["name"], "stage": stage}
        client.do("POST", "/pipeline-couplings", place)
    client.deploy(staging, client.files(release='test "$WHERE" != production'))
    client.do("PATCH", f"/apps/{production}/config-vars", {"WHERE": "production"})
    source, *targets = (
        {"app": {"id": client.do("GET", f"/apps/{name}")["id"]}}
        for name in (staging, production, other)
    )
    pipeline = {"id": pipeline["id"]}
    body = {"pipeline": pipeline, "source": source, "targets": targets}
    promotion = client.do("POST", "/pipeline-promotions", body)
    path = f"/pipeline-promotions/{promotion['id']}"
    client.until(lambda: client.do("GET", path)["status"] == "completed")
    (target, good) = client.do("GET", f"{path}/promotion-targets")
    assert (good["app"], good["status"]) == (targets[1]["app"], "succeeded")
    assert (target["app"], target["status"]) == (targets[0]["app"], "failed")
    assert "failed" in target["error_message"]
    assert client.current(production)["slug"] is None


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({"server.py": ""}, "no Procfile"),
        ({"Procfile": "what is this"}, "line 1 of the Procfile"),
        (
            {"Procfile": "web: x", "requirements.txt": "./no-such-folder"},
            "uv pip install ended with status",
        ),
    ],
)
def test_a_build_that_cannot_be_fails_and_says_why(
    client: Any, files: dict[str, str], said: str
) -> None:
    """It ends failed, without slug and release, and its output names the cause."""
    app = client.app()
    build = client.build(app, client.pack(files))
    assert (build["status"], build["slug"], build["release"]) == ("failed", None, None)
    assert said in client.output(build)
    assert client.current(app)["version"] == 2


def test_a_source_that_is_not_what_was_announced_is_not_built(client: Any) -> None:
    """The checksum binds the build to the tarball."""
    app = client.app()
    content = client.pack(client.files())
    build = client.build(app, content, checksum=f"SHA256:{'0' * 64}")
    assert build["status"] == "failed"
    assert "checksum" in client.output(build)


def test_a_slug_made_elsewhere_can_be_released(client: Any) -> None:
    """Declared by its process types, uploaded below ./app/, then released."""
    app = client.app()
    body = {"process_types": {"web": "python server.py"}, "commit": COMMIT}
    slug = client.do("POST", f"/apps/{app}/slugs", body)
    early = client.ask("POST", f"/apps/{app}/releases", {"slug": slug["id"]})
    assert early.status_code == 422
    files = {f"app/{name}": text for name, text in client.files().items()}
    method, url = slug["blob"]["method"], slug["blob"]["url"]
    assert client.session.request(method, url, data=client.pack(files)).ok
    client.do("POST", f"/apps/{app}/releases", {"slug": slug["id"]})
    assert client.env(app)["HEROKU_SLUG_COMMIT"] == COMMIT


def test_an_uploaded_slug_can_be_corrected(client: Any) -> None:
    """The tarball that counts is the one that was uploaded last."""
    app = client.app()
    types = {"process_types": {"web": "python server.py"}}
    slug = client.do("POST", f"/apps/{app}/slugs", types)

    def release(requirements: str) -> requests.Response:
        files = client.files() | {"requirements.txt": requirements}
        tree = {f"./app/{name}": text for name, text in files.items()}
        url = slug["blob"]["url"]
        assert requests.put(url, data=client.pack(tree), timeout=20).ok
        path, body = f"/apps/{app}/releases", {"slug": slug["id"]}
        answer: requests.Response = client.ask("POST", path, body)
        return answer

    assert release("./no-such-folder").status_code == 422
    assert release("").status_code == 201
    assert client.get(app).status_code == 200
