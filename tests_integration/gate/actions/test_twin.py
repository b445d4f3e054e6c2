"""The candidate beside itself: for a while, and then everything is as before."""

from dataclasses import replace

import pytest

from gate.actions.acting import Acting
from gate.actions.twin import twin
from gate.errors import PlatformUnavailable, UsageProblem
from gate.ledger.records import ActionConfirmed, ActionIntended
from gate.model.premises import Premises
from tests_unit.gate.fakes.town import Town


def served(town: Town, app: str) -> str:
    """The slug that an app serves."""
    live = town.current_release(app)
    return live.slug.id if live and live.slug else ""


@pytest.mark.parametrize("broken_off", [None, KeyboardInterrupt, PlatformUnavailable])
def test_the_baseline_app_serves_the_candidate_until_it_is_over(
    town: Town, acting: Acting, broken_off: type[BaseException] | None
) -> None:
    """However it ends, its own slug is put back; the ledger knows of each write."""
    try:
        with twin(acting) as subject:
            assert served(town, "baseline") == "new"
            assert subject.candidate == subject.baseline
            assert subject.control_app == "baseline"
            if broken_off is not None:
                raise broken_off("now")
    except (KeyboardInterrupt, PlatformUnavailable):
        assert broken_off is not None
    assert served(town, "baseline") == "old"
    assert served(town, "production") == "old"
    records = list(acting.run.ledger.records())
    assert [r.deed for r in records if isinstance(r, ActionIntended)] == [
        "align baseline",
        "restart",
        "align baseline",
    ]
    assert [type(r) for r in records] == [ActionIntended, ActionConfirmed] * 3


def test_nothing_is_released_where_both_serve_the_same_already(
    town: Town, acting: Acting
) -> None:
    """As right after a promotion: both are restarted, and that is all."""
    town.put("baseline", "new")
    with twin(acting):
        pass
    assert town.writes == ["restart baseline", "restart staging"]


def test_an_app_that_was_empty_keeps_what_it_got(town: Town, acting: Acting) -> None:
    """There is nothing to put back; the next run aligns it before it asks."""
    town.apps["baseline"].clear()
    with twin(acting):
        pass
    assert served(town, "baseline") == "new"


def test_without_a_second_app_or_a_candidate_there_is_no_twin(
    town: Town, acting: Acting
) -> None:
    """It says what to do, and nothing was written."""
    alone = replace(acting, premises=Premises("shop", "staging", "production"))
    with pytest.raises(UsageProblem) as caught, twin(alone):
        pass
    assert "baseline =" in caught.value.advice
    town.apps["staging"].clear()
    with pytest.raises(UsageProblem) as caught, twin(acting):
        pass
    assert "gate deploy" in caught.value.advice
    assert town.writes == []
