"""Probes and health: real requests, bounded in time and bytes."""

import itertools
import socket
import threading
import time
from collections.abc import Iterator

import pytest
import requests

from gate.model.evidence import Completion, Probe
from gate.model.plan import HealthPlan
from gate.suites.health import collect_health
from gate.suites.probing import ask, probe
from tests_unit.gate.fakes.web import Reply, Request, serving


def probed(url: str, *, accept: tuple[int, ...] = (200,), contains: str = "") -> Probe:
    """One probe of /readyz."""
    began = time.monotonic()
    return probe(
        url, "/readyz", began=began, timeout=2.0, accept=accept, contains=contains
    )


@pytest.fixture
def mute() -> Iterator[str]:
    """A server that takes connections and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"http://127.0.0.1:{server.getsockname()[1]}"


def test_a_good_answer_has_an_accepted_status() -> None:
    """And nothing but the status is told of it."""
    with serving(lambda _: Reply(200, b"ready")) as url:
        told = probed(url)
    assert (told.good, told.status, told.seen, told.path) == (
        True,
        200,
        "200",
        "/readyz",
    )


@pytest.mark.parametrize("status", [201, 301, 404, 500, 503])
def test_another_status_is_bad_and_told_with_what_was_seen(status: int) -> None:
    """Also a redirect: it is an answer, not something to follow."""
    reply = Reply(status, b"no\n  database", {"Location": "/readyz"})
    with serving(lambda _: reply) as url:
        told = probed(url)
    assert not told.good
    assert told.seen == f"{status} no database"


def test_which_statuses_are_good_is_the_teams_to_say() -> None:
    """A 204 or a redirect may be what they mean."""
    with serving(lambda _: Reply(204, b"")) as url:
        assert probed(url, accept=(200, 204)).good


def test_an_expected_text_has_to_be_there() -> None:
    """A 200 from a page that says broken is bad."""
    with serving(lambda _: Reply(200, b'{"status": "broken"}')) as url:
        told = probed(url, contains='"ok"')
        assert probed(url, contains="broken").good
    assert not told.good
    assert told.seen == '200 {"status": "broken"}'


def test_foreign_text_is_shown_without_what_could_steer_a_terminal() -> None:
    """And cut to a line."""
    body = b"\x1b[2Jred\x07 \xff" + b"x" * 5000
    with serving(lambda _: Reply(500, body)) as url:
        told = probed(url)
    assert told.seen.isprintable()
    assert len(told.seen) < 200


def test_nobody_there_is_a_bad_probe_not_an_error() -> None:
    """It is told as what it was."""
    told = probed("http://127.0.0.1:9")
    assert (told.good, told.status, told.seen) == (False, None, "connection refused")


def test_no_answer_in_time_is_a_bad_probe(mute: str) -> None:
    """After the timeout, and not later."""
    began = time.monotonic()
    told = probe(mute, "/", began=began, timeout=0.3, accept=(200,))
    assert (told.status, told.seen) == (None, "no answer in time")


def test_a_server_that_hangs_up_is_a_bad_probe() -> None:
    """Before it has said anything."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def hang_up() -> None:
            connection, _ = server.accept()
            connection.recv(1000)
            connection.close()

        thread = threading.Thread(target=hang_up, daemon=True)
        thread.start()
        told = probed(f"http://127.0.0.1:{server.getsockname()[1]}")
        thread.join(timeout=5)
    assert (told.status, told.seen) == (None, "connection closed without answer")


def test_no_more_is_read_than_is_needed() -> None:
    """An endless answer does not fill the gate's memory."""
    with serving(lambda _: Reply(200, b"x" * 300_000)) as url:
        answer = ask(url, timeout=5, most_bytes=1000)
    assert len(answer.body) == 1000


def test_an_answer_that_trickles_is_cut_off() -> None:
    """Each byte comes in time, the whole does not."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def trickle() -> None:
            connection, _ = server.accept()
            connection.recv(1000)
            connection.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
            pause = threading.Event()
            for _ in range(60):
                try:
                    connection.sendall(b"1\r\nx\r\n")
                except OSError:
                    break
                pause.wait(0.05)
            connection.close()

        thread = threading.Thread(target=trickle, daemon=True)
        thread.start()
        with pytest.raises(requests.Timeout):
            ask(f"http://127.0.0.1:{server.getsockname()[1]}", timeout=0.4)
        thread.join(timeout=5)


def test_health_is_probed_as_often_and_as_long_as_was_asked_for() -> None:
    """Spread over the hold time, on the health path."""
    asked: list[str] = []

    def answer(request: Request) -> Reply:
        asked.append(request.path)
        return Reply(200, b"ready")

    plan = HealthPlan(path="/up", probes=6, hold=0.5)
    with serving(answer) as url:
        told = collect_health(url, plan)
    assert asked == ["/up"] * 6
    assert told.run.completion is Completion.COMPLETE
    assert told.hold == 0.5
    assert [each.at for each in told.probes] == sorted(each.at for each in told.probes)
    assert told.probes[-1].at >= 0.5
    assert all(each.good for each in told.probes)


def test_health_that_flickers_is_seen() -> None:
    """One lucky 200 is not a rate."""
    turns = itertools.cycle((200, 503))
    plan = HealthPlan(probes=10, hold=0.2)
    with serving(lambda _: Reply(next(turns))) as url:
        told = collect_health(url, plan)
    assert sum(each.good for each in told.probes) == 5


def test_a_single_probe_is_sent_at_once() -> None:
    """There is nothing to spread."""
    with serving(lambda _: Reply()) as url:
        told = collect_health(url, HealthPlan(probes=1, hold=30.0))
    assert len(told.probes) == 1
