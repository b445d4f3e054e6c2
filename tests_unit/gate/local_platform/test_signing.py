"""Addresses that cannot be guessed."""

from urllib.parse import parse_qsl

from hypothesis import given
from hypothesis import strategies as st

from gate.local_platform.signing import Signer


@given(st.text(max_size=20), st.text(max_size=20), st.text(max_size=20))
def test_a_signature_permits_what_it_was_made_for(
    purpose: str, id: str, other: str
) -> None:
    """And nothing else: no other purpose, no other thing, no other key."""
    signer = Signer("k" * 64)
    query = dict(parse_qsl(signer.query(purpose, id, 60)))
    assert signer.permits(purpose, id, **query)
    if other != id:
        assert not signer.permits(purpose, other, **query)
    if other != purpose:
        assert not signer.permits(other, id, **query)
    assert not Signer("j" * 64).permits(purpose, id, **query)


def test_what_is_no_address_of_ours_permits_nothing() -> None:
    """Whatever else it may be."""
    signer = Signer("k" * 64)
    assert not signer.permits("GET", "x", "9" * 5_000, "")
    assert signer.blob_id("http://[x", "GET") is None


def test_a_signature_ends() -> None:
    """Another expiry than the signed one is not accepted either."""
    signer = Signer("k" * 64)
    query = dict(parse_qsl(signer.query("GET", "x", 60)))
    query["expires"] = str(int(query["expires"]) + 1)
    assert not signer.permits("GET", "x", **query)
    assert not signer.permits("GET", "x", "1", signer._sign("GET", "x", 1))
