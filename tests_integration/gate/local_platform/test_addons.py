"""Real PostgreSQL as an add-on: made, attached, kept, killed, moved, destroyed."""

import json
import os
import re
import shutil
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from gate.local_platform import control
from gate.local_platform.addons.installation import NotInstalled, programs
from gate.local_platform.control import LocalPlatform
from gate.local_platform.processes import census
from tests_integration.gate.local_platform.conftest import until

Connect = Callable[[LocalPlatform], Any]

PLAN = "heroku-postgresql:essential-0"
HELD = 'while [ -n "$HOLD" ] && [ ! -e "$HOLD" ]; do sleep 0.02; done'
RELEASE = """
import os, sys
if os.environ.get("REFUSE"):
    sys.exit("no migration today")
print("migrating", os.environ["DATABASE_URL"].partition(":")[0])
"""

try:
    programs()
except NotInstalled:
    pytest.skip(
        "PostgreSQL is not installed (Debian: apt-get install postgresql)",
        allow_module_level=True,
    )


@pytest.fixture(scope="module", autouse=True)
def _shared_server(platform: LocalPlatform) -> Iterator[None]:
    """One add-on stays, so that the module's server is made once; all go at the end."""
    yield
    _remove_data(platform.home)


@pytest.fixture(name="home")
def folder_of_a_platform(tmp_path: Path) -> Iterator[Path]:
    """A folder for a platform that the test starts and kills itself."""
    home = tmp_path / "home"
    yield home
    control.down(home)
    _remove_data(home)


def _remove_data(home: Path) -> None:
    """What only the last add-on's end removes."""
    control.down(home)
    if server := _server(home):
        shutil.rmtree(server["folder"])


def _server(home: Path) -> dict[str, Any] | None:
    """What the platform's state says about the database server."""
    found = json.loads((home / "state.json").read_text())["database_server"]
    return dict(found) if found else None


def _processes(home: Path) -> list[int]:
    """The database server's processes."""
    server = _server(home)
    return census.members(Path(server["folder"])) if server else []


def add(client: Any, app: str, **more: Any) -> dict[str, Any]:
    """A new database for an app."""
    body = {"plan": "heroku-postgresql", **more}
    return dict(client.do("POST", f"/apps/{app}/addons", body))


def config(client: Any, app: str) -> dict[str, str]:
    """The app's config vars."""
    return dict(client.do("GET", f"/apps/{app}/config-vars"))


def ask(url: str, statement: str) -> Any:
    """The first value that a statement returns."""
    with psycopg.connect(url, connect_timeout=10) as connection:
        row = connection.execute(statement.encode()).fetchone()
        return row and row[0]


def tell(url: str, statement: str) -> None:
    """Run a statement that returns nothing."""
    with psycopg.connect(url, connect_timeout=10) as connection:
        connection.execute(statement.encode())


def test_an_addon_is_a_database_whose_address_the_app_gets(client: Any) -> None:
    """In a release, in Heroku's words; the dynos run with it."""
    app = client.app()
    client.deploy(app)
    addon = add(client, app)
    assert addon["state"] == "provisioned"
    assert addon["plan"]["name"] == PLAN
    assert addon["config_vars"] == ["DATABASE_URL"]
    release = client.current(app)
    assert release["description"] == f"Attach DATABASE (@ref:{addon['name']})"
    assert release["addon_plan_names"] == [PLAN]
    url = config(client, app)["DATABASE_URL"]
    assert url.startswith("postgres://")
    assert client.env(app)["DATABASE_URL"] == url
    assert ask(url, "SHOW server_encoding") == "UTF8"
    tell(url, "CREATE TABLE orders (id int)")
    assert url.split("@")[0].rpartition(":")[2] not in client.log(app)


