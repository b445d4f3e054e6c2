"""Heroku's command line changes what is on the platform."""

import re

import pytest

from tests_integration.gate.local_platform.conftest import Client
from tests_integration.gate.official_cli.conftest import RELEASE, Deploy
from tests_integration.gate.official_cli.heroku_command import Heroku

pytestmark = pytest.mark.heroku_cli


def test_config_vars_are_set_shown_and_unset(
    heroku: Heroku, client: Client, app: str
) -> None:
    """Each change is a release, which the app's dyno runs with."""
    done = heroku.do(f"config:set COLOUR=green SIZE='very big' -a {app}")
    assert f"Setting COLOUR, SIZE and restarting {app}... done, v4" in done.told
    assert re.search(r"SIZE: +very big\n", done.out)
    shown = heroku.do(f"config -a {app}")
    assert f"=== {app} Config Vars" in shown.out
    assert re.search(r"COLOUR: +green\n", shown.out)
    done = heroku.do(f"config:unset COLOUR -a {app}")
    assert f"Unsetting COLOUR and restarting {app}... done, v5" in done.told
    config = client.do("GET", f"/apps/{app}/config-vars")
    assert config["SIZE"] == "very big"
    assert "COLOUR" not in config
    client.until(lambda: "COLOUR" not in client.env(app))


def test_a_rollback_brings_code_and_config_back(
    heroku: Heroku, client: Client, deploy: Deploy
) -> None:
    """To the release before or to a named one, with the release phase streamed."""
    app = deploy(release=RELEASE)
    client.do("PATCH", f"/apps/{app}/config-vars", {"STEP": "forward"})
    client.settled(app, 4)
    done = heroku.do(f"releases:rollback -a {app}")
    assert f"Rolling back {app} to v3... done, v5" in done.told
    assert done.out == "Running release command...\nmigrating \nmigrated\n"
    assert client.settled(app, 5)["description"] == "Rollback to v3"
    assert "STEP" not in client.do("GET", f"/apps/{app}/config-vars")
    done = heroku.do(f"releases:rollback v4 -a {app}")
    assert done.out == "Running release command...\nmigrating forward\nmigrated\n"
    client.settled(app, 6)
    assert client.current(app)["version"] == 6
    assert client.do("GET", f"/apps/{app}/config-vars")["STEP"] == "forward"
    refused = heroku(f"releases:rollback v1 -a {app}")
    assert refused.code == 2
    assert "v1 is not eligible for rollback." in refused.told


def test_dynos_are_restarted(heroku: Heroku, client: Client, deploy: Deploy) -> None:
    """One, those of a type, or all; the others run on."""
    app = deploy(worker="sleep 1000")
    updates = [{"type": "web", "quantity": 2}, {"type": "worker", "quantity": 1}]
    client.do("PATCH", f"/apps/{app}/formation", {"updates": updates})

    def dynos() -> dict[str, str]:
        found = client.do("GET", f"/apps/{app}/dynos")
        up = {dyno["name"]: dyno["id"] for dyno in found if dyno["state"] == "up"}
        return up if len(up) == len(found) == 3 else {}

    def restarted(words: str) -> set[str]:
        before = client.until(dynos)
        done = heroku.do(f"ps:restart {words} -a {app}")
        assert re.search(rf"Restarting .* on {app}... done$", done.told)
        after = client.until(lambda: (now := dynos()) != before and now)
        return {name for name in after if after[name] != before[name]}

    assert restarted("-d web.1") == {"web.1"}
    assert restarted("-p worker") == {"worker.1"}
    assert restarted("") == {"web.1", "web.2", "worker.1"}


def test_the_formation_is_scaled(
    heroku: Heroku, client: Client, deploy: Deploy
) -> None:
    """Several types at once, absolutely or by so many more or fewer."""
    app = deploy(worker="sleep 1000")
    done = heroku.do(f"ps:scale web=2 worker+1:Standard-1X -a {app}")
    assert "now running web at 2:Basic, worker at 1:Standard-1X" in done.told
    assert heroku.do(f"ps:scale -a {app}").out == "web=2:Basic worker=1:Standard-1X\n"
    heroku.do(f"ps:scale web-1 -a {app}")
    found = client.do("GET", f"/apps/{app}/formation")
    assert {each["type"]: each["quantity"] for each in found} == {"web": 1, "worker": 1}
    client.web(app, "up")
    assert heroku.do(f"ps:wait -t web -a {app}").out == ""


def test_maintenance_is_switched(heroku: Heroku, client: Client, app: str) -> None:
    """While it is on the app is not asked."""
    done = heroku.do(f"maintenance:on -a {app}")
    assert f"Enabling maintenance mode for {app}... done" in done.told
    assert client.get(app).status_code == 503
    assert heroku.do(f"maintenance -a {app}").out == "on\n"
    done = heroku.do(f"maintenance:off -a {app}")
    assert f"Disabling maintenance mode for {app}... done" in done.told
    assert client.get(app).status_code == 200


def test_features_are_enabled(heroku: Heroku, client: Client, app: str) -> None:
    """Those of the app, also by the command that asks the account first."""
    path = f"/apps/{app}/features"
    assert not any(each["enabled"] for each in client.do("GET", path))
    preboot, metrics = heroku.together(
        f"features:enable preboot -a {app}", f"labs:enable log-runtime-metrics -a {app}"
    )
    assert f"Enabling preboot for {app}... done" in preboot.told
    assert f"Enabling log-runtime-metrics for {app}... done" in metrics.told
    assert all(each["enabled"] for each in client.do("GET", path))
    shown = heroku.do(f"features -a {app}").out
    assert re.findall(r"^\[\+\] (\S+)", shown, re.MULTILINE) == [
        "log-runtime-metrics",
        "preboot",
    ]
