"""How the platform says no, and what the gate makes of it."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from gate.errors import NotFound, PlatformRefused, PlatformUnavailable, Unauthorized
from gate.heroku import HerokuClient, Patience, WriteUnconfirmed
from tests_contract.gate.heroku import answers
from tests_contract.gate.heroku.conftest import QUICK
from tests_contract.gate.heroku.scripted_platform import ScriptedPlatform

DOCUMENTED: list[tuple[int, str, type[PlatformRefused]]] = [
    (400, "bad_request", PlatformRefused),
    (401, "unauthorized", Unauthorized),
    (402, "delinquent", PlatformRefused),
    (403, "forbidden", Unauthorized),
    (403, "suspended", Unauthorized),
    (403, "two_factor", Unauthorized),
    (404, "not_found", NotFound),
    (406, "not_acceptable", PlatformRefused),
    (409, "conflict", PlatformRefused),
    (410, "gone", PlatformRefused),
    (416, "requested_range_not_satisfiable", PlatformRefused),
    (422, "invalid_params", PlatformRefused),
    (422, "verification_needed", PlatformRefused),
]


@pytest.mark.parametrize(("status", "error_id", "kind"), DOCUMENTED)
def test_each_documented_error_has_its_type_and_advice(
    client: HerokuClient,
    platform: ScriptedPlatform,
    status: int,
    error_id: str,
    kind: type[PlatformRefused],
) -> None:
    """A refusal is not repeated; it tells status, id, reason, Request-Id, advice."""
    platform.answers(
        answers.error(error_id, "It is so."), status, {"Request-Id": "their-id"}
    )
    with pytest.raises(PlatformRefused) as caught:
        client.release_slug("orders", "s1", description="gate run 7")
    refused = caught.value
    assert type(refused) is kind
    assert (refused.status, refused.error_id) == (status, error_id)
    assert refused.request_id == "their-id"
    assert f"POST /apps/orders/releases was refused with {status}" in refused.what
    assert "It is so." in refused.why
    assert "their-id" in refused.why
    assert refused.advice
    assert len(platform.seen) == 1


@pytest.mark.parametrize(
    "body", [b"<html>no</html>", b"", b"[]", b"{", b"\xff\xfe", b"[" * 100_000]
)
def test_an_error_body_may_be_anything(
    client: HerokuClient, platform: ScriptedPlatform, body: bytes
) -> None:
    """Proxies answer in HTML; the status still tells what kind of no it was."""
    platform.answers(body, 404)
    with pytest.raises(NotFound, match="not the documented JSON"):
        client.app("orders")


def test_the_gates_own_request_id_is_told_if_the_platform_gives_none(
    client: HerokuClient, platform: ScriptedPlatform
) -> None:
    """Either id finds the call in the platform's records."""
    platform.answers(answers.error("not_found"), 404)
    with pytest.raises(NotFound) as caught:
        client.app("orders")
    assert caught.value.request_id == platform.seen[0].headers["Request-Id"]


def test_a_message_cannot_steer_the_terminal(
    client: HerokuClient, platform: ScriptedPlatform
) -> None:
    """Control characters are dropped and long messages cut."""
    message = "\x1b[2J\r\nno " + "x" * 10_000
    platform.answers(answers.error("conflict", message), 409)
    with pytest.raises(PlatformRefused) as caught:
        client.app("orders")
    assert str(caught.value).isprintable()
    assert len(str(caught.value)) < 500


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_redirects_are_refused(
    client: HerokuClient, platform: ScriptedPlatform, status: int
) -> None:
    """The token goes nowhere but to the platform's own address."""
    platform.answers(b"", status, {"Location": f"{platform.url}/elsewhere"})
    with pytest.raises(PlatformRefused, match=f"{status}"):
        client.app("orders")
    assert [seen.path for seen in platform.seen] == ["/apps/orders"]


def test_a_huge_body_is_not_read_to_its_end(
    connect: Callable[[Patience], HerokuClient], platform: ScriptedPlatform
) -> None:
    """Memory is bounded, whatever the platform sends."""
    careful = connect(replace(QUICK, body_bytes=100_000))
    platform.answers(b"x" * 1_000_000)
    with pytest.raises(PlatformUnavailable, match="larger than 100000 bytes"):
        careful.app("orders")
    platform.answers(b"x" * 1_000_000, 201)
    with pytest.raises(WriteUnconfirmed, match="larger"):
        careful.create_app("orders")
    assert len(platform.seen) == 2
