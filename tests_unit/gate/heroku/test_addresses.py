"""Paths, and addresses that the gate is willing to talk to."""

from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gate.errors import GateError, UsageProblem
from gate.heroku.addresses import base_address, handed_address, is_loopback, path


@given(st.lists(st.text(min_size=1), min_size=1))
def test_a_segment_stays_a_segment(segments: list[str]) -> None:
    """Whatever a name holds, the path has as many segments as were given."""
    try:
        parts = path(*segments).split("/")
    except UsageProblem:
        assert not all(s.isprintable() for s in segments) or {".", ".."} & {*segments}
        return
    assert [unquote(part) for part in parts] == ["", *segments]


@pytest.mark.parametrize("segment", ["", ".", "..", "a\n", "\udcff"])
def test_a_segment_that_moves_is_refused(segment: str) -> None:
    """Servers and clients resolve dots, so they cannot be a name."""
    with pytest.raises(UsageProblem):
        path("apps", segment)


@given(st.text())
def test_any_text_is_an_address_or_a_usage_problem(text: str) -> None:
    """Nothing but https or this machine gets through, and nothing crashes."""
    try:
        address = base_address(text)
    except UsageProblem:
        return
    assert address.lower().strip().startswith("https:") or is_loopback(address)


@pytest.mark.parametrize(
    ("base", "url", "fit"),
    [
        ("https://api.example.com", "https://logs.example.com/x?sig=1", True),
        ("https://api.example.com", "http://logs.example.com/x", False),
        ("https://api.example.com", "http://127.0.0.1:9/x", False),
        ("https://api.example.com", "https://localhost/x", False),
        ("http://127.0.0.1:5", "http://127.0.0.1:9/x", True),
        ("http://127.0.0.1:5", "http://[::1]:9/x", True),
        ("http://127.0.0.1:5", "http://169.254.169.254/x", False),
    ],
)
def test_an_address_handed_out_must_be_as_safe_as_the_platforms(
    base: str, url: str, fit: bool
) -> None:
    """Private on the way, and on this machine only for a platform on it."""
    if fit:
        assert handed_address(url, call="GET x", base_url=base) == url
    else:
        with pytest.raises(GateError):
            handed_address(url, call="GET x", base_url=base)
