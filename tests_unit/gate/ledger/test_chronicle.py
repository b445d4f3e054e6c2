"""A run in the ledger: opened and closed, whatever breaks it off."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from gate.errors import (
    ExitCode,
    GateError,
    Held,
    PromotionFailed,
    Unresolved,
    UsageProblem,
)
from gate.ledger.chronicle import begun, going_on, opened
from gate.ledger.records import RunClosed, RunOpened, RunSuspended
from gate.ledger.store import Ledger
from gate.model.ending import Ending
from gate.model.premises import Premises
from tests_unit.gate.fakes.good_run import release

PREMISES = Premises("shop", "shop-staging", "shop-production")


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    """An empty ledger."""
    ledger = Ledger(tmp_path / "ledger.db")
    yield ledger
    ledger.close()


def endings(ledger: Ledger) -> list[tuple[int, str]]:
    """How the runs ended."""
    return [
        (record.exit_code, record.says)
        for record in ledger.records()
        if isinstance(record, RunClosed)
    ]


def test_a_run_is_open_until_it_is_closed(ledger: Ledger) -> None:
    """It is in the ledger before anything is done for it."""
    with opened(ledger, "promote", PREMISES, "c" * 40) as run:
        (record,) = ledger.records()
        assert isinstance(record, RunOpened)
        assert (record.command, record.commit) == ("promote", "c" * 40)
        assert ledger.open_runs() == (run.run,)
        run.close(Ending(run.run, ExitCode.PASSED, "promoted"))
    assert ledger.open_runs() == ()
    assert endings(ledger) == [(0, "promoted")]


@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        (UsageProblem("no Procfile"), ExitCode.USAGE, "no Procfile"),
        (KeyboardInterrupt(), ExitCode.INTERRUPTED, "nothing was promoted"),
        (RuntimeError("oh"), ExitCode.DEFECT, "RuntimeError: oh"),
    ],
)
def test_whatever_breaks_a_run_off_is_recorded_as_its_end(
    ledger: Ledger, error: BaseException, code: ExitCode, said: str
) -> None:
    """And goes on to whoever has to know."""
    with pytest.raises(type(error)), opened(ledger, "promote", PREMISES, "c"):
        raise error
    ((told_code, told),) = endings(ledger)
    assert told_code == code
    assert said in told


@pytest.mark.parametrize(
    "error", [KeyboardInterrupt(), RuntimeError("oh"), UsageProblem("no such app")]
)
@pytest.mark.parametrize("done", [True, False])
def test_what_may_have_changed_production_stays_open_whatever_breaks_it_off(
    ledger: Ledger, error: BaseException, done: bool
) -> None:
    """Done, or only intended: it is suspended with the reason, and it can be resumed."""
    with pytest.raises(Unresolved) as caught:  # noqa: SIM117
        with opened(ledger, "promote", PREMISES, "c") as run:
            with run.deed(
                "promote", "shop-production", replaces="v1", puts="v2"
            ) as outcome:
                if done:
                    outcome.append(release())
                else:
                    raise error
            raise error
    assert "gate resume" in caught.value.advice
    assert caught.value.__cause__ is error
    assert endings(ledger) == []
    assert ledger.open_runs() == (run.run,)
    last = list(ledger.records())[-1]
    assert isinstance(last, RunSuspended)
    assert last.exit_code == ExitCode.UNRESOLVED


@pytest.mark.parametrize("error", [Held("it does not serve"), PromotionFailed("no")])
def test_an_end_that_is_known_closes_the_run(ledger: Ledger, error: GateError) -> None:
    """Though something was promoted: there is nothing left to find out."""
    with pytest.raises(type(error)), opened(ledger, "promote", PREMISES, "c") as run:
        with run.deed("promote", "shop-production", replaces="v1", puts="v2") as out:
            out.append(release())
        raise error
    assert endings(ledger) == [(error.exit_code, str(error))]
    assert ledger.open_runs() == ()


def test_what_holds_in_production_is_recorded_with_the_end(ledger: Ledger) -> None:
    """It is looked at before the run is closed, and goes on with the error."""
    looked = []

    def look(error: BaseException) -> tuple[str, str]:
        looked.append(ledger.open_runs())
        return "held", "v2 is live; the watch: 3 crashes"

    run = begun(ledger, "promote", PREMISES, "c")
    with pytest.raises(Held) as caught, going_on(run, look):
        raise Held("it does not serve")
    assert looked == [(run.run,)]
    (closed,) = [r for r in ledger.records() if isinstance(r, RunClosed)]
    for told in (closed, caught.value):
        assert told.standing == "held"
        assert told.known == "v2 is live; the watch: 3 crashes"


def test_an_interrupt_goes_on_with_what_holds_in_production(ledger: Ledger) -> None:
    """So that whoever pressed the keys is told."""
    run = begun(ledger, "promote", PREMISES, "c")
    with (
        pytest.raises(KeyboardInterrupt) as caught,
        going_on(run, lambda _: ("the old release serves", "v2: it answers")),
    ):
        raise KeyboardInterrupt
    assert caught.value.__notes__ == [
        "production: the old release serves: v2: it answers"
    ]


def test_runs_have_names_of_their_own(ledger: Ledger) -> None:
    """Also two that begin in the same second."""
    names = set()
    for _ in range(20):
        with opened(ledger, "check", PREMISES, "") as run:
            names.add(run.run)
    assert len(names) == 20
    assert set(ledger.runs()) == names


def test_a_ledger_that_is_moved_away_in_between_is_no_reason_to_forget(
    ledger: Ledger, tmp_path: Path
) -> None:
    """What this process has written it knows: the run is to be resumed, not decided."""
    away = tmp_path / "elsewhere"
    with (
        pytest.raises(Unresolved, match="broken off"),
        opened(ledger, "promote", PREMISES, "c" * 40) as run,
        run.deed("promote", "shop-production", replaces="v1", puts="v2"),
    ):
        (tmp_path / "ledger.db").rename(away)
        run.warned("shop-production", ("it is still written to",))
    assert not (tmp_path / "ledger.db").exists()
    found = Ledger(away)
    assert found.open_runs() == (run.run,)
    found.close()
