"""The router: what passes through it, and what it does when a side misbehaves."""

import asyncio
import contextlib
import gzip
import re
import resource
import socket
import sys
import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import aiohttp
import pytest
import requests

from gate.local_platform import control
from gate.local_platform.control import LocalPlatform

TIMERS = {
    "connect": 0.3,
    "exit": 2.0,
    "first_byte": 0.7,
    "head": 0.7,
    "hold": 2.5,
    "idle": 0.9,
    "keep_alive": 20.0,
    "pool": 0.5,
    "quarantine": 1.0,
}

# Speaks HTTP by hand, because no library would do what some of these paths do.
SERVER = r"""
import os, socket, threading, time

mode, dyno = os.environ.get("MODE", ""), os.environ["DYNO"]
accepted = 0
LONG = b"x" * 600_000
ANSWERS = {
    "garbage": b"this is not HTTP\r\n\r\n",
    "two-lengths": b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nok",
    "long-header": b"HTTP/1.1 200 OK\r\nX-Long: " + LONG + b"\r\n\r\n",
    "long-status": b"HTTP/1.1 200 " + LONG + b"\r\n\r\n",
    "part": b"HTTP/1.1 200 OK\r\nContent-",
    "broken": b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nhalf",
    "until-close": b"HTTP/1.1 200 OK\r\n\r\nto the end",
    "hang-up": b"",
    "control": b"HTTP/1.1 200 OK\r\nX-A: a\x01b\r\nTransfer-Encoding: chunked\r\n\r\n"
    b"0\r\n\r\n",
}
WHOLE = {
    "no-content": b"HTTP/1.1 204 No Content\r\n\r\n",
    "not-modified": b"HTTP/1.1 304 Not Modified\r\nContent-Length: 7\r\n\r\n",
    "early": b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"
    b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok",
    "chunked": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n"
    b"Keep-Alive: x\r\nConnection: X-Hop\r\nX-Hop: 1\r\n\r\n"
    b"3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n",
}


def whole(body, *headers):
    lines = ["HTTP/1.1 200 OK", f"Content-Length: {len(body)}", *headers, "", ""]
    return "\r\n".join(lines).encode() + body


def serve(conn):
    data = b""
    with conn:
        while True:
            while b"\r\n\r\n" not in data:
                chunk = conn.recv(65536)
                if not chunk:
                    return
                data += chunk
            head, _, data = data.partition(b"\r\n\r\n")
            lines = head.decode().split("\r\n")
            fields = dict(line.lower().split(": ", 1) for line in lines[1:])
            name = lines[0].split()[1].partition("?")[0].strip("/")
            print("got", lines[0], flush=True)
            if name in ANSWERS:
                conn.sendall(ANSWERS[name])
                return
            if name in WHOLE:
                conn.sendall(WHOLE[name])
            elif name == "silent":
                time.sleep(20)
            elif name == "stall":
                conn.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf")
                time.sleep(20)
            elif name == "drip":
                conn.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n")
                for _ in range(5):
                    time.sleep(0.3)
                    conn.sendall(b".")
            elif name == "flood":
                conn.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 900000000\r\n\r\n")
                while True:
                    conn.sendall(LONG)
            elif name == "hold":
                conn.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
                while True:
                    time.sleep(0.2)
                    conn.sendall(b".")
            elif name == "forget":  # closes what it said it would keep
                conn.sendall(whole(b"ok"))
                conn.close()
                print("forgotten", flush=True)
                return
            elif name == "redirect":
                target = f"Location: https://{fields['host']}/next"
                cookies = (
                    "Set-Cookie: a=1; Secure; HttpOnly",
                    "Set-Cookie: b=2; SameSite=None;secure",
                    "Set-Cookie: c=Secure; SameSite=Lax",
                )
                conn.sendall(whole(b"", target, *cookies).replace(b"200", b"302", 1))
            elif name == "continue":
                conn.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
                while len(data) < int(fields["content-length"]):
                    data += conn.recv(65536)
                conn.sendall(whole(data))
                data = b""
            elif name == "upload":
                while len(data) < int(fields["content-length"]):
                    chunk = conn.recv(65536)
                    if not chunk:
                        return
                    data += chunk
                conn.sendall(whole(str(len(data)).encode()))
                data = b""
            elif name == "connections":
                conn.sendall(whole(str(accepted).encode()))
            elif name == "dyno":
                conn.sendall(whole(dyno.encode()))
            else:
                conn.sendall(whole(head, "X-Answer: yes"))


if mode == "unbound":
    time.sleep(600)
listener = socket.socket()
listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
listener.bind((os.environ["HOST"], int(os.environ["PORT"])))
if mode == "deaf":  # its queue is full, and it never accepts
    listener.listen(0)
    callers = []
    for _ in range(4):
        callers.append(socket.socket())
        callers[-1].setblocking(False)
        callers[-1].connect_ex(listener.getsockname())
    time.sleep(600)
listener.listen(128)
if mode in ("refusing", dyno):
    time.sleep(2)  # long enough to be seen bound, on a busy machine too
    listener.close()
    print("refuses", flush=True)
    time.sleep(600)
while True:
    conn, _ = listener.accept()
    accepted += 1
    threading.Thread(target=serve, args=(conn,), daemon=True).start()
"""

