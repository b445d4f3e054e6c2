"""Both arms start alike: what this run has not released itself is restarted."""

from dataclasses import replace

import pytest

from gate.actions import restart
from gate.actions.acting import Acting
from gate.actions.bind import bind
from gate.errors import PlatformRefused, PlatformUnavailable
from gate.ledger.records import ActionConfirmed, ActionIntended, CandidateBound
from tests_integration.gate.actions.conftest import PAIRED
from tests_unit.gate.fakes.town import Town

BOTH = ["restart baseline", "restart staging"]


def bound(town: Town, acting: Acting) -> None:
    """Bind what is on staging."""
    bind(acting, town.current_release("staging"), policy_digest="")


def told(acting: Acting) -> list[str]:
    """What the ledger says, in order."""
    said = []
    for record in acting.run.ledger.records(acting.run.run):
        match record:
            case ActionIntended() | ActionConfirmed():
                begun = isinstance(record, ActionIntended)
                said.append(f"{'will' if begun else 'did'} {record.deed} {record.app}")
            case CandidateBound():
                said.append("bound")
            case _:
                pytest.fail(str(record))
    return said


def test_what_was_there_already_is_restarted_before_anything_is_asked(
    town: Town, acting: Acting
) -> None:
    """Each with its intent before the request, and bound once both are fresh."""
    bound(town, acting)
    assert town.writes == BOTH
    assert told(acting) == [
        "will restart baseline",
        "will restart staging",
        "did restart staging",
        "did restart baseline",
        "bound",
    ]


def test_what_this_run_has_released_is_fresh_already(
    town: Town, acting: Acting
) -> None:
    """A slug that was put onto the baseline's app, a candidate that was deployed."""
    town.put("production", "newer")
    staging = town.current_release("staging")
    assert staging is not None
    with acting.run.deed("deploy", "staging", replaces="", puts="") as outcome:
        outcome.append(staging)
    bound(town, acting)
    assert town.writes == ["release newer on baseline"]


def test_what_another_run_has_released_is_not(town: Town, acting: Acting) -> None:
    """However recently: how long it served since then is not known."""
    bound(town, acting)
    bound(town, replace(acting, run=replace(acting.run, run="run-2")))
    assert town.writes == BOTH * 2


@pytest.mark.parametrize("baseline", ["", "production"])
def test_nothing_is_restarted_for_nobody_and_production_never(
    town: Town, acting: Acting, baseline: str
) -> None:
    """Without a baseline nothing is compared; with production as one, staging alone."""
    bound(town, replace(acting, premises=replace(PAIRED, baseline=baseline)))
    assert town.writes == (["restart staging"] if baseline else [])


def test_old_dynos_that_linger_are_waited_for(town: Town, acting: Acting) -> None:
    """The platform lists them as up for a while after it was asked."""
    town.lingers = 3
    bound(town, acting)
    assert town.lingers == 0
    assert told(acting)[-1] == "bound"


def test_old_dynos_that_stay_leave_nothing_to_compare(
    town: Town, acting: Acting, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It says what to look at; the intent stays open."""
    monkeypatch.setattr(restart, "SETTLE", 0.0)
    town.lingers = 1_000
    with pytest.raises(PlatformUnavailable, match="old dynos") as caught:
        bound(town, acting)
    assert "heroku ps" in caught.value.advice
    assert not any(said.startswith("did") for said in told(acting))


def test_a_restart_that_cannot_be_asked_for_ends_the_run(
    town: Town, acting: Acting
) -> None:
    """Refused, or without an answer: nothing was judged."""
    town.refuses = True
    with pytest.raises(PlatformRefused):
        bound(town, acting)
    town.refuses, town.loses = False, "the answer"
    with pytest.raises(PlatformUnavailable, match="answer"):
        bound(town, acting)
    assert "bound" not in told(acting)
