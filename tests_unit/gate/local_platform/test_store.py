"""State on disk."""

from pathlib import Path

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