SOCKETS = """
import os
from aiohttp import WSMsgType, web


async def echo(request):
    ws = web.WebSocketResponse(protocols=("chat",))
    await ws.prepare(request)
    async for message in ws:
        if message.data == "bye":
            await ws.close(code=4001, message=b"as you wish")
        elif message.type is WSMsgType.TEXT:
            await ws.send_str(message.data)
        else:
            await ws.send_bytes(message.data)
    print("closed with", ws.close_code, flush=True)
    return ws


async def count(request):
    headers = [request.headers.get("Content-Encoding"), request.headers.get("Host")]
    return web.json_response([len(await request.read()), *headers])


app = web.Application(handler_args={"auto_decompress": False})
app.router.add_post("/count", count)
app.router.add_get("/echo", echo)
web.run_app(app, host=os.environ["HOST"], port=int(os.environ["PORT"]), print=None)
"""


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalPlatform]:
    """A platform whose router is impatient; all else takes its time."""
    home = tmp_path_factory.mktemp("router") / "home"
    yield control.up(home, timers=TIMERS)
    control.down(home)


@pytest.fixture(scope="module")
def app(client: Any) -> str:
    """An app that serves as its paths say."""
    return deployed(client)


def deployed(client: Any, **config: str) -> str:
    """An app of its own with these config vars."""
    app = str(client.app())
    if config:
        client.do("PATCH", f"/apps/{app}/config-vars", config)
    client.deploy(app, client.files() | {"server.py": SERVER})
    return app


def line_of(client: Any, app: str, mark: str) -> str:
    """The one router line of the request whose query is this mark."""

    def look() -> list[str]:
        log = client.log(app, dyno="router").splitlines()
        return [line for line in log if mark in line]

    found = client.until(look)
    assert len(found) == 1
    return str(found[0])


def visit(client: Any, app: str, request: str, *, body: bytes = b"") -> bytes:
    """What the router sends for a request written by hand, until it closes."""
    url = urlsplit(client.url(app))
    text = request.replace("HOST", url.netloc).replace("\n", "\r\n")
    with socket.create_connection((url.hostname, url.port), timeout=20) as sock:
        sock.sendall(text.encode(errors="surrogateescape") + body)
        return received(sock)


def received(sock: socket.socket) -> bytes:
    """All that comes until the other side closes."""
    parts = []
    try:
        while part := sock.recv(65536):
            parts.append(part)
    except ConnectionResetError:
        pass
    return b"".join(parts)


def opened(client: Any, app: str, path: str) -> socket.socket:
    """A connection on which a GET was sent and nothing read yet."""
    url = urlsplit(client.url(app))
    sock = socket.create_connection((url.hostname, url.port), timeout=20)
    sock.sendall(f"GET /{path} HTTP/1.1\r\nHost: {url.netloc}\r\n\r\n".encode())
    return sock