def test_every_way_to_list_it_finds_it(client: Any) -> None:
    """Of the app, of the account, by name and id, and its attachment."""
    app = client.app()
    addon = add(client, app, name=f"{app}-db")
    for path in (f"/apps/{app}/addons", "/addons", "/users/~/addons"):
        assert addon in client.do("GET", path)
    for word in (addon["id"], f"{app}-db"):
        assert client.do("GET", f"/addons/{word}") == addon
        assert client.do("GET", f"/apps/{app}/addons/{word}") == addon
    for path in (
        f"/apps/{app}/addon-attachments",
        f"/addons/{app}-db/addon-attachments",
    ):
        (attachment,) = client.do("GET", path)
        assert attachment["name"] == "DATABASE"
        assert attachment["addon"]["id"] == addon["id"]
    for word in (f"{app}-db", "DATABASE", "DATABASE_URL", "heroku-postgresql"):
        wanted = {"app": app, "addon": word}
        assert client.do("POST", "/actions/addons/resolve", wanted) == [addon]
    wanted = {"addon": f"{app}::DATABASE"}
    assert client.do("POST", "/actions/addons/resolve", wanted) == [addon]
    unknown = client.ask("POST", "/actions/addons/resolve", {"app": app, "addon": "x"})
    assert (unknown.status_code, unknown.json()["resource"]) == (404, "add_on")


def test_the_price_is_told_to_those_who_ask(client: Any) -> None:
    """As the official command line does."""
    app = client.app()
    add(client, app, plan={"name": PLAN})
    client.session.headers["Accept-Expansion"] = "addon_service,plan"
    try:
        (addon,) = client.do("GET", f"/apps/{app}/addons")
    finally:
        del client.session.headers["Accept-Expansion"]
    assert addon["plan"]["price"] == {"cents": 0, "contract": False, "unit": "month"}


def test_a_role_reaches_its_own_database_and_no_other(client: Any) -> None:
    """Not another app's, not the server's own, and nothing without its password."""
    first, second = client.app(), client.app()
    add(client, first)
    add(client, second)
    mine = config(client, first)["DATABASE_URL"]
    theirs = config(client, second)["DATABASE_URL"]
    place, _, own = mine.rpartition("/")
    for name in (theirs.rpartition("/")[2], "postgres", "template1"):
        with pytest.raises(psycopg.OperationalError, match="permission denied"):
            ask(f"{place}/{name}", "SELECT 1")
    user, _, rest = mine.removeprefix("postgres://").partition(":")
    for login in (f"{user}:wrong", user, "gate", "postgres"):
        address = rest.partition("@")[2]
        with pytest.raises(psycopg.OperationalError, match=r"password|authentication"):
            ask(f"postgres://{login}@{address}", "SELECT 1")
    assert ask(mine, "SELECT rolconnlimit FROM pg_roles WHERE rolname = user") == 20
    rights = "rolsuper OR rolcreatedb OR rolcreaterole OR rolreplication"
    assert not ask(mine, f"SELECT {rights} FROM pg_roles WHERE rolname = user")
    assert ask(mine, "SELECT current_database()") == own


def test_the_server_listens_on_loopback_alone(
    client: Any, platform: LocalPlatform
) -> None:
    """On one TCP port of 127.0.0.1; no socket file; its files are private."""
    add(client, client.app())
    server = _server(platform.home)
    assert server is not None
    sockets = set()
    for pid in _processes(platform.home):
        for handle in Path(f"/proc/{pid}/fd").iterdir():
            sockets.add(str(handle.readlink()))
    listening = []
    for table in ("tcp", "tcp6", "udp", "udp6", "unix"):
        for line in Path(f"/proc/net/{table}").read_text().splitlines()[1:]:
            fields = line.split()
            is_unix = table == "unix"
            inode = fields[6] if is_unix else fields[9]
            bound = fields[5] == "01" if is_unix else fields[3] == "0A"
            if bound and f"socket:[{inode}]" in sockets:
                listening.append((table, fields[1]))
    assert listening == [("tcp", f"0100007F:{server['port']:04X}")]
    folder = Path(server["folder"])
    assert (folder / "data").stat().st_mode & 0o777 == 0o700
    assert (folder / "data").stat().st_uid != 0
    assert (folder / "pgpass").stat().st_mode & 0o777 == 0o600
    assert not (folder / "password").exists()
    assert "trust" not in (folder / "data" / "pg_hba.conf").read_text()


