"""What is asked for again, what is sent once, and until when."""

import socket
from collections.abc import Callable
from dataclasses import replace

import pytest

from gate.errors import PlatformRefused, PlatformUnavailable
from gate.heroku import HerokuClient, Patience, WriteUnconfirmed
from gate.model.release import ReleaseStatus, Stage
from tests_contract.gate.heroku import answers
from tests_contract.gate.heroku.conftest import QUICK, TOKEN, Naps
from tests_contract.gate.heroku.scripted_platform import ScriptedPlatform

Connect = Callable[[Patience], HerokuClient]


def write(client: HerokuClient) -> object:
    return client.release_slug("orders", "s1", description="gate run 7")


WRITES: dict[str, Callable[[HerokuClient], object]] = {
    "create_app": lambda client: client.create_app("orders"),
    "set_config_vars": lambda client: client.set_config_vars("orders", {"A": None}),
    "release_slug": write,
    "create_build": lambda client: client.create_build(
        "orders", source_url="http://127.0.0.1/x", version="c0ffee"
    ),
    "create_pipeline": lambda client: client.create_pipeline("orders"),
    "couple": lambda client: client.couple("p", "a", Stage.STAGING),
}


def test_a_read_survives_faults_of_the_platform(
    client: HerokuClient, platform: ScriptedPlatform, naps: Naps
) -> None:
    """5xx and a lost connection are waited out, longer each time."""
    platform.answers(b"<html>sorry</html>", 503)
    platform.drops()
    platform.answers(answers.error("oops"), 500)
    platform.answers(answers.app())
    assert client.app("orders").id == "a1"
    assert len(naps.taken) == 3
    assert naps.taken == sorted(naps.taken)
    request_ids = {seen.headers["Request-Id"] for seen in platform.seen}
    assert len(request_ids) == 1


@pytest.mark.parametrize("asked", ["7", "junk", "-1", "99999", None])
def test_every_call_waits_out_the_rate_limit(
    client: HerokuClient, platform: ScriptedPlatform, naps: Naps, asked: str | None
) -> None:
    """429 was never executed, so a write follows it; Retry-After if it is sane."""
    headers = {} if asked is None else {"Retry-After": asked}
    platform.answers(answers.error("rate_limit"), 429, headers)
    platform.answers(answers.release(2, status="pending"), 201)
    made = client.release_slug("orders", "s2", description="gate run 7")
    assert made.status is ReleaseStatus.PENDING
    assert len(platform.seen) == 2
    assert [nap == 7.0 for nap in naps.taken] == [asked == "7"]
    assert max(naps.taken) <= QUICK.longest_pause


def test_patience_ends(
    connect: Connect, platform: ScriptedPlatform, naps: Naps
) -> None:
    """A rate limit that stays becomes a refusal within the total time."""
    for _ in range(100):
        platform.answers(answers.error("rate_limit"), 429)
    with pytest.raises(PlatformRefused) as caught:
        connect(replace(QUICK, total=20.0)).app("orders")
    assert (caught.value.status, caught.value.error_id) == (429, "rate_limit")
    assert 2 < len(platform.seen) < 100
    assert sum(naps.taken) < 20.0


@pytest.mark.parametrize("name", WRITES)
def test_a_write_that_the_platform_fails_is_sent_once(
    client: HerokuClient, platform: ScriptedPlatform, name: str
) -> None:
    """After a 5xx nobody knows whether it happened."""
    platform.answers(answers.error("oops", "Try again."), 503, {"Request-Id": "it"})
    with pytest.raises(WriteUnconfirmed) as caught:
        WRITES[name](client)
    assert len(platform.seen) == 1
    assert (caught.value.status, caught.value.request_id) == (503, "it")
    assert caught.value.may_have_happened


def test_a_write_whose_answer_is_lost_is_sent_once(
    client: HerokuClient, platform: ScriptedPlatform
) -> None:
    """The platform hung up after it had the request."""
    platform.drops()
    with pytest.raises(WriteUnconfirmed, match="connection was lost"):
        write(client)
    assert len(platform.seen) == 1
    assert platform.seen[0].headers["Request-Id"] is not None


def test_a_write_without_an_answer_in_time_is_sent_once(
    connect: Connect, platform: ScriptedPlatform
) -> None:
    """Silence does not mean that nothing happened."""
    platform.keeps_silent()
    with pytest.raises(WriteUnconfirmed, match="kept silent"):
        write(connect(replace(QUICK, read=0.2)))
    assert len(platform.seen) == 1
    assert not platform.outlasted.is_set()


def test_a_write_with_an_unreadable_answer_may_have_happened(
    client: HerokuClient, platform: ScriptedPlatform
) -> None:
    """201 with a body from elsewhere: accepted, but what was made is unknown."""
    platform.answers(b"<html>ok</html>", 201)
    with pytest.raises(WriteUnconfirmed, match="cannot be understood"):
        write(client)


def test_without_a_connection_nothing_has_happened(naps: Naps) -> None:
    """Nothing to reconcile; and on this machine, nothing to wait for either."""
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))  # bound, but nobody listens
        url = f"http://127.0.0.1:{closed.getsockname()[1]}"
        lonely = HerokuClient(url, TOKEN, clock=naps.clock, sleep=naps.sleep)
        for call in write, lambda client: client.app("orders"):
            with pytest.raises(PlatformUnavailable) as caught:
                call(lonely)
            assert not isinstance(caught.value, WriteUnconfirmed)
            assert "no connection was possible" in str(caught.value)
            assert "that it runs" in caught.value.advice
    assert not naps.taken


def test_what_leaves_the_app_as_it_is_is_asked_for_again(
    client: HerokuClient, platform: ScriptedPlatform
) -> None:
    """A second place for a source does no harm."""
    platform.answers(b"", 502)
    urls = {"put_url": "http://127.0.0.1/p", "get_url": "http://127.0.0.1/g"}
    platform.answers({"source_blob": urls}, 201)
    assert client.create_source().get_url == "http://127.0.0.1/g"
    assert [seen.method for seen in platform.seen] == ["POST", "POST"]


def test_a_feature_is_enabled_again(
    client: HerokuClient, platform: ScriptedPlatform
) -> None:
    """What is on already stays on."""
    platform.answers(b"", 502)
    platform.answers({"name": "log-runtime-metrics", "enabled": True})
    client.enable_feature("orders", "log-runtime-metrics")
    assert [seen.method for seen in platform.seen] == ["PATCH", "PATCH"]


HEAD = b"HTTP/1.1 200 OK\r\n"
DRIBBLES = {
    "head": HEAD + b"X-Slow: ",
    "body without a length": HEAD + b"\r\n{",
    "body with a length": HEAD + b"Content-Length: 9999\r\n\r\n{",
    "chunked body": HEAD + b"Transfer-Encoding: chunked\r\n\r\n",
}


@pytest.mark.parametrize("part", DRIBBLES)
def test_an_answer_that_dribbles_in_ends_at_the_deadline(
    connect: Connect, platform: ScriptedPlatform, part: str
) -> None:
    """A byte now and then resets no overall limit, in the head nor in the body."""
    platform.dribbles(DRIBBLES[part], pause=0.01)
    slow = connect(replace(QUICK, attempt=0.8, total=1.0, first_pause=1.0))
    with pytest.raises(PlatformUnavailable, match="no complete answer came in time"):
        slow.app("orders")
    assert not platform.outlasted.is_set()