@pytest.mark.parametrize(
    ("path", "status", "logged"),
    [
        ("silent", 503, 'at=error code=H12 desc="Request timeout"'),
        ("hang-up", 503, 'at=error code=H13 desc="Connection closed without response"'),
        ("garbage", 503, 'at=error code=H17 desc="Poorly formatted HTTP response"'),
        ("part", 503, 'sock=backend at=error code=H18 desc="Server Request Int'),
        (
            "two-lengths",
            502,
            'code=H25 desc="HTTP restriction: invalid content length"',
        ),
        ("long-header", 502, 'code=H25 desc="HTTP restriction: oversized header"'),
        ("long-status", 502, 'code=H25 desc="HTTP restriction: oversized status line"'),
    ],
)
def test_a_dyno_that_does_not_answer_well_is_named_by_a_code(
    client: Any, app: str, path: str, status: int, logged: str
) -> None:
    """The visitor sees an error page; the log has one line with the reason."""
    mark = uuid4().hex
    answer = client.get(app, f"{path}?{mark}")
    assert answer.status_code == status
    assert "text/html" in answer.headers["Content-Type"]
    line = line_of(client, app, mark)
    assert logged in line
    assert f"status={status} " in line
    assert "dyno=web.1 " in line


def test_the_page_for_a_poor_answer_is_whole(client: Any, app: str) -> None:
    """Also where the dyno's own would have come in chunks."""
    request = "GET /control HTTP/1.1\nHost: HOST\nConnection: close\n\n"
    head, _, page = visit(client, app, request).partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 503 ")
    assert f"Content-Length: {len(page)}\r\n".encode() in head
    assert page.startswith(b"<!DOCTYPE html>")


@pytest.mark.parametrize(
    ("path", "logged", "status"),
    [("broken", "sock=backend at=error code=H18", 200), ("stall", "code=H15", 503)],
)
def test_half_an_answer_never_looks_whole(
    client: Any, app: str, path: str, logged: str, status: int
) -> None:
    """The connection breaks off, whether the dyno died or fell silent."""
    mark = uuid4().hex
    with pytest.raises(requests.exceptions.RequestException):
        client.get(app, f"{path}?{mark}")
    line = line_of(client, app, mark)
    assert logged in line
    assert f"status={status} bytes=4 " in line


def test_a_slow_answer_is_whole_while_it_goes_on(client: Any, app: str) -> None:
    """Every byte opens the idle window anew: it may take longer than any window."""
    mark = uuid4().hex
    answer = client.get(app, f"drip?{mark}")
    assert answer.content == b"....."
    line = line_of(client, app, mark)
    assert line.partition(": ")[2].startswith("at=info method=GET")
    assert re.search(r"service=1[4-9]\d\dms|service=[2-9]\d{3}ms", line)


def test_every_field_is_in_heroku_s_order(client: Any, app: str) -> None:
    """And a visitor cannot forge one."""
    mark = uuid4().hex
    visit(
        client,
        app,
        f'GET /x?"dyno=web.9{mark} HTTP/1.1\nHost: HOST\nConnection: close\n'
        'X-Forwarded-For: 1.2.3.4" status=1\n\n',
    )
    line = line_of(client, app, mark)
    assert re.search(
        r"heroku\[router\]: at=info method=GET path=\"/x\?%22dyno=web\.9[0-9a-f]{32}\" "
        r"host=127\.0\.0\.1:\d+ request_id=[0-9a-f-]{36} "
        r"fwd=\"1\.2\.3\.4%22 status=1, 127\.0\.0\.1\" dyno=web\.1 connect=\d+ms "
        r"service=\d+ms status=200 bytes=\d+ protocol=http1\.1 tls=false$",
        line,
    )


def test_bytes_that_are_no_text_do_not_end_the_log(client: Any, app: str) -> None:
    """The line is there for every later session."""
    mark = uuid4().hex
    request = f"GET /x?{mark} HTTP/1.1\nHost: HOST\nConnection: close\n"
    visit(client, app, f"{request}X-Forwarded-For: \udcff\n\n")
    assert 'fwd="?, 127.0.0.1"' in line_of(client, app, mark)


