"""Log sessions: what they show, how they go on, and what they say of losses."""

import contextlib
import re
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests

from gate.local_platform import control
from gate.local_platform.control import LocalPlatform

EVENTS = {"Accept": "text/event-stream"}
LOSS = re.compile(
    r"heroku\[logplex\]: Error L11 \(Tail buffer overflow\) -> This tail "
)


@pytest.fixture(scope="module")
def app(client: Any) -> str:
    """An app that is up."""
    name = str(client.app())
    client.deploy(name)
    client.web(name, "up")
    return name


def session(client: Any, app: str, **wanted: Any) -> str:
    """The address of a new log session."""
    answer = client.do("POST", f"/apps/{app}/log-sessions", wanted)
    return str(answer["logplex_url"])


def run(client: Any, app: str, command: str) -> str:
    """Run a one-off dyno; return its name."""
    return str(client.do("POST", f"/apps/{app}/dynos", {"command": command})["name"])


def ran(client: Any, app: str, command: str) -> str:
    """Run a one-off dyno to its end; return its name."""
    name = run(client, app, command)
    path = f"/apps/{app}/dynos/{name}"
    client.until(lambda: client.ask("GET", path).status_code == 404)
    return name


def events(stream: requests.Response) -> Iterator[tuple[int, str]]:
    """The numbers and lines of an event stream."""
    number = 0
    for line in stream.iter_lines():
        field, _, value = line.decode().partition(": ")
        if field == "id":
            number = int(value)
        elif field == "data":
            yield number, value


def test_a_followed_log_goes_on_and_resumes(client: Any, app: str) -> None:
    """Events carry ids; after a reconnect only what is new is shown."""
    url = session(client, app, tail=True, lines=5, dyno="router")
    last = ""
    for path in ("one", "two"):
        headers = EVENTS | ({"Last-Event-ID": last} if last else {})
        with requests.get(url, headers=headers, stream=True, timeout=20) as stream:
            assert stream.headers["Content-Type"].startswith("text/event-stream")
            client.get(app, path)
            lines = stream.iter_lines(chunk_size=1, decode_unicode=True)
            event = [next(lines) for _ in range(3)]
        last = event[0].removeprefix("id: ")
        assert f'path="/{path}"' in event[1]


def test_a_tail_shows_every_line_of_a_loud_app(client: Any, app: str) -> None:
    """Twenty thousand lines as fast as they are written, none of them missing."""
    url = session(client, app, tail=True, lines=0, dyno="run")
    with requests.get(url, headers=EVENTS, stream=True, timeout=20) as stream:
        name = run(client, app, "seq 1 20000")
        shown = []
        for _, line in events(stream):
            if "to complete" in line:
                break
            if f" app[{name}]: " in line:
                shown.append(int(line.rpartition(" ")[2]))
    assert shown == list(range(1, 20_001))


def test_a_stalled_tail_is_told_how_many_lines_it_lost(client: Any, app: str) -> None:
    """Shown and lost lines are all lines; the app does not wait for the reader."""
    wanted = {"tail": True, "lines": 0, "dyno": "run", "source": "app"}
    address = urlsplit(session(client, app, **wanted))
    reader = socket.create_connection((address.hostname, address.port), timeout=20)
    target = f"{address.path}?{address.query}"
    head = f"GET {target} HTTP/1.1\r\nHost: {address.netloc}\r\nConnection: close\r\n"
    with reader:
        reader.sendall(f"{head}\r\n".encode())
        begin = reader.recv(1)
        name = ran(client, app, "yes $(printf '%09000d' 7) | head -n 6000")
        received = bytearray(begin)
        while b"L11" not in received[-200:]:
            received += reader.recv(1 << 20)
    lines = received.decode().split("\n")
    told = [line for line in lines if LOSS.search(line)]
    lost = sum(int(re.findall(r"dropped (\d+) messages since 20", t)[0]) for t in told)
    shown = sum(f"app[{name}]: 0" in line for line in lines)
    assert lost > 0
    assert shown + lost == 6000


