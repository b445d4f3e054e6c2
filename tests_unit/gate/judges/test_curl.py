"""The command that sends a request again: what a shell and curl make of it."""

import shutil
import subprocess

import pytest

from gate.judges.curl import as_curl
from gate.model.exchange import WireRequest
from tests_unit.gate.fakes.web import Reply, Request, serving

NASTY = """it's "$HOME" `id` \\ [1]{2} \n end"""
CURL = pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")


def sent(request: WireRequest, **variables: str) -> tuple[str, Request]:
    """The command, and what a real server was asked by it."""
    seen: list[Request] = []

    def answer(asked: Request) -> Reply:
        seen.append(asked)
        return Reply()

    with serving(answer) as url:
        command = as_curl(request, url)
        environment = {"PATH": "/usr/bin:/bin:/usr/local/bin", **variables}
        subprocess.run(
            ["sh", "-c", command],
            env=environment,
            capture_output=True,
            timeout=60,
            check=True,
        )
    (asked,) = seen
    return command, asked


@CURL
@pytest.mark.parametrize("method", ["POST", "PATCH", "DELETE"])
def test_a_body_arrives_as_it_was(method: str) -> None:
    """No shell and no curl finds a meaning in it."""
    for body in (NASTY, "@/etc/hostname", "", "\0nul"):
        request = WireRequest(method, "/a?q=%27", {"Content-Type": "text/x"}, body=body)
        _, asked = sent(request)
        assert (asked.method, asked.path) == (method, "/a?q=%27")
        assert asked.body == body.encode()


@CURL
def test_bytes_that_are_no_text_arrive_too() -> None:
    """They are kept in base64."""
    _, asked = sent(WireRequest("PUT", "/a", body="//79", base64=True))
    assert asked.body == b"\xff\xfe\xfd"


@CURL
@pytest.mark.parametrize("path", ["/a/[1-3]{x}", "/a/../b", "/a/./b", "/%00'$x"])
def test_a_path_arrives_as_it_was(path: str) -> None:
    """Without curl's own patterns, and not shortened."""
    assert sent(WireRequest("GET", path))[1].path == path


@CURL
def test_head_does_not_wait_for_a_body() -> None:
    """curl has a word of its own for it."""
    assert sent(WireRequest("HEAD", "/a"))[1].method == "HEAD"


def test_a_secret_is_named_and_not_told() -> None:
    """By the variable that holds it, which the shell fills in."""
    request = WireRequest("GET", "/", secrets={"Authorization": "API_TOKEN"})
    assert '-H "Authorization: $API_TOKEN"' in as_curl(request, "http://a")


def test_a_header_is_one_word_to_the_shell() -> None:
    """Also an empty one; what every client sets by itself is left out."""
    request = WireRequest("GET", "/", {"X-A": "it's", "X-B": "", "Host": "old"})
    told = as_curl(request, "http://a")
    assert """-H 'X-A: it'"'"'s' -H 'X-B;'""" in told
    assert "Host" not in told


def test_an_idempotency_key_is_made_anew() -> None:
    """A used one would ask for the answer that was given then."""
    told = as_curl(WireRequest("POST", "/", {"Idempotency-Key": "used"}), "http://a")
    assert "used" not in told
    assert "$(uuidgen" in told
