"""The token and signed addresses: where they go, and where they never show."""

import logging
import traceback
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from gate.errors import GateError, PlatformUnavailable, UsageProblem
from gate.heroku import HerokuClient, Patience
from gate.model.release import SourceBlob
from tests_contract.gate.heroku import answers
from tests_contract.gate.heroku.conftest import QUICK, TOKEN
from tests_contract.gate.heroku.scripted_platform import ScriptedPlatform


def test_the_token_is_a_bearer_whatever_netrc_says(
    client: HerokuClient,
    platform: ScriptedPlatform,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """An entry for the host in a netrc file changes nothing, with token or without."""
    netrc = tmp_path / "netrc"
    netrc.write_text("default login someone password else\n")
    monkeypatch.setenv("NETRC", str(netrc))
    platform.answers(answers.app())
    client.app("orders")
    platform.answers(b"done\n")
    assert list(client.stream(f"{platform.url}/output?signed=1")) == ["done"]
    sent = [seen.headers["Authorization"] for seen in platform.seen]
    assert sent == [f"Bearer {TOKEN}", None]


def test_a_proxy_is_not_asked_for_what_is_on_this_machine(
    client: HerokuClient,
    platform: ScriptedPlatform,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The token for the local platform stays on this machine."""
    with ScriptedPlatform() as proxy:
        monkeypatch.setenv("HTTP_PROXY", proxy.url)
        monkeypatch.setenv("http_proxy", proxy.url)
        platform.answers(answers.app())
        client.app("orders")
        assert not proxy.seen


def _echo(platform: ScriptedPlatform) -> None:
    platform.answers(answers.error("conflict", f"Bearer {TOKEN} is known"), 409)


FAILURES: dict[str, Callable[[ScriptedPlatform], None]] = {
    "refused": lambda platform: platform.answers(answers.error("unauthorized"), 401),
    "echoed": _echo,
    "echoed in a fault": lambda platform: platform.answers(
        answers.error("oops", TOKEN), 500
    ),
    "dropped": lambda platform: platform.drops(),
    "silent": lambda platform: platform.keeps_silent(),
    "malformed": lambda platform: platform.answers({"id": [TOKEN]}, 201),
    "not HTTP": lambda platform: platform.dribbles(b"SSH-2.0\r\n\r\n", pause=0.001),
}


@pytest.mark.parametrize("name", FAILURES)
def test_no_failure_shows_the_token(
    connect: Callable[[Patience], HerokuClient],
    platform: ScriptedPlatform,
    caplog: pytest.LogCaptureFixture,
    name: str,
) -> None:
    """Not in the error, its whole chain, its traceback, nor in any log."""
    caplog.set_level(logging.DEBUG)
    FAILURES[name](platform)
    client = connect(replace(QUICK, read=0.2, attempt=1.0))
    with pytest.raises(GateError) as caught:
        client.create_app("orders")
    assert platform.seen[0].headers["Authorization"] == f"Bearer {TOKEN}"
    link: BaseException | None = caught.value
    told = [caplog.text, repr(client), "".join(traceback.format_exception(link))]
    while link is not None:
        told += [str(link), repr(link), repr(vars(link))]
        link = link.__cause__ or link.__context__
    assert not [text for text in told if TOKEN in text]


@pytest.mark.parametrize("token", ["", "two words", TOKEN + "\n", "schlüssel\0"])
def test_a_token_that_is_none_is_refused_without_being_told(token: str) -> None:
    """The most common mistake, a line end, is caught before anything is sent."""
    with pytest.raises(UsageProblem) as caught:
        HerokuClient("https://api.example.com", token)
    assert TOKEN not in str(caught.value) + repr(caught.value)


@pytest.mark.parametrize(
    "url",
    [
        "http://api.example.com",
        "http://127.0.0.1.example.com",
        "http://127.0.0.1@example.com",
        "https://user:secret@api.example.com",
        "https://api.example.com/?x=1",
        "ftp://127.0.0.1",
        "file:///etc/passwd",
        "127.0.0.1:5000",
        "http://127.0.0.1:port",
        "",
    ],
)
def test_the_token_travels_in_private_or_not_at_all(url: str) -> None:
    """Only https, or this machine."""
    with pytest.raises(UsageProblem) as caught:
        HerokuClient(url, TOKEN)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    "url",
    [
        "https://api.example.com/",
        "http://localhost:1",
        "http://[::1]:1",
        "http://127.0.0.1:1",
    ],
)
def test_https_and_this_machine_are_fine(url: str) -> None:
    """A trailing slash does not matter."""
    assert repr(HerokuClient(url, TOKEN)) == f"HerokuClient({url.rstrip('/')!r})"


def test_signed_addresses_are_not_told(
    client: HerokuClient, platform: ScriptedPlatform, tmp_path: Path
) -> None:
    """Whoever reads an error cannot use the address; only its host is named."""
    tarball = tmp_path / "source.tgz"
    tarball.write_bytes(b"x")
    secret = f"{platform.url}/put/sesame?signature=sesame"
    platform.answers(b"expired", 403)
    with pytest.raises(PlatformUnavailable) as caught:
        client.upload_source(SourceBlob(put_url=secret, get_url=secret), tarball)
    assert "sesame" not in "".join(traceback.format_exception(caught.value))
    assert "127.0.0.1" in str(caught.value)


@pytest.mark.parametrize(
    "url", ["http://example.com/x?sesame", "file:///sesame", "http://sesame@127.0.0.1"]
)
def test_unsafe_addresses_from_the_platform_are_not_followed(
    client: HerokuClient, url: str
) -> None:
    """A platform cannot make the gate talk in the clear, or read a file."""
    with pytest.raises(PlatformUnavailable) as caught:
        list(client.stream(url))
    assert "sesame" not in str(caught.value)


def test_a_distant_platform_cannot_point_at_this_machine(
    platform: ScriptedPlatform,
) -> None:
    """Services on the gate's own host are out of reach."""
    distant = HerokuClient("https://api.example.com", TOKEN)
    with pytest.raises(PlatformUnavailable, match="not safe to follow"):
        list(distant.stream(platform.url))
    assert not platform.seen
