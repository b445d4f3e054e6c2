"""What a gate without a ledger finds out from production's releases alone."""

from collections.abc import Callable

import pytest

from gate.errors import ExitCode
from gate.model.ending import Ending, Standing
from tests_unit.gate.protocol.estate import COLLEAGUE, FATES, PRODUCTION, STAGING
from tests_unit.gate.protocol.port import Fault, Port
from tests_unit.gate.protocol.world import Scenario, World

KEPT = Scenario("kept", staging="CB")
TAKEN_BACK = Scenario("taken back", staging="CB", bad="B")


def looked(world: World) -> Ending:
    """What is told by a gate that finds no run; it writes nothing, nowhere."""
    sent, records = len(world.heroku.sent), list(world.rows)
    ending = world.gate(Port()).look()
    assert len(world.heroku.sent) == sent
    assert world.rows == records
    return ending


def promoted(scenario: Scenario = KEPT) -> World:
    """A promotion that came to its end, and is in the ledger."""
    world = World(scenario)
    world.process("promote", None)
    return world


def put(letter: str, said: str) -> Callable[[World], None]:
    """Somebody has something released to production."""

    def done(world: World) -> None:
        world.heroku.put(
            PRODUCTION, letter, by=COLLEAGUE, kind="hand", description=said
        )

    return done


def test_where_nothing_was_promoted_the_old_release_serves() -> None:
    """It is asked, and named."""
    ending = looked(World(KEPT))
    assert (ending.exit_code, ending.standing) == (0, Standing.OLD_SERVES)
    assert f"{PRODUCTION} v2" in ending.known


def test_an_empty_production_is_told_as_that() -> None:
    """There is nothing that could serve."""
    ending = looked(World(Scenario("first", production="")))
    assert (ending.exit_code, ending.known) == (0, "production has no release yet")


@pytest.mark.parametrize("scenario", [KEPT, TAKEN_BACK], ids=lambda each: each.name)
def test_wherever_a_gate_died_its_lost_ledger_is_not_made_up_for(
    scenario: Scenario,
) -> None:
    """A promotion that nobody knows to be judged is held; all else serves as it did."""
    held = served = 0
    for number in range(1, len(promoted(scenario).effects) + 1):
        world = World(scenario)
        world.process("promote", Fault(number))
        world.rows.clear()
        ending = looked(world)
        if world.moment().live == "B":
            held += 1
            assert (ending.exit_code, ending.standing) == (22, Standing.HELD)
            assert f"--replacing v{world.moment().version} --to v2" in ending.advice
            assert "python -m gate rollback --plan" in ending.advice
            assert "python -m gate check" in ending.advice
            assert f"{STAGING} v" in ending.says
        else:
            served += 1
            assert (ending.exit_code, ending.standing) == (0, Standing.OLD_SERVES)
    assert held > 0
    assert served > held


def test_a_rollback_of_the_gate_is_known_by_its_mark() -> None:
    """Also beneath a config change, which releases the same slug once more."""
    world = promoted(TAKEN_BACK)
    run = world.told[-1].run
    world.rows.clear()
    for _ in range(2):
        ending = looked(world)
        assert (ending.exit_code, ending.standing) == (0, Standing.OLD_SERVES)
        assert f"put back in place of v3 by run {run}" in ending.known
        world.heroku.colleague("configures")


def test_a_promotion_under_way_is_waited_for() -> None:
    """What it is shows when its release command has ended."""
    world = World(Scenario("slow", staging="CB", promote=FATES["slow"]))
    pending = next(
        number
        for number, effect in enumerate(promoted(world.scenario).effects, 1)
        if effect.name == "promote"
    )
    world.process("promote", Fault(pending + 1))
    assert world.moment().live == "A"
    world.rows.clear()
    assert looked(world).exit_code == ExitCode.HELD
    assert world.moment().live == "B"


@pytest.mark.parametrize(
    ("act", "code"),
    [
        (put("B", "Promote shop-staging v2 1a2b3c4d"), ExitCode.HELD),
        (put("B", "of the same slug, by hand"), ExitCode.HELD),
        (put("Z", "Promote another-staging v9 1a2b3c4d"), ExitCode.HELD),
        (put("F", "Deploy 1a2b3c4d"), ExitCode.PASSED),
        (put("O", "Rollback to v1"), ExitCode.PASSED),
    ],
    ids=["promoted", "its slug", "from elsewhere", "deployed", "rolled back"],
)
def test_what_somebody_else_released_is_held_only_where_it_is_a_promotion(
    act: Callable[[World], None], code: ExitCode
) -> None:
    """By its slug, which staging had before, or by what the platform says."""
    world = World(KEPT)
    act(world)
    assert looked(world).exit_code == code


def test_a_slug_that_comes_back_is_no_promotion() -> None:
    """Though staging had it as well, when the old release was rehearsed there."""
    world = World(Scenario("rehearsed", staging="AB", production="AF"))
    put("A", "Rollback to v1")(world)
    assert looked(world).standing is Standing.OLD_SERVES


def test_what_a_ledger_knows_is_believed_before_the_releases() -> None:
    """The run that judged and watched it is named."""
    world = promoted()
    ending = looked(world)
    assert (ending.exit_code, ending.standing) == (0, Standing.NEW_SERVES)
    assert f"judged and watched by run {world.told[-1].run}" in ending.known


def test_a_release_that_a_run_was_held_with_stays_held() -> None:
    """Until it is replaced: nobody has said that it may stay."""
    world = promoted(Scenario("first, bad", production="", bad="B"))
    assert world.told[-1].code is ExitCode.HELD
    ending = looked(world)
    assert (ending.exit_code, ending.standing) == (22, Standing.HELD)
    assert world.told[-1].run in ending.says


def test_what_does_not_serve_or_cannot_be_asked_is_held() -> None:
    """The two are told apart by their exit codes: 22 and 69."""
    world = World(KEPT)
    gate = world.gate(Port())
    gate.examiner.dead = "A"
    assert gate.look().exit_code is ExitCode.HELD
    world.heroku.silence(3600)
    ending = gate.look()
    assert ending.exit_code is ExitCode.UNAVAILABLE
    assert ending.standing is Standing.HELD
