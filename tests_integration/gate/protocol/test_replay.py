"""What the in-memory model says of Heroku, a real platform does as well.

Histories in which requests fare badly, a colleague acts and the gate is killed: the same
gate makes the same releases of both, and ends alike.
"""

from collections.abc import Iterator

import pytest

from tests_integration.gate.protocol.histories import (
    LETTERS,
    History,
    as_it_is,
    as_modelled,
)
from tests_integration.gate.protocol.world import World


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A real platform with the slugs that the model has."""
    with World.made(tmp_path_factory.mktemp("platform"), LETTERS) as made:
        yield made


@pytest.mark.parametrize("seed", range(10))
def test_a_history_of_the_model_is_one_of_a_real_platform(
    world: World, seed: int
) -> None:
    """Versions, slugs, status and what is current, on production and on staging."""
    history = History.drawn(seed)
    assert as_it_is(history, world) == as_modelled(history)
