"""Uploads, output streams and logs: signed addresses, without the token."""

import threading
from collections import deque
from pathlib import Path

import pytest

from gate.errors import NotFound, PlatformUnavailable
from gate.heroku import HerokuClient
from gate.model.release import SourceBlob
from tests_contract.gate.heroku.conftest import QUICK, Naps
from tests_contract.gate.heroku.scripted_platform import ScriptedPlatform

NOW = threading.Event()
NOW.set()


def test_a_source_is_put_as_a_signed_address_wants_it(
    client: HerokuClient, platform: ScriptedPlatform, tmp_path: Path
) -> None:
    """The length is told, the token and a content type are not; a fault is retried."""
    tarball = tmp_path / "source.tgz"
    tarball.write_bytes(bytes(range(256)) * 1000)
    platform.answers(b"", 503)
    platform.answers(b"", 200)
    where = f"{platform.url}/put?signature=1"
    client.upload_source(SourceBlob(put_url=where, get_url=where), tarball)
    for seen in platform.seen:
        assert (seen.method, seen.path) == ("PUT", "/put?signature=1")
        assert seen.body == tarball.read_bytes()
        assert seen.headers["Content-Length"] == "256000"
        assert not {"Authorization", "Content-Type"} & set(seen.headers)


def test_an_output_stream_may_not_have_started(
    client: HerokuClient, platform: ScriptedPlatform, naps: Naps
) -> None:
    """404 means not yet, and is waited out; lines come whole, whatever the pieces."""
    platform.answers(b"", 404)
    platform.answers(b"", 404)
    pieces = [b"Install", b"ing\r\n", b"\0", b"d\xc3", b"\xbcnn\nend", b""]
    platform.streams(deque(pieces), NOW)
    lines = list(client.stream(f"{platform.url}/output"))
    assert lines == ["Installing", "dünn", "end"]
    assert naps.taken == [QUICK.stream_pause] * 2
    assert not [seen for seen in platform.seen if seen.headers["Authorization"]]


def test_an_output_stream_that_never_starts_is_given_up(
    client: HerokuClient, platform: ScriptedPlatform
) -> None:
    """The wait is bounded."""
    for _ in range(QUICK.stream_attempts):
        platform.answers(b"", 404)
    with pytest.raises(NotFound):
        list(client.stream(f"{platform.url}/output"))


def test_a_stream_that_breaks_off_says_so(
    client: HerokuClient, platform: ScriptedPlatform
) -> None:
    """Half an output is not taken for a whole one."""
    platform.streams(deque([b"one\ntw"]), NOW)
    lines = client.stream(f"{platform.url}/output")
    assert next(lines) == "one"
    with pytest.raises(PlatformUnavailable, match=r"output stream .* broke off"):
        next(lines)


def test_a_line_without_an_end_does_not_fill_the_memory(
    client: HerokuClient, platform: ScriptedPlatform
) -> None:
    """A line is cut where no sensible line is that long."""
    platform.streams(deque([b"x" * 50_000] * 10 + [b""]), NOW)
    lines = list(client.stream(f"{platform.url}/output"))
    assert sum(len(line) for line in lines) == 500_000
    assert max(len(line) for line in lines) < 200_000


def test_a_log_is_read_as_it_is_written_and_ends_when_closed(
    client: HerokuClient, platform: ScriptedPlatform
) -> None:
    """A reader that waits for the next line wakes up when the context is left."""
    go_on = threading.Event()
    platform.answers({"id": "l1", "logplex_url": f"{platform.url}/log?k=1"}, 201)
    platform.streams(deque([b"first\n"]), go_on)
    read: list[str] = []
    has_read = threading.Event()

    def reader(lines: object) -> None:
        for line in lines:  # type: ignore[attr-defined]
            read.append(line)
            has_read.set()

    with client.open_log("orders") as lines:
        thread = threading.Thread(target=reader, args=(lines,), daemon=True)
        thread.start()
        assert has_read.wait(10)
    thread.join(10)
    assert not thread.is_alive()
    assert read == ["first"]
    assert not platform.outlasted.is_set()  # it was not the server that hung up
    go_on.set()
    session, log = platform.seen
    assert (session.method, session.path) == ("POST", "/apps/orders/log-sessions")
    assert session.body == b'{"lines": 1, "tail": true}'
    assert log.headers["Authorization"] is None


def test_a_closed_log_has_no_more_lines(
    client: HerokuClient, platform: ScriptedPlatform
) -> None:
    """Closing before reading is fine, and closing twice too."""
    platform.answers({"id": "l1", "logplex_url": f"{platform.url}/log"}, 201)
    platform.answers(b"late\n")
    log = client.open_log("orders", lines=5, tail=False)
    log.close()
    log.close()
    assert list(log) == []


def test_a_log_that_breaks_off_says_so(
    client: HerokuClient, platform: ScriptedPlatform
) -> None:
    """Lines that never came are not evidence that nothing happened."""
    platform.answers({"id": "l1", "logplex_url": f"{platform.url}/log"}, 201)
    platform.streams(deque([b"one\n"]), NOW)
    with (
        client.open_log("orders") as lines,
        pytest.raises(PlatformUnavailable, match=r"log of orders .* broke off"),
    ):
        list(lines)