def test_the_dyno_sees_heroku_s_headers(client: Any, app: str) -> None:
    """What a visitor claims about itself is overwritten; its own hops are left out."""
    request = (
        "GET /echo HTTP/1.1\nHost: HOST\nConnection: close, Host\nX-Secret: 1\n"
        "Connection: X-Secret\n"
        "Keep-Alive: 5\nTE: trailers\nProxy-Authorization: x\nX-Kept: yes\n"
        "X-Forwarded-For: 1.2.3.4\nX-Forwarded-For: 5.6.7.8\nVia: 1.1 evil\n"
        "X-Forwarded-Proto: http\nX-Forwarded-Port: 1\nX-Request-Start: 1\n"
        "X-Request-Id: an-id-of-the-visitor-itself\n"
        "Origin: http://HOST\nReferer: http://HOST0/page\n\n"
    )
    head, _, seen = visit(client, app, request).decode().partition("\r\n\r\n")
    assert "\r\nVia: 1.1 local-router" in head
    fields = [line.split(": ", 1) for line in seen.split("\r\n")[1:]]
    names = [name.lower() for name, _ in fields]
    assert len(names) == len(set(names))
    heard = {name.lower(): value for name, value in fields}
    assert heard["x-forwarded-for"] == "1.2.3.4, 5.6.7.8, 127.0.0.1"
    assert heard["x-forwarded-proto"] == "https"
    assert heard["x-forwarded-port"] == "443"
    assert heard["x-request-id"] == "an-id-of-the-visitor-itself"
    assert heard["via"] == "1.1 local-router"
    assert abs(int(heard["x-request-start"]) / 1000 - time.time()) < 600
    assert heard["x-kept"] == "yes"
    assert heard["host"] == urlsplit(client.url(app)).netloc
    assert heard["origin"] == f"https://{heard['host']}"  # as a form's check expects
    assert heard["referer"] == f"http://{heard['host']}0/page"  # somebody else's
    hops = {"connection", "keep-alive", "te", "proxy-authorization", "x-secret"}
    assert not hops & set(heard)


def test_a_redirect_to_https_here_comes_back_to_the_router(
    client: Any, app: str
) -> None:
    """The router says https, so it must understand it."""
    answer = requests.get(
        f"{client.url(app)}redirect", timeout=20, allow_redirects=False
    )
    assert answer.headers["Location"] == f"{client.url(app)}next"
    cookies = answer.raw.headers.getlist("Set-Cookie")
    assert cookies == ["a=1; HttpOnly", "b=2", "c=Secure; SameSite=Lax"]
    with requests.Session() as session:  # so a client sends them back
        landed = session.get(f"{client.url(app)}redirect", timeout=20)
    assert "a=1; b=2; c=Secure" in landed.text


def test_answers_without_a_body(client: Any, app: str) -> None:
    """HEAD, 204 and 304 end with their heads, and the connection goes on."""
    url = client.url(app)
    with requests.Session() as session:
        head = session.head(f"{url}any", timeout=20)
        assert int(head.headers["Content-Length"]) > 0
        empty = session.get(f"{url}no-content", timeout=20)
        assert (empty.status_code, empty.content) == (204, b"")
        assert "Content-Length" not in empty.headers
        same = session.get(f"{url}not-modified", timeout=20)
        assert (same.status_code, same.headers["Content-Length"]) == (304, "7")
        assert session.get(f"{url}any", timeout=20).headers["X-Answer"] == "yes"


def test_bodies_of_any_framing(client: Any, app: str) -> None:
    """Chunked stays chunked for HTTP/1.1 and ends by closing for HTTP/1.0."""
    chunked = client.get(app, "chunked")
    assert chunked.content == b"abcde"
    assert not {"X-Hop", "Keep-Alive"} & set(chunked.headers)
    old = visit(client, app, "GET /chunked HTTP/1.0\nHost: HOST\n\n")
    assert old.startswith(b"HTTP/1.0 200 OK\r\n")
    assert b"chunked" not in old.lower()
    assert old.endswith(b"\r\n\r\nabcde")
    assert client.get(app, "until-close").content == b"to the end"


def test_interim_answers_are_passed_on(client: Any, app: str) -> None:
    """103 before the answer; 100 before the body, when the dyno asks for it."""
    early = "GET /early HTTP/1.1\nHost: HOST\nConnection: close\n\n"
    assert re.match(
        rb"HTTP/1\.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1\.1 200 OK\r\n",
        visit(client, app, early),
    )
    url = urlsplit(client.url(app))
    with socket.create_connection((url.hostname, url.port), timeout=20) as sock:
        sock.sendall(
            f"POST /continue HTTP/1.1\r\nHost: {url.netloc}\r\nConnection: close\r\n"
            "Expect: 100-continue\r\nContent-Length: 5\r\n\r\n".encode()
        )
        assert sock.recv(1000) == b"HTTP/1.1 100 Continue\r\n\r\n"
        sock.sendall(b"hello")
        assert received(sock).endswith(b"\r\n\r\nhello")


