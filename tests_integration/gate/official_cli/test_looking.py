"""Heroku's command line shows what is on the platform."""

import re

import pytest

from tests_integration.gate.local_platform.conftest import Client
from tests_integration.gate.official_cli.heroku_command import VERSION, Heroku

pytestmark = pytest.mark.heroku_cli


def test_apps_and_their_dynos_are_shown(
    heroku: Heroku, client: Client, app: str
) -> None:
    """And nothing but the platform is contacted, though `ps` asks a second service."""
    info, apps, ps = heroku.together(f"apps:info -a {app}", "apps", f"ps -a {app}")
    assert info.code == 0, info
    assert f"=== {app}" in info.out
    assert re.search(rf"Web URL: +{client.url(app)}\n", info.out)
    assert re.search(r"Dynos: +web: 1\n", info.out)
    assert apps.code == 0, apps
    assert app in apps.out.splitlines()
    assert ps.code == 0, ps
    assert "=== web (Basic): python server.py (1)" in ps.out
    assert re.search(r"^web\.1: up ", ps.out, re.MULTILINE)
    address = client.platform.api_url.removeprefix("http://")
    assert info.reached | apps.reached | ps.reached == {address}


def test_releases_are_listed_and_shown(
    heroku: Heroku, client: Client, app: str
) -> None:
    """The current one, any other, and the config vars of its time."""
    client.do("PATCH", f"/apps/{app}/config-vars", {"COLOUR": "green"})
    listed, newest, older = heroku.together(
        f"releases -a {app}", f"releases:info -a {app}", f"releases:info v3 -a {app}"
    )
    assert f"=== {app} Releases - Current: v4" in listed.out
    versions = re.findall(r"^  v(\d+) ", listed.out, re.MULTILINE)
    assert versions == ["4", "3", "2", "1"]
    assert "Set COLOUR config vars" in listed.out
    assert "=== Release v4" in newest.out
    assert re.search(r"COLOUR: +green", newest.out)
    assert "=== Release v3" in older.out
    assert "Eligible for Rollback?: Yes" in older.out
    assert "COLOUR" not in older.out


def test_what_is_not_there_is_told(heroku: Heroku) -> None:
    """With the platform's words and a failing exit code."""
    app, pipeline = heroku.together("ps -a nobody", "pipelines:info nothing")
    assert app.code == 2
    assert "Couldn't find that app. Error ID: not_found" in app.told
    assert pipeline.code == 1
    assert "Pipeline not found" in pipeline.told


def test_buildpacks_are_not_looked_up(heroku: Heroku) -> None:
    """Their registry is Heroku's alone, and is asked past any proxy."""
    for said in heroku.together("buildpacks:info heroku/python", "buildpacks:search x"):
        assert said.code != 0
        assert said.reached == {"127.0.0.1:9"}


def test_a_wrong_token_is_refused(heroku: Heroku) -> None:
    """The command line tells which variable it is from, and its own version."""
    version, said = heroku("--version"), heroku("apps", HEROKU_API_KEY="wrong")
    assert f"heroku/{VERSION} " in version.out
    assert said.code == 1
    assert "The token provided to HEROKU_API_KEY is invalid." in said.told
    assert said.out == ""


def test_a_log_is_printed_and_followed(
    heroku: Heroku, client: Client, app: str
) -> None:
    """The last lines; or these and all that follow until interrupted."""
    client.get(app, "first")
    tail = heroku.start(f"logs --tail -a {app}")
    tail.until("served /first")
    client.get(app, "second")
    tail.until("served /second")
    ended = tail.interrupt()
    assert ended.out.count("served /second") == 1
    recent, filtered = heroku.together(
        f"logs -n 2 -a {app}", f"logs -n 1 -a {app} --source app --dyno-name web.1"
    )
    assert recent.code == 0, recent
    assert len(recent.out.splitlines()) == 2
    assert re.fullmatch(r"\S+ app\[web\.1\]: served /second\n", filtered.out)
