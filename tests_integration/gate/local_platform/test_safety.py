"""Who can reach the platform, what it tells, and what it leaves behind."""

import contextlib
import io
import re
import socket
import stat
import subprocess
import sys
import tarfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from gate.local_platform import control
from gate.local_platform.control import LocalPlatform
from tests_integration.gate.local_platform.process_list import family, naming, read

Connect = Callable[[LocalPlatform], Any]
LISTENING = "0A"


def listening_addresses(pids: list[int]) -> dict[str, int]:
    """Hexadecimal address:port of all their listening sockets, and whose each is."""
    inodes = {}
    for pid in pids:
        for handle in Path(f"/proc/{pid}/fd").iterdir():
            with contextlib.suppress(OSError):
                inodes[str(handle.readlink())] = pid
    found = {}
    for table in ("tcp", "tcp6"):
        for line in Path(f"/proc/net/{table}").read_text().splitlines()[1:]:
            fields = line.split()
            if fields[3] == LISTENING and f"socket:[{fields[9]}]" in inodes:
                found[fields[1]] = inodes[f"socket:[{fields[9]}]"]
    return found


def test_everything_listens_on_loopback_only(client: Any) -> None:
    """The API, one router an app, one web dyno: no other listening socket."""
    app = client.app()
    client.deploy(app)
    client.web(app, "up")
    apps = client.do("GET", "/apps")
    found = listening_addresses(family(client.platform.home))
    assert {address.partition(":")[0] for address in found} == {"0100007F"}
    ports = {int(address.partition(":")[2], 16) for address in found}
    known = {int(a["web_url"].rstrip("/").rpartition(":")[2]) for a in apps}
    known.add(int(client.platform.api_url.rpartition(":")[2]))
    assert known < ports
    assert len(ports - known) == 1


def test_the_token_is_in_one_file_only(client: Any) -> None:
    """Not in a command line, an environment, a log or any other file."""
    app = client.app()
    client.deploy(app)
    secret = client.platform.token.encode()
    for pid in family(client.platform.home):
        assert secret not in read(pid, "cmdline") + read(pid, "environ")
    holders = [
        path.name
        for path in client.platform.home.rglob("*")
        if path.is_file() and not path.is_symlink() and secret in path.read_bytes()
    ]
    assert holders == ["token"]


@pytest.mark.parametrize("umask", [0o000, 0o777])
def test_files_are_private_whatever_the_umask(home: Path, umask: int) -> None:
    """0700 for folders, 0600 for files."""
    code = "import sys, pathlib; from gate.local_platform import control;"
    code += "control.up(pathlib.Path(sys.argv[1]))"
    command = [sys.executable, "-c", code, str(home)]
    subprocess.run(command, umask=umask, check=True, timeout=60)
    for path in (home, *home.iterdir()):
        wanted = 0o700 if path.is_dir() else 0o600
        assert stat.S_IMODE(path.stat().st_mode) == wanted, path


@pytest.mark.parametrize("method", ["OPTIONS", "TRACE"])
def test_a_browser_gets_nothing(client: Any, method: str) -> None:
    """No preflight is answered, with or without the token, and no page may read."""
    for headers in ({}, {"Authorization": "Bearer wrong"}, {"Origin": "http://evil"}):
        answer = client.ask(method, "/apps", headers=headers)
        assert answer.status_code >= 400
        assert not [name for name in answer.headers if "access-control" in name.lower()]


def test_long_bodies_are_refused(client: Any) -> None:
    """A megabyte is the most that a call may send."""
    answer = client.ask("POST", "/apps", {"name": "x" * 1_100_000})
    assert answer.status_code == 413
    assert client.ask("GET", "/apps").ok


def test_a_bomb_is_refused_and_leaves_nothing(client: Any) -> None:
    """The build fails and says why; what was unpacked is gone."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        info = tarfile.TarInfo("zeros")
        info.size = 64 * 1024 * 1024
        archive.addfile(info, io.BytesIO(bytes(info.size)))
    app = client.app()
    before = set((client.platform.home / "slugs").iterdir())
    build = client.build(app, buffer.getvalue())
    assert build["status"] == "failed"
    assert "times its size" in client.output(build)
    assert set((client.platform.home / "slugs").iterdir()) == before


def test_a_port_squatter_does_not_make_a_dyno_up(home: Path, connect: Connect) -> None:
    """Somebody else's socket on $PORT is not the dyno's: it fails to boot."""
    client = connect(control.up(home, time_scale=0.1, timers={"boot": 1.5}))
    app = client.app()
    files = client.files(web="bash -c 'echo my port is $PORT; sleep 60'")
    build = client.build(app, client.pack(files))
    assert build["status"] == "succeeded"
    said = client.until(lambda: re.search(r"my port is (\d+)", client.log(app)))
    with socket.create_server(("127.0.0.1", int(said[1]))):
        client.until(lambda: "Error R10" in client.log(app))
    assert "to up" not in client.log(app)


def test_parallel_writes_give_every_release_its_own_version(client: Any) -> None:
    """Twenty config changes and as many scalings at once: no gap, nothing lost."""
    app = client.app()
    client.deploy(app)
    path = f"/apps/{app}"

    def change(number: int) -> None:
        one = type(client)(client.platform)
        one.do("PATCH", f"{path}/config-vars", {f"KEY_{number}": str(number)})
        one.do("PATCH", f"{path}/formation/web", {"quantity": 1 + number % 2})

    with ThreadPoolExecutor(10) as pool:
        list(pool.map(change, range(20)))
    releases = client.do("GET", f"{path}/releases")
    assert [r["version"] for r in releases] == list(range(1, 24))
    config = client.do("GET", f"{path}/config-vars")
    assert {name for name in config if name.startswith("KEY_")} == {
        f"KEY_{number}" for number in range(20)
    }


def test_five_starts_at_once_are_one_platform(home: Path) -> None:
    """All of them get its address, and one `down` ends it."""
    with ThreadPoolExecutor(5) as pool:
        found = list(pool.map(lambda _: control.up(home, time_scale=0.1), range(5)))
    assert len({platform.pid for platform in found}) == 1
    assert len({platform.api_url for platform in found}) == 1
    assert control.down(home)
    assert not naming(home)  # nor one that waited for its turn


def test_two_checkouts_run_side_by_side(tmp_path: Path, connect: Connect) -> None:
    """Started and filled at the same time, they share no port."""

    def fill(name: str) -> set[int]:
        client = connect(control.up(tmp_path / name, time_scale=0.1))
        apps = [client.app() for _ in range(3)]
        urls = {client.url(app) for app in apps} | {client.platform.api_url}
        client.deploy(apps[0])
        assert client.get(apps[0]).status_code == 200
        return {int(url.rstrip("/").rpartition(":")[2]) for url in urls}

    try:
        with ThreadPoolExecutor(2) as pool:
            one, two = pool.map(fill, ("one", "two"))
        assert len(one) == len(two) == 4
        assert not one & two
    finally:
        for name in ("one", "two"):
            control.down(tmp_path / name)