def test_connections_to_the_dyno_are_used_again(client: Any, app: str) -> None:
    """By requests without a body; others get a connection of their own."""
    with requests.Session() as session:
        url = f"{client.url(app)}connections"
        counts = [int(session.get(url, timeout=20).text) for _ in range(5)]
        assert len(set(counts)) == 1
        fresh = int(session.post(url, timeout=20).text)
        assert fresh == counts[0] + 1


def test_a_dyno_that_drops_idle_connections_loses_no_request(
    client: Any, app: str
) -> None:
    """It closes what it said it would keep: the next one goes over a new connection."""
    url = f"{client.url(app)}forget"
    before = client.log(app).count("forgotten")
    for done in range(1, 6):
        assert requests.get(url, timeout=20).text == "ok"
        client.until(lambda: client.log(app).count("forgotten") == before + done)  # noqa: B023


def test_no_request_is_sent_twice(client: Any, app: str) -> None:
    """A dyno that hangs up on a request over a kept connection failed it (H13)."""
    with requests.Session() as session:
        assert session.get(f"{client.url(app)}connections", timeout=20).ok
        asked = client.log(app).count("got GET /hang-up")
        before = session.get(f"{client.url(app)}connections", timeout=20).text
        assert session.get(f"{client.url(app)}hang-up", timeout=20).status_code == 503
        assert "code=H13" in client.log(app, dyno="router", lines=1)
        after = session.get(f"{client.url(app)}connections", timeout=20).text
        assert int(after) == int(before) + 1
        assert client.log(app).count("got GET /hang-up") == asked + 1


def test_a_slow_upload_is_served_and_a_silent_one_is_not(client: Any, app: str) -> None:
    """Longer than the time for the first byte, as long as bytes keep coming (H28)."""
    url = urlsplit(client.url(app))
    marks = slow, silent = uuid4().hex, uuid4().hex
    socks = []
    for mark in marks:
        sock = socket.create_connection((url.hostname, url.port), timeout=20)
        sock.sendall(
            f"POST /upload?{mark} HTTP/1.1\r\nHost: {url.netloc}\r\n"
            "Connection: close\r\nContent-Length: 6\r\n\r\n".encode()
        )
        socks.append(sock)
    for _ in range(6):
        socks[0].sendall(b".")
        time.sleep(0.25)
    assert received(socks[0]).endswith(b"\r\n\r\n6")
    assert b" 499 " in received(socks[1]).partition(b"\r\n")[0]
    assert "at=info method=POST" in line_of(client, app, slow)
    line = line_of(client, app, silent)
    assert 'at=warning code=H28 desc="Client Connection Idle" method=POST' in line
    assert "status=499 " in line


def test_a_visitor_who_leaves_or_stops_reading(client: Any, app: str) -> None:
    """H27 as soon as it hangs up, H28 when it takes nothing any more."""
    left, stuck = uuid4().hex, uuid4().hex
    reader = opened(client, app, f"flood?{stuck}")
    sock = opened(client, app, f"silent?{left}")
    client.until(lambda: f"got GET /silent?{left}" in client.log(app))
    sock.close()
    line = line_of(client, app, left)
    assert 'sock=client at=warning code=H27 desc="Client Request Interrupted"' in line
    assert "status=499 bytes=0 " in line
    line = line_of(client, app, stuck)
    assert 'at=warning code=H28 desc="Client Connection Idle"' in line
    assert "status=499 " in line
    reader.close()


