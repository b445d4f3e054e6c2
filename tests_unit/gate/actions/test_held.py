"""What ended held is named until it is dealt with, by a person or by a later run."""

from collections.abc import Callable

import pytest

from gate.errors import ExitCode, UsageProblem
from gate.gatekeeper import Gatekeeper
from gate.ledger.records import HoldAcknowledged
from gate.model.ending import Standing
from gate.model.rollback import Consent
from tests_unit.gate.protocol.estate import COLLEAGUE, PRODUCTION, commit
from tests_unit.gate.protocol.examiner import Looker
from tests_unit.gate.protocol.port import Port
from tests_unit.gate.protocol.world import Scenario, World

ADA = Consent("Ada", "F is a correction of mine")
BAD = Scenario("first, bad", staging="CB", production="", bad="B")


def held(*since: str) -> World:
    """The first promotion was bad; a colleague has released *since*."""
    world = World(BAD)
    world.process("promote", None)
    assert world.told[-1].code is ExitCode.HELD
    for letter in since:
        world.heroku.put(PRODUCTION, letter, by=COLLEAGUE, kind="hand")
    return world


def gate_of(world: World) -> Gatekeeper[Looker]:
    """A later process."""
    return world.gate(Port())


def test_it_is_named_with_what_it_knew_and_nothing_is_written() -> None:
    """Though what production serves by now is well."""
    world = held("F")
    before = list(world.rows)
    (ending,) = gate_of(world).held()
    assert (ending.exit_code, ending.standing) == (ExitCode.HELD, Standing.HELD)
    assert ending.run == world.rows[0].run
    assert ending.says.startswith("held since 20")
    assert "production had no good release before it" in ending.says
    assert f"{PRODUCTION} v1 is live" in ending.known
    assert "gate resume --acknowledge" in ending.advice
    assert gate_of(world).look().exit_code is ExitCode.PASSED
    assert world.rows == before


def test_a_person_has_seen_it_once_and_it_is_recorded() -> None:
    """With name and reason; then there is no hold any more that one could mean."""
    world = held("F")
    (ending,) = gate_of(world).held()
    gate_of(world).acknowledge(ADA)
    last = world.rows[-1]
    assert isinstance(last, HoldAcknowledged)
    assert (last.run, last.name, last.reason) == (ending.run, ADA.name, ADA.reason)
    assert gate_of(world).held() == ()
    with pytest.raises(UsageProblem, match="no hold"):
        gate_of(world).acknowledge(ADA)
    assert world.rows[-1] is last


def test_to_have_seen_it_is_no_leave_for_a_bad_release_to_stay() -> None:
    """What production serves is looked at as ever: it was held with that very release."""
    world = held()
    gate_of(world).acknowledge(ADA)
    ending = gate_of(world).look()
    assert (ending.exit_code, ending.standing) == (ExitCode.HELD, Standing.HELD)
    assert "did not end well with it" in ending.says


def kept(world: World) -> None:
    """What was corrected is promoted, and it is good."""
    assert gate_of(world).promote(commit("D")).exit_code is ExitCode.PASSED


def put_back(world: World) -> None:
    """A person has the release before restored."""
    ending = gate_of(world).roll_back(PRODUCTION, replacing=3, target=2)
    assert ending.exit_code is ExitCode.PASSED


@pytest.mark.parametrize("act", [kept, put_back])
def test_a_later_run_that_ends_well_in_production_deals_with_it(
    act: Callable[[World], None],
) -> None:
    """It is not hindered by the hold."""
    world = held("F", "G")
    act(world)
    assert gate_of(world).held() == ()