def test_the_release_command_runs_on_the_new_database(client: Any) -> None:
    """So that it is migrated before dynos see it; if that fails they never do."""
    app = client.app()
    files = client.files(release="python release.py") | {"release.py": RELEASE}
    client.deploy(app, files)
    addon = add(client, app)
    newest = client.do("GET", f"/apps/{app}/releases")[-1]
    release = client.settled(app, newest["version"])
    assert release["status"] == "succeeded"
    assert "migrating postgres" in client.output(release)
    client.do("DELETE", f"/apps/{app}/addons/{addon['id']}")
    client.do("PATCH", f"/apps/{app}/config-vars", {"REFUSE": "1"})
    failed = client.do("GET", f"/apps/{app}/releases")[-1]
    assert client.settled(app, failed["version"])["status"] == "failed"
    add(client, app)
    newest = client.do("GET", f"/apps/{app}/releases")[-1]
    assert client.settled(app, newest["version"])["status"] == "failed"
    assert client.env(app)["DATABASE_URL"].startswith("sqlite:")
    assert config(client, app)["DATABASE_URL"].startswith("postgres:")


def test_another_database_and_a_foreign_one_have_names_of_their_own(
    client: Any,
) -> None:
    """What somebody set as DATABASE_URL stays."""
    app = client.app()
    add(client, app)
    second = add(client, app)
    assert second["config_vars"] == ["HEROKU_POSTGRESQL_AMBER_URL"]
    named = add(client, app, attachment={"name": "REPORTS"})
    assert named["config_vars"] == ["REPORTS_URL"]
    other = client.app()
    mine = {"DATABASE_URL": "postgres://elsewhere.example/mine"}
    client.do("PATCH", f"/apps/{other}/config-vars", mine)
    assert add(client, other)["config_vars"] == ["HEROKU_POSTGRESQL_AMBER_URL"]
    assert config(client, other)["DATABASE_URL"] == mine["DATABASE_URL"]


def test_the_address_is_the_addons_to_change(client: Any) -> None:
    """Not a person's, neither to set nor to remove."""
    app = client.app()
    add(client, app)
    for value in ("postgres://elsewhere", None):
        changes = {"DATABASE_URL": value, "OTHER": "1"}
        refused = client.ask("PATCH", f"/apps/{app}/config-vars", changes)
        assert refused.status_code == 422
        assert "Cannot overwrite attachment values DATABASE_URL." in refused.text
    assert "OTHER" not in config(client, app)


def test_a_rollback_neither_loses_nor_revives_a_database(client: Any) -> None:
    """Add-ons are not rolled back: today's address stays, or today's lack of one."""
    app = client.app()
    before = client.deploy(app)
    addon = add(client, app)
    url = config(client, app)["DATABASE_URL"]
    attached = client.current(app)
    client.do("POST", f"/apps/{app}/releases", {"release": before["id"]})
    assert config(client, app)["DATABASE_URL"] == url
    client.do("DELETE", f"/apps/{app}/addons/{addon['id']}")
    client.do("PATCH", f"/apps/{app}/config-vars", {"KEPT": "no"})
    client.do("POST", f"/apps/{app}/releases", {"release": attached["id"]})
    assert config(client, app) == before_config(client, app, before)
    with pytest.raises(psycopg.OperationalError):
        ask(url, "SELECT 1")


