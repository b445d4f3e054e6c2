"""The Procfile."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gate.local_platform.building.procfile import ProcfileError, parse


def test_types_and_commands_are_read_in_order() -> None:
    """Commands may contain colons; comments and empty lines do not count."""
    text = "# ours\n\nweb: gunicorn a:b --bind :$PORT \nrelease:   ./migrate\n"
    assert parse(text) == {"web": "gunicorn a:b --bind :$PORT", "release": "./migrate"}


@pytest.mark.parametrize("text", ["", "# nothing", "web", "web:", "a: b\na: c"])
def test_a_procfile_that_starts_nothing_is_refused(text: str) -> None:
    """Empty, unreadable and ambiguous ones."""
    with pytest.raises(ProcfileError):
        parse(text)


def test_line_ends_and_marks_of_windows_do_not_matter() -> None:
    """As editors there write them."""
    text = "\ufeffweb: run it\r\n# a remark\r\nworker: ./work\r\n"
    assert parse(text) == {"web": "run it", "worker": "./work"}


@given(st.text(max_size=200))
def test_any_text_is_read_or_refused(text: str) -> None:
    """And what is read has names and commands."""
    try:
        types = parse(text)
    except ProcfileError:
        return
    assert types and all(kind and command for kind, command in types.items())
