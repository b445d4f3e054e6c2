"""State on disk."""

import json
import resource
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gate.errors import StateDamaged
from gate.local_platform import transitions
from gate.local_platform.store import Store


def test_state_is_read_back_as_it_was(tmp_path: Path) -> None:
    """Every kind, nested ones included."""
    store = Store.open(tmp_path / "state.json")
    transitions.create_app(store.state, "shop", 20_000, {"A": "1"})
    store.save()
    assert Store.open(tmp_path / "state.json").state == store.state


@pytest.mark.parametrize("keep", [0, 1, 20, -2])
def test_a_half_written_state_is_refused(tmp_path: Path, keep: int) -> None:
    """The message names the file, which is left as it is."""
    path = tmp_path / "state.json"
    Store.open(path)
    half = path.read_bytes()[:keep]
    path.write_bytes(half)
    with pytest.raises(StateDamaged, match=r"state\.json"):
        Store.open(path)
    assert path.read_bytes() == half


FOREIGN: dict[str, tuple[Callable[[dict[str, Any]], Any], str]] = {
    "newer": (lambda raw: raw | {"version": 2}, "of version 2"),
    "no object": (lambda raw: [raw], "not a JSON object"),
    "unknown field": (lambda raw: raw | {"colour": "red"}, "colour"),
    "unknown inner field": (
        lambda raw: raw | {"account": raw["account"] | {"age": 7}},
        r"account\.age",
    ),
    "an app without release": (lambda raw: raw | {"releases": {}}, "shop"),
    "somebody else's": (lambda _: {"name": "holiday"}, "account"),
}


@pytest.mark.parametrize("kind", FOREIGN)
def test_a_foreign_state_is_refused(tmp_path: Path, kind: str) -> None:
    """What this platform would misread or lose, it does not open; it says what."""
    path = tmp_path / "state.json"
    store = Store.open(path)
    transitions.create_app(store.state, "shop", 20_000, {})
    store.save()
    change, why = FOREIGN[kind]
    foreign = json.dumps(change(json.loads(path.read_text())))
    path.write_text(foreign)
    with pytest.raises(StateDamaged, match=why):
        Store.open(path)
    assert path.read_text() == foreign


def test_a_write_that_fails_leaves_memory_as_the_file_is(tmp_path: Path) -> None:
    """Nobody is told of a release that the next start would not know."""
    store = Store.open(tmp_path / "state.json")
    app = transitions.create_app(store.state, "shop", 20_000, {})
    store.save()
    transitions.add_release(store.state, app, None, {}, "lost", pending=False)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, hard))  # as on a full disk
    try:
        with pytest.raises(OSError, match="File too large"):
            store.save()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert [r.version for r in store.state.releases_of(app.id)] == [1, 2]
    assert Store.open(tmp_path / "state.json").state == store.state
    assert [path.name for path in tmp_path.iterdir()] == ["state.json"]