def before_config(client: Any, app: str, release: dict[str, Any]) -> dict[str, str]:
    """The config vars of a release."""
    path = f"/apps/{app}/releases/{release['id']}/config-vars"
    return dict(client.do("GET", path))


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"plan": "heroku-redis"}, "heroku-redis is not emulated"),
        ({"plan": "heroku-postgresql:premium-0"}, f"the only add-on is {PLAN}"),
        ({"plan": {"name": 3}}, "plan.name must be a string"),
        ({}, "plan is required"),
        ({"plan": PLAN, "config": {"version": "15"}}, "no options"),
        ({"plan": PLAN, "name": "1st"}, "name must match"),
        ({"plan": PLAN, "attachment": {"name": "lower"}}, "must match"),
    ],
)
def test_what_is_not_emulated_is_refused(
    body: dict[str, Any], said: str, client: Any
) -> None:
    """With what there is instead; no release is made."""
    app = client.app()
    refused = client.ask("POST", f"/apps/{app}/addons", body)
    assert (refused.status_code, refused.json()["id"]) == (422, "invalid_params")
    assert said in refused.json()["message"]
    assert len(client.do("GET", f"/apps/{app}/releases")) == 2


def test_names_are_given_once(client: Any) -> None:
    """Of add-ons anywhere, and of attachments within an app."""
    app = client.app()
    add(client, app, name=f"{app}-db")
    again = {"plan": PLAN, "name": f"{app}-db"}
    assert "taken" in client.ask("POST", f"/apps/{app}/addons", again).text
    again = {"plan": PLAN, "attachment": {"name": "DATABASE"}}
    refused = client.ask("POST", f"/apps/{app}/addons", again)
    assert "DATABASE_URL is already set" in refused.json()["message"]


def test_a_deleted_app_takes_its_databases_along(client: Any) -> None:
    """Even while they are in use."""
    app = client.app()
    addon = add(client, app)
    with psycopg.connect(config(client, app)["DATABASE_URL"]) as session:
        client.do("DELETE", f"/apps/{app}")
        with pytest.raises(psycopg.OperationalError):
            session.execute("SELECT 1")
    assert client.ask("GET", f"/addons/{addon['id']}").status_code == 404


def _shared_memory(folder: Path) -> set[Path]:
    """The files in memory that a server's processes have mapped."""
    maps = [Path(f"/proc/{pid}/maps").read_text() for pid in census.members(folder)]
    return {Path(name) for text in maps for name in re.findall(r"/dev/shm/\S+", text)}


def test_the_last_addon_takes_the_server_along(home: Path, connect: Connect) -> None:
    """Its processes and its folder; the app has its SQLite file again."""
    client = connect(control.up(home, time_scale=0.1))
    app = client.app()
    sqlite = config(client, app)
    first, second = add(client, app), add(client, app)
    server = _server(home)
    assert server is not None
    gone = client.do("DELETE", f"/apps/{app}/addons/{first['name']}")
    assert gone["state"] == "deprovisioned"
    assert client.current(app)["description"].startswith("Detach DATABASE (@ref:")
    assert _processes(home)
    segments = _shared_memory(Path(server["folder"]))
    assert segments
    client.do("DELETE", f"/apps/{app}/addons/{second['name']}")
    assert not segments & set(Path("/dev/shm").iterdir())
    assert config(client, app) == sqlite
    assert client.do("GET", "/addons") == []
    assert not census.members(Path(server["folder"]))
    assert not Path(server["folder"]).exists()


def test_the_server_comes_and_goes_with_the_platform(
    home: Path, connect: Connect
) -> None:
    """`down` stops it, a kill kills it, busy or not; `up` finds all that was stored."""
    client = connect(control.up(home, time_scale=0.1))
    app = client.app()
    add(client, app)
    url = config(client, app)["DATABASE_URL"]
    tell(url, "CREATE TABLE kept AS SELECT 1 AS value")
    control.down(home)
    assert not _processes(home)
    client = connect(control.up(home, time_scale=0.1))
    tell(url, "INSERT INTO kept VALUES (2)")
    runner = threading.Thread(target=_be_busy, args=(url,), daemon=True)
    runner.start()
    client.until(lambda: ask(url, _ACTIVE))
    assert len(_processes(home)) > 2
    os.kill(client.platform.pid, signal.SIGKILL)
    client.until(lambda: not _processes(home))
    runner.join()
    client = connect(control.up(home, time_scale=0.1))
    assert config(client, app)["DATABASE_URL"] == url
    assert ask(url, "SELECT count(*) FROM kept") == 2


