"""What ends with an app, with the platform, or because it is long past."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from gate.local_platform import control
from gate.local_platform.control import LocalPlatform
from tests_integration.gate.local_platform.process_list import command, naming

Connect = Callable[[LocalPlatform], Any]


def test_a_deleted_app_starts_no_dyno_any_more(client: Any) -> None:
    """While its dynos stop, which takes as long as they need."""
    app = client.app()
    client.deploy(app)
    client.do("PATCH", f"/apps/{app}/config-vars", {"STUBBORN": "1"})
    assert client.env(app)["STUBBORN"] == "1"
    one_off, other = {"command": "exec sleep 600"}, type(client)(client.platform)

    def refused() -> bool:
        return bool(
            client.ask("POST", f"/apps/{app}/dynos", one_off).status_code == 404
        )

    with ThreadPoolExecutor(1) as pool:
        deleted = pool.submit(other.do, "DELETE", f"/apps/{app}")
        client.until(refused)
        assert not deleted.done()
        assert deleted.result()["name"] == app


def test_a_deleted_app_takes_its_builds_with_it(client: Any) -> None:
    """Their processes, what was unpacked, and their output."""
    app, home = client.app(), client.platform.home
    files = client.files() | {"bin/post_compile": "#!/bin/bash\nsleep 3334\n"}
    blob = {"url": client.upload(client.pack(files))}
    before = set((home / "slugs").iterdir())
    build = client.do("POST", f"/apps/{app}/builds", {"source_blob": blob})

    def building() -> list[int]:
        return [pid for pid in naming(home) if "3334" in command(pid)]

    client.until(building)
    client.do("DELETE", f"/apps/{app}")
    assert not building()
    assert set((home / "slugs").iterdir()) <= before  # older ones are tidied up
    assert not (home / "outputs" / f"{build['id']}.log").exists()


def test_no_release_begins_while_the_platform_stops(
    home: Path, connect: Connect
) -> None:
    """What waits for a release command that is stopped waits for the next start."""
    client = connect(control.up(home, time_scale=0.1))
    app = client.app()
    config = f"/apps/{app}/config-vars"
    client.deploy(app, client.files(release='test -z "$SLOW" || exec sleep 600'))
    client.do("PATCH", config, {"SLOW": "1"})
    client.do("PATCH", config, {"LATER": "1"})
    assert control.down(home, limit=10) is control.Stop.ORDERLY
    client = connect(control.up(home, time_scale=0.1))
    assert client.settled(app, 4)["status"] == "failed"
    client.until(lambda: client.do("GET", config).get("LATER"))
    assert client.do("GET", f"/apps/{app}/releases/5")["status"] == "pending"


def test_builds_long_past_are_forgotten(home: Path, connect: Connect) -> None:
    """With their output, but for the newest twenty of an app."""
    often = {"retention": 0.05, "tidy": 0.1}
    client = connect(control.up(home, time_scale=0.1, timers=often))
    app, content = client.app(), client.pack({"README": "no Procfile"})
    builds = [client.build(app, content)["id"] for _ in range(22)]

    def kept() -> list[str]:
        return [build["id"] for build in client.do("GET", f"/apps/{app}/builds")]

    def outputs() -> set[str]:
        return {path.stem for path in (home / "outputs").iterdir()}

    client.until(lambda: sorted(kept()) == sorted(builds[2:]))
    client.until(lambda: outputs() == set(builds[2:]))
