"""Pages of a list by the Range header."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gate.local_platform.api.problems import Problem
from gate.local_platform.api.ranges import page, parse

KEYS = {"version": lambda number: number, "id": lambda number: f"{number:08}"}
ASKED = ("version", "id")


@given(
    st.sets(st.integers(1, 10_000), max_size=60),
    st.sampled_from(ASKED),
    st.integers(1, 20),
    st.sampled_from(["asc", "desc"]),
)
def test_following_next_range_shows_everything_once(
    numbers: set[int], attribute: str, limit: int, order: str
) -> None:
    """In the asked order, in pages no longer than asked, 206 until the last."""
    header = f"{attribute} ..; max={limit}, order={order}"
    seen: list[int] = []
    while header:
        found = page(sorted(numbers), KEYS, header)
        assert len(found.items) <= limit
        header = found.headers.get("Next-Range", "")
        assert found.status == (206 if header else 200)
        seen += found.items
    assert seen == sorted(numbers, reverse=order == "desc")


@given(st.lists(st.integers(0, 3), max_size=40), st.integers(1, 9), st.booleans())
def test_values_that_several_items_share_lose_none_of_them(
    seconds: list[int], limit: int, descends: bool
) -> None:
    """Apps of the same second, across the end of a page."""
    items = list(enumerate(seconds))
    keys = {"updated_at": lambda item: f"2026-0{item[1]}", "id": lambda item: item[0]}
    header = f"updated_at ..; max={limit}" + (", order=desc" if descends else "")
    seen: list[tuple[int, int]] = []
    while header:
        found = page(items, keys, header)
        assert len(found.items) <= limit
        header = found.headers.get("Next-Range", "")
        seen += found.items
    assert sorted(seen) == items
    assert [item[1] for item in seen] == sorted(seconds, reverse=descends)


@pytest.mark.parametrize(
    "header",
    [
        "version ..; max=15, order=desc",
        "version ..; order=desc,max=15",
        "version ..;order=desc;max=15;",
        " version  .. ; max = 15 ; order = desc ",
    ],
)
def test_all_spellings_that_clients_send_mean_the_same(header: str) -> None:
    """Separators, spaces and the order of the parameters do not matter."""
    asked = parse(header, ASKED)
    assert (asked.attribute, asked.max, asked.order) == ("version", 15, "desc")


@pytest.mark.parametrize(
    ("header", "found"),
    [
        ("version 3..5", [3, 4, 5]),
        ("version ]3..5[", [4]),
        ("version 8..", [8, 9]),
        ("version ]5..2[; order=desc", [4, 3]),
    ],
)
def test_bounds_are_inclusive_unless_bracketed(header: str, found: list[int]) -> None:
    """As documented: `]` before the start, `[` after the end."""
    assert page(range(1, 10), KEYS, header).items == found


@given(st.text(max_size=40))
def test_any_header_is_read_or_refused(header: str) -> None:
    """Never a crash: a page, or 416."""
    try:
        page(range(3), KEYS, header)
    except Problem as problem:
        assert problem.status == 416