def test_a_reader_that_comes_back_late_is_told_of_the_gap(
    client: Any, app: str
) -> None:
    """Only the last 1,500 lines are kept."""
    url = session(client, app, lines=1)
    with requests.get(url, headers=EVENTS, stream=True, timeout=20) as stream:
        ((number, _),) = list(events(stream))
    ran(client, app, "seq 1 3000")
    headers = EVENTS | {"Last-Event-ID": str(number)}
    with requests.get(url, headers=headers, stream=True, timeout=20) as stream:
        told, *lines = events(stream)
    assert LOSS.search(told[1])
    lost = int(re.findall(r"dropped up to (\d+) messages before 20", told[1])[0])
    assert lines[0][0] == number + lost + 1
    assert len(lines) == 1_500
    unknown = EVENTS | {"Last-Event-ID": str(10**15)}  # of a platform before this one
    assert "data: " in requests.get(url, headers=unknown, timeout=20).text


def test_long_lines_are_split_between_characters(client: Any, app: str) -> None:
    """At ten thousand bytes, whether a line break comes or not."""
    name = ran(
        client,
        app,
        "for i in {1..3334}; do printf '\\xe2\\x82\\xac'; done; echo; echo x",
    )
    source = f"app[{name}]: "
    lines = client.log(app, dyno=name, source="app").splitlines()
    texts = [line.partition(source)[2] for line in lines]
    assert texts == ["€" * 3333, "€", "x"]


def test_sessions_are_filtered(client: Any, app: str) -> None:
    """By source, by dyno or its type, under the old and the new names of the keys."""
    name = ran(client, app, "echo hello")
    assert "hello" in client.log(app, source="app", dyno=name)
    assert "hello" in client.log(app, dyno_name=name)
    assert "hello" in client.log(app, type="run")
    assert "hello" not in client.log(app, source="heroku", dyno=name).replace(
        "`echo hello`", ""
    )
    assert "hello" not in client.log(app, dyno="web")


def test_sessions_and_tails_end(tmp_path: Any, client: Any, connect: Any) -> None:
    """The address is good for a while, and so is a tail of it, taken or not."""
    home = tmp_path / "home"
    hasty = connect(control.up(home, timers={"log_session": 1.0, "tail": 0.3}))
    try:
        app = hasty.app()
        url = session(hasty, app, tail=True)
        assert requests.get(url, timeout=20).status_code == 200
        hasty.until(lambda: requests.get(url, timeout=20).status_code == 403)
        assert not stalled(hasty).endswith(b"\r\n0\r\n\r\n")
    finally:
        control.down(home)


def stalled(client: Any) -> bytes:
    """What comes of a log to a reader that takes none of it at first."""
    app = client.app()
    client.deploy(app)
    ran(client, app, "yes $(printf '%09000d' 7) | head -n 1500")
    address = urlsplit(session(client, app, tail=True, lines=1500))
    with socket.create_connection((address.hostname, address.port)) as reader:
        reader.settimeout(20)
        target = f"{address.path}?{address.query}"
        head = f"GET {target} HTTP/1.1\r\nHost: {address.netloc}\r\n\r\n"
        reader.sendall(head.encode())
        reader.recv(1)
        time.sleep(1.5)  # longer than a tail may be; nothing shows that it ended
        with contextlib.suppress(ConnectionResetError):
            return b"".join(iter(lambda: reader.recv(1 << 20), b""))
    return b""


def test_an_app_that_logs_megabytes_holds_nobody_up(client: Any, app: str) -> None:
    """Other requests are answered meanwhile, and memory does not grow with the log."""
    name = run(client, app, "yes 'a line like many others' | head -c 8000000")
    path = f"/apps/{app}/dynos/{name}"
    answered = threading.Event()
    while client.ask("GET", path).status_code == 200:
        assert client.get(app).status_code == 200
        answered.set()
    assert answered.is_set()
    assert resident(client.platform) < 300 * 1024


def resident(platform: LocalPlatform) -> int:
    """The memory of the platform's own process in kilobytes."""
    status = Path(f"/proc/{platform.pid}/status").read_text()
    return next(int(ln.split()[1]) for ln in status.splitlines() if "VmRSS" in ln)