@pytest.mark.parametrize(
    ("request_text", "status", "logged"),
    [
        ("GET http://example.com/ HTTP/1.1\nHost: HOST\n\n", 400, "H26"),
        ("GET http://HOST/ HTTP/1.1\nHost: HOST\n\n", 400, "H26"),
        ("CONNECT example.com:80 HTTP/1.1\nHost: example.com:80\n\n", 400, "H26"),
        ("GET / HTTP/1.1\nHost: example.com\n\n", 421, "H31"),
        ("GET / HTTP/1.1\nHost: 127.0.0.1\n\n", 421, "H31"),
        ("GET / HTTP/1.1\n\n", 400, "H26"),
        ("GET / HTTP/1.1\nHost: HOST\nHost: HOST\n\n", 400, "H26"),
        (
            "POST / HTTP/1.1\nHost: HOST\nTransfer-Encoding: chunked\nContent-Length: 4\n\n0\n\n",
            400,
            "H26",
        ),
        (
            "POST / HTTP/1.1\nHost: HOST\nContent-Length: 4\nContent-Length: 5\n\nabcd",
            400,
            "H26",
        ),
        (
            "POST / HTTP/1.1\nHost: HOST\nTransfer-Encoding: gzip, chunked\n\n0\n\n",
            400,
            "H26",
        ),
        ("GET / HTTP/1.1\nHost: HOST\nX-A : 1\n\n", 400, "H26"),
        ("GET / HTTP/1.1\nHost: HOST\nExpect: cake\n\n", 417, "H26"),
        ("\x16\x03\x01 no HTTP at all\n\n", 400, "H26"),
    ],
)
def test_what_is_not_for_this_app_goes_nowhere(
    client: Any, app: str, request_text: str, status: int, logged: str
) -> None:
    """No open proxy, no smuggling: refused by the router, with one line."""
    before = client.log(app).count("app[web.1]: got")
    count = client.log(app, dyno="router").count(f"code={logged}")
    text = request_text.replace("\n\n", "\nConnection: close\n\n", 1)
    answer = visit(client, app, text)
    assert answer.startswith(b"HTTP/1.")
    assert answer.split()[1] == str(status).encode()
    assert answer.count(b"HTTP/1.") == 1
    log = client.log(app)
    assert log.count("app[web.1]: got") == before
    assert log.count(f"code={logged}") == count + 1
    line = [one for one in log.splitlines() if f"code={logged}" in one][-1]
    assert f"dyno= connect= service= status={status} bytes= protocol=" in line


def test_slow_heads_are_cut_while_others_are_served(client: Any, app: str) -> None:
    """Fifty connections that never finish a request end; one that pauses does not."""
    url = urlsplit(client.url(app))
    address = (url.hostname, url.port)
    slow = [socket.create_connection(address, timeout=20) for _ in range(50)]
    with requests.Session() as session:
        assert session.get(client.url(app), timeout=20).ok
        for part in (b"GET /", b"some", b"thing"):
            for sock in slow:
                with contextlib.suppress(OSError):  # cut already
                    sock.sendall(part)
            time.sleep(0.15)
        assert session.get(client.url(app), timeout=20).ok
        assert [received(sock) for sock in slow] == [b""] * 50
        assert session.get(client.url(app), timeout=20).ok
    for sock in slow:
        sock.close()


def test_the_api_has_no_patience_with_slow_clients_either(client: Any) -> None:
    """A head that does not end is cut, a body that does not come is 400."""
    url = urlsplit(client.platform.api_url)
    head = socket.create_connection((url.hostname, url.port), timeout=20)
    head.sendall(b"POST /apps HTTP/1.1\r\nHost:")
    blob = urlsplit(client.do("POST", "/sources")["source_blob"]["put_url"])
    create = (
        f"POST /apps HTTP/1.1\r\nAuthorization: Bearer {client.platform.token}\r\n"
        "Accept: application/vnd.heroku+json; version=3\r\n"
        "Content-Type: application/json\r\n"
    )
    put = f"PUT {blob.path}?{blob.query} HTTP/1.1\r\n"
    for request in (create, put):
        with socket.create_connection((url.hostname, url.port), timeout=20) as sock:
            length = "Content-Length: 9\r\n\r\n{"
            sock.sendall(f"{request}Host: {url.netloc}\r\n{length}".encode())
            assert received(sock).startswith(b"HTTP/1.1 400 ")
    assert received(head) == b""
    head.close()


