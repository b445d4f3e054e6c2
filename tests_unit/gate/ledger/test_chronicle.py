"""A run in the ledger: opened and closed, whatever breaks it off."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from gate.errors import ExitCode, UsageProblem
from gate.ledger.chronicle import opened
from gate.ledger.records import RunClosed, RunOpened
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


@pytest.mark.parametrize(("done", "said"), [(True, "was done"), (False, "may have")])
def test_an_interruption_says_what_it_leaves_behind(
    ledger: Ledger, done: bool, said: str
) -> None:
    """Asked of the ledger: a promotion that was only intended may have been done."""
    with pytest.raises(KeyboardInterrupt):  # noqa: SIM117
        with opened(ledger, "promote", PREMISES, "c") as run:
            with run.deed(
                "promote", "shop-production", replaces="v1", puts="v2"
            ) as outcome:
                if done:
                    outcome.append(release())
                else:
                    raise KeyboardInterrupt
            raise KeyboardInterrupt
    ((_, told),) = endings(ledger)
    assert "promote on shop-production" in told
    assert said in told


def test_runs_have_names_of_their_own(ledger: Ledger) -> None:
    """Also two that begin in the same second."""
    names = set()
    for _ in range(20):
        with opened(ledger, "check", PREMISES, "") as run:
            names.add(run.run)
    assert len(names) == 20
    assert set(ledger.runs()) == names