_BUSY = "DO 'BEGIN LOOP END LOOP; END'"
_ACTIVE = "SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'DO%'"


def _be_busy(url: str) -> None:
    """A session that computes, and so does not notice that its server has ended."""
    with pytest.raises(psycopg.OperationalError):
        tell(url, _BUSY)


def test_a_server_that_dies_is_started_again(
    client: Any, platform: LocalPlatform
) -> None:
    """And the app's log says so."""
    app = client.app()
    add(client, app)
    url = config(client, app)["DATABASE_URL"]
    server = _server(platform.home)
    assert server is not None
    note = Path(server["folder"]) / "data" / "postmaster.pid"
    os.kill(int(note.read_text().split()[0]), signal.SIGKILL)
    client.until(lambda: "started again" in client.log(app))
    client.until(lambda: _answers(url))


def _answers(url: str) -> bool:
    try:
        return bool(ask(url, "SELECT 1"))
    except psycopg.OperationalError:
        return False


def _port_taken_from(platform: LocalPlatform) -> socket.socket:
    """Kill the database server, and listen on its port before it starts again."""
    server = _server(platform.home)
    assert server is not None
    os.kill(platform.pid, signal.SIGSTOP)
    try:
        for pid in _processes(platform.home):
            os.kill(pid, signal.SIGKILL)
        return until(lambda: _listening(server["port"]))
    finally:
        os.kill(platform.pid, signal.SIGCONT)


def _listening(port: int) -> socket.socket | None:
    try:
        return socket.create_server(("127.0.0.1", port))
    except OSError:
        return None


def test_a_release_under_way_holds_up_no_addon(
    client: Any, platform: LocalPlatform, tmp_path: Path
) -> None:
    """It is told a new port when it has ended; all others work meanwhile."""
    app, other = client.app(), client.app()
    client.deploy(app, client.files(release=HELD) | {"requirements.txt": ""})
    add(client, app)
    client.settled(app, client.do("GET", f"/apps/{app}/releases")[-1]["id"])
    old = config(client, app)["DATABASE_URL"]
    held = tmp_path / "go on"
    client.do("PATCH", f"/apps/{app}/config-vars", {"HOLD": str(held)})
    pending = client.do("GET", f"/apps/{app}/releases")[-1]
    with _port_taken_from(platform):
        client.until(lambda: "moves to port" in client.log(app))
        add(client, other)
        assert ask(config(client, other)["DATABASE_URL"], "SELECT 1") == 1
        assert config(client, app)["DATABASE_URL"] == old
        held.touch()
        assert client.settled(app, pending["id"])["status"] == "succeeded"
        client.until(lambda: config(client, app)["DATABASE_URL"] != old)
        assert ask(config(client, app)["DATABASE_URL"], "SELECT 1") == 1


def test_a_half_deleted_app_does_not_keep_a_moving_server_from_its_start(
    home: Path, connect: Connect
) -> None:
    """Its add-on is removed as if the platform had not been killed in between."""
    client = connect(control.up(home, time_scale=0.1))
    gone, kept = client.app(), client.app()
    for app in (gone, kept):
        add(client, app)
    id = client.do("GET", f"/apps/{gone}")["id"]
    control.down(home)
    state = json.loads((home / "state.json").read_text())
    del state["apps"][id]
    state["releases"] = {
        key: each for key, each in state["releases"].items() if each["app_id"] != id
    }
    (home / "state.json").write_text(json.dumps(state))
    with socket.create_server(("127.0.0.1", state["database_server"]["port"])):
        client = connect(control.up(home, time_scale=0.1))
        (addon,) = client.do("GET", "/addons")
        assert addon["app"]["name"] == kept
        assert ask(config(client, kept)["DATABASE_URL"], "SELECT 1") == 1
        assert len(json.loads((home / "state.json").read_text())["addons"]) == 1


