"""What the platform's JSON means, and what it must not do."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from gate.errors import PlatformUnavailable
from gate.heroku import decoding
from gate.heroku.decoding import decode
from gate.heroku.errors import WriteUnconfirmed
from gate.heroku.transport import Answer, Call
from gate.model.release import BuildStatus, ReleaseStatus

RELEASE: dict[str, Any] = {
    "id": "r1",
    "app": {"id": "a1", "name": "orders"},
    "version": 3,
    "created_at": "2026-11-01T12:00:00Z",
}
SHAPES: list[TypeAdapter[Any]] = [
    shape for shape in vars(decoding).values() if isinstance(shape, TypeAdapter)
]
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: (
        st.lists(inner)
        | st.dictionaries(
            st.sampled_from(["id", "name", "app", "status", "slug", "release"]), inner
        )
    ),
)


def answer(value: object, *, repeatable: bool = True) -> Answer:
    body = value if isinstance(value, bytes) else json.dumps(value).encode()
    call = Call("GET", "/x", repeatable=repeatable)
    return Answer(call, 200, {}, body, "their-id")


@given(st.sampled_from(SHAPES), values | st.binary())
def test_no_answer_is_a_traceback(shape: TypeAdapter[Any], value: object) -> None:
    """Any JSON, and what is none, is understood or told in words."""
    try:
        decode(shape, answer(value))
    except PlatformUnavailable as problem:
        assert "GET /x" in problem.what
        assert "their-id" in problem.why
        assert problem.why.isprintable()


def test_a_release_may_leave_out_what_old_ones_do() -> None:
    """No status means succeeded; no slug, nothing to roll back to."""
    wire = decode(decoding.RELEASE, answer(RELEASE))
    bare = wire.noun(current=False, slug=None)
    assert bare.status is ReleaseStatus.SUCCEEDED
    assert bare.slug is None
    assert not bare.eligible_for_rollback
    assert bare.description == ""
    assert wire.may_be_live
    assert not decode(decoding.RELEASE, answer({**RELEASE, "current": False})).current


@pytest.mark.parametrize(
    ("status", "slug", "eligible"),
    [
        ("succeeded", {"id": "s"}, True),
        (None, {"id": "s"}, True),
        ("failed", {"id": "s"}, False),
        ("pending", {"id": "s"}, False),
        ("expired", {"id": "s"}, False),
        ("succeeded", {"id": None}, False),
    ],
)
def test_unsaid_a_release_that_succeeded_can_be_rolled_back_to(
    status: str | None, slug: object, eligible: bool
) -> None:
    """The documented rule where the flag is missing; the flag wins where it is not."""
    told = {**RELEASE, "status": status, "slug": slug}
    unsaid = decode(decoding.RELEASE, answer(told))
    assert unsaid.noun(current=False, slug=None).eligible_for_rollback is eligible
    said = decode(
        decoding.RELEASE, answer({**told, "eligible_for_rollback": not eligible})
    )
    assert said.noun(current=False, slug=None).eligible_for_rollback is not eligible


@pytest.mark.parametrize("nothing", [None, {"id": None}, {}])
def test_a_build_under_way_has_no_slug_yet(nothing: object) -> None:
    """Null and an object of null mean the same."""
    build = decode(
        decoding.BUILD,
        answer(
            {
                "id": "b",
                "status": "pending",
                "output_stream_url": "https://example.com",
                "slug": nothing,
                "release": nothing,
            }
        ),
    ).noun()
    assert build.status is BuildStatus.PENDING
    assert build.slug_id is None
    assert build.release_id is None


def test_values_are_not_told() -> None:
    """Config vars hold secrets; only the name of a wrong one is shown."""
    with pytest.raises(PlatformUnavailable) as caught:
        decode(decoding.CONFIG_VARS, answer({"DATABASE_URL": ["sesame"]}))
    assert "DATABASE_URL" in str(caught.value)
    assert "sesame" not in str(caught.value)


def test_an_undocumented_status_is_not_guessed_at() -> None:
    """A state that the gate does not know is an answer it cannot act on."""
    with pytest.raises(PlatformUnavailable, match="status"):
        decode(decoding.RELEASE, answer({**RELEASE, "status": "paused"}))


def test_a_write_whose_answer_is_unreadable_was_accepted() -> None:
    """2xx and nonsense: the write may have happened."""
    with pytest.raises(WriteUnconfirmed):
        decode(decoding.APP, answer(b"", repeatable=False))