def test_too_many_connections_are_refused(client: Any, app: str) -> None:
    """H22 beyond a thousand, which ends the connection; room again when they left."""
    if resource.getrlimit(resource.RLIMIT_NOFILE)[0] < 3_000:
        pytest.skip("too few open files are allowed here")
    url = urlsplit(client.url(app))
    address = (url.hostname, url.port)
    mark = uuid4().hex
    with contextlib.ExitStack() as crowd:

        def refused() -> str | None:
            for _ in range(1_000):  # those who say nothing are cut after a while
                crowd.enter_context(socket.create_connection(address, timeout=20))
            answer = client.get(app, f"?{mark}")
            return answer.headers["Connection"] if answer.status_code == 503 else None

        assert client.until(refused) == "close"
    log = client.log(app, dyno="router").splitlines()
    line = next(one for one in log if mark in one and "H22" in one)
    assert 'at=error code=H22 desc="Connection limit reached"' in line
    client.until(lambda: client.get(app).status_code == 200)


def test_a_full_dyno_makes_requests_wait_then_refuses(client: Any, app: str) -> None:
    """Fifty at once, fifty more wait, and the next one is H11."""
    held = [opened(client, app, "hold") for _ in range(50)]
    for sock in held:
        assert sock.recv(12) == b"HTTP/1.1 200"
    waiting = [opened(client, app, "any?waits") for _ in range(50)]
    mark = uuid4().hex

    def refused() -> bool:
        return bool(client.get(app, f"?{mark}").status_code == 503)

    client.until(refused)
    log = client.log(app, dyno="router").splitlines()
    line = next(one for one in log if mark in one and "H11" in one)
    assert 'at=error code=H11 desc="Backlog too deep"' in line
    for sock in held:
        sock.close()
    for sock in waiting:
        assert sock.recv(12) == b"HTTP/1.1 200"
        sock.close()


@pytest.mark.parametrize(
    ("mode", "code", "description"),
    [
        ("deaf", "H19", "Backend connection timeout"),
        ("refusing", "H21", "Backend connection refused"),
        ("unbound", "H20", "App boot timeout"),
    ],
)
def test_an_only_dyno_that_takes_no_connection(
    client: Any, mode: str, code: str, description: str
) -> None:
    """There is no other one to try."""
    app = deployed(client, MODE=mode)
    if mode != "unbound":
        client.web(app, "up")
    if mode == "refusing":
        client.until(lambda: "app[web.1]: refuses" in client.log(app))
    mark = uuid4().hex
    assert client.get(app, f"?{mark}").status_code == 503
    line = line_of(client, app, mark)
    assert f'at=error code={code} desc="{description}"' in line


def test_another_dyno_serves_when_one_refuses(client: Any) -> None:
    """The refusing one is left alone for a while; when all refuse it is H34."""
    app = deployed(client, MODE="web.1")
    client.do("PATCH", f"/apps/{app}/formation/web", {"quantity": 2})
    client.until(lambda: "app[web.1]: refuses" in client.log(app))
    client.until(lambda: "web.2]: State changed from starting to up" in client.log(app))
    assert {client.get(app, "dyno").text for _ in range(20)} == {"web.2"}
    client.do("PATCH", f"/apps/{app}/config-vars", {"MODE": "refusing"})
    client.until(lambda: client.log(app).count("web.2]: refuses") == 1)
    client.until(lambda: client.log(app).count("web.1]: refuses") == 2)
    mark = uuid4().hex
    started = time.monotonic()
    assert client.get(app, f"?{mark}").status_code == 503
    assert time.monotonic() - started >= TIMERS["quarantine"]  # they were spared
    line = line_of(client, app, mark)
    assert 'at=error code=H34 desc="All up dynos are quarantined"' in line


def test_pages_for_blank_apps_and_of_the_app_s_own(client: Any) -> None:
    """H81 before the first deploy; config vars name pages for H80 and errors."""
    app = client.app()
    blank = client.get(app)
    assert blank.status_code == 502
    assert 'at=info code=H81 desc="Blank app"' in client.log(app)
    pages = {"ERROR_PAGE_URL": 'https://e.example/"', "MAINTENANCE_PAGE_URL": "//m/"}
    client.do("PATCH", f"/apps/{app}/config-vars", pages)
    client.deploy(app, client.files() | {"server.py": SERVER})
    wanted = '<iframe src="https://e.example/&quot;">'
    assert wanted in client.get(app, "hang-up").text
    client.do("PATCH", f"/apps/{app}", {"maintenance": True})
    assert '<iframe src="//m/">' in client.get(app).text