def test_a_server_whose_port_was_taken_moves(home: Path, connect: Connect) -> None:
    """A release that needs no release command tells the app its new address."""
    client = connect(control.up(home, time_scale=0.1))
    app = client.app()
    client.deploy(app)
    addon = add(client, app)
    old, attached = config(client, app)["DATABASE_URL"], client.current(app)
    control.down(home)
    server = _server(home)
    assert server is not None
    with socket.create_server(("127.0.0.1", server["port"])):
        client = connect(control.up(home, time_scale=0.1))
        new = config(client, app)["DATABASE_URL"]
        release = client.current(app)
        assert release["description"] == "Update DATABASE by heroku-postgresql"
        assert (new != old, ask(new, "SELECT 1")) == (True, 1)
        assert client.env(app)["DATABASE_URL"] == new
        assert "moves to port" in client.log(app)
        client.do("POST", f"/apps/{app}/releases", {"release": attached["id"]})
        assert config(client, app)["DATABASE_URL"] == new
        assert client.do("GET", f"/addons/{addon['id']}")["state"] == "provisioned"


def test_what_was_half_provisioned_at_a_kill_is_gone(
    home: Path, connect: Connect
) -> None:
    """The API answers while a server is made; killed then, nothing of it is kept."""
    client = connect(control.up(home, time_scale=0.1))
    app = client.app()
    path, body = f"/apps/{app}/addons", {"plan": PLAN}
    other = connect(client.platform)
    maker = threading.Thread(target=_hang_up, args=(other, path, body))
    maker.start()
    client.until(lambda: client.do("GET", path) and _server(home))
    (addon,) = client.do("GET", path)
    assert addon["state"] == "provisioning"
    server = _server(home)
    os.kill(client.platform.pid, signal.SIGKILL)
    maker.join()
    assert server is not None
    client = connect(control.up(home, time_scale=0.1))
    assert client.do("GET", path) == []
    assert not Path(server["folder"]).exists()
    assert not census.members(Path(server["folder"]))
    assert config(client, app)["DATABASE_URL"].startswith("sqlite:")


def _hang_up(client: Any, path: str, body: dict[str, Any]) -> None:
    with pytest.raises(OSError):  # the platform is killed before it answers
        client.ask("POST", path, body)


def test_data_that_are_gone_are_told_and_can_be_given_up(
    home: Path, connect: Connect
) -> None:
    """The platform runs all the same, and says why the add-on does not."""
    client = connect(control.up(home, time_scale=0.1))
    app = client.app()
    addon = add(client, app)
    control.down(home)
    server = _server(home)
    assert server is not None
    shutil.rmtree(server["folder"])
    client = connect(control.up(home, time_scale=0.1))
    found = client.do("GET", f"/addons/{addon['id']}")
    assert "are gone" in found["provision_message"]
    assert "are gone" in client.log(app)
    client.do("DELETE", f"/apps/{app}/addons/{addon['id']}")
    assert add(client, app)["provision_message"] == ""
    assert ask(config(client, app)["DATABASE_URL"], "SELECT 1") == 1


def test_a_postgresql_that_does_not_work_is_told(
    home: Path, connect: Connect, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In its own words, and no half of an add-on is left."""
    broken = tmp_path / "bin"
    broken.mkdir()
    for name in ("initdb", "postgres", "psql"):
        (broken / name).write_text("#!/bin/sh\necho out of luck\nexit 1\n")
        (broken / name).chmod(0o755)
    for folder in (broken, *broken.parents):
        folder.chmod(folder.stat().st_mode | 0o011)
    monkeypatch.setenv("PATH", f"{broken}:{os.environ['PATH']}")
    client = connect(control.up(home, time_scale=0.1))
    app = client.app()
    refused = client.ask("POST", f"/apps/{app}/addons", {"plan": PLAN})
    assert (refused.status_code, refused.json()["id"]) == (422, "invalid_params")
    assert "out of luck" in refused.json()["message"]
    assert client.do("GET", f"/apps/{app}/addons") == []
    assert _server(home) is None
    assert len(client.do("GET", f"/apps/{app}/releases")) == 2