def test_faults_asked_for_strike_in_the_router(client: Any, app: str) -> None:
    """A platform error, a dyno that refuses, one that trickles."""
    for kind, code in (("H99", "H99"), ("dyno-refuse", "H21")):
        client.do("POST", "/local/faults", {"kind": kind, "app": app})
        mark = uuid4().hex
        assert client.get(app, f"?{mark}").status_code == 503
        assert f"at=error code={code} " in line_of(client, app, mark)
    trickle = {"kind": "dyno-trickle", "app": app, "seconds": 0.01}
    client.do("POST", "/local/faults", trickle)
    with opened(client, app, "any") as sock:
        pieces = [sock.recv(65536) for _ in range(10)]
    assert b"\r\n\r\n" in pieces[0]
    assert max(map(len, pieces[1:])) < 100
    assert client.get(app).ok


def test_websockets_pass_through(client: Any) -> None:
    """Text, binary, pings, the close code, and one line at the end."""
    app = client.app()
    files = client.files(web=f"exec {sys.executable} sockets.py")
    client.deploy(app, files | {"sockets.py": SOCKETS})
    client.web(app, "up")
    url = client.url(app).replace("http:", "ws:")
    mark, other = uuid4().hex, uuid4().hex
    big = b"\0\1" * 200_000

    async def talk() -> None:
        async with aiohttp.ClientSession() as session:
            address = f"{url}echo?{mark}"
            async with session.ws_connect(address, protocols=("chat",)) as ws:
                assert ws.protocol == "chat"
                await ws.send_str("hello")
                assert await ws.receive_str(timeout=10) == "hello"
                await ws.send_bytes(big)
                assert await ws.receive_bytes(timeout=10) == big
                await ws.ping(b"still there?")
                await ws.send_str("bye")
                last = await ws.receive(timeout=10)
                assert (last.type, last.data) == (aiohttp.WSMsgType.CLOSE, 4001)
                assert last.extra == "as you wish"
            async with session.ws_connect(f"{url}echo?{other}") as ws:
                await ws.close(code=4002)

    asyncio.run(talk())
    line = line_of(client, app, mark)
    assert "at=info method=GET" in line
    assert "status=101 " in line
    assert int(re.findall(r"bytes=(\d+)", line)[0]) > len(big)
    client.until(lambda: "app[web.1]: closed with 4002" in client.log(app))
    two_lines = (
        "GET /echo HTTP/1.1\nHost: HOST\nUpgrade: websocket\nConnection: X-Other\n"
        "Connection: Upgrade\nSec-WebSocket-Version: 13\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\n\n"
    )
    closing = bytes((0x88, 0x80, 0, 0, 0, 0))
    opening = visit(client, app, two_lines, body=closing)
    assert opening.startswith(b"HTTP/1.1 101 ")
    plain = requests.get(f"{client.url(app)}echo", timeout=20)
    assert plain.status_code == 400  # the app's own answer to a declined upgrade


def test_request_bodies_are_not_looked_into(client: Any) -> None:
    """Of unknown length or compressed, they arrive as they were sent."""
    app = client.app()
    files = client.files(web=f"exec {sys.executable} sockets.py")
    client.deploy(app, files | {"sockets.py": SOCKETS})
    client.web(app, "up")
    packed = gzip.compress(b"x" * 100_000)
    answer = requests.post(
        f"{client.url(app)}count",
        data=iter([packed[:50], packed[50:]]),
        headers={"Content-Encoding": "gzip"},
        timeout=20,
    )
    assert answer.json() == [len(packed), "gzip", urlsplit(client.url(app)).netloc]


def test_an_idle_websocket_ends_with_h15(client: Any) -> None:
    """Neither side said anything for the idle window."""
    app = client.app()
    files = client.files(web=f"exec {sys.executable} sockets.py")
    client.deploy(app, files | {"sockets.py": SOCKETS})
    client.web(app, "up")
    mark = uuid4().hex

    async def be_silent() -> int | None:
        url = client.url(app).replace("http:", "ws:")
        async with (
            aiohttp.ClientSession() as session,
            session.ws_connect(f"{url}echo?{mark}") as ws,
        ):
            await ws.receive(timeout=10)
            return ws.close_code

    assert asyncio.run(be_silent()) == 1006
    assert 'at=error code=H15 desc="Idle connection"' in line_of(client, app, mark)
