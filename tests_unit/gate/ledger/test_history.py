"""What the ledger and stored evidence tell of a slug's errors."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from gate.ledger.chronicle import now
from gate.ledger.evidence_files import write_evidence
from gate.ledger.history import error_history
from gate.ledger.records import ActionConfirmed, CandidateBound, EvidenceCollected
from gate.ledger.store import Ledger
from gate.model.evidence import LoadEvidence
from gate.model.release import Release
from gate.stats.events import Flow
from tests_unit.gate.fakes.good_run import RUN, release, subject

LIVE = release("shop-production", 7, "b" * 40)
CANDIDATE = release()
SCENARIO = "5" * 64


class Past:
    """A ledger and a folder of runs, written as the gatekeeper writes them."""

    def __init__(self, folder: Path) -> None:
        self.ledger = Ledger(folder / "ledger.db")
        self.runs = folder / "runs"

    def ran(
        self,
        run: str,
        *,
        failed: tuple[int, int],
        tried: int,
        trouble: str = "",
        scenario: str = SCENARIO,
    ) -> Path:
        """A run that loaded the candidate and the baseline; so many flows failed."""
        flows = tuple(
            Flow(float(n), n, 1, (), n < failed[0], n < failed[1]) for n in range(tried)
        )
        evidence = LoadEvidence(
            RUN, flows, paired=True, trouble=trouble, scenario=scenario
        )
        path, digest = write_evidence(self.runs / run / "evidence", evidence)
        bound = CandidateBound(run, now(), replace(subject(), run=run))
        self.ledger.append(bound)
        self.ledger.append(EvidenceCollected(run, now(), "load", str(path), digest))
        return path

    def of(self, baseline: Release | None) -> tuple[int, int] | None:
        """What it tells of a release."""
        return error_history(self.ledger, self.runs, baseline, SCENARIO)

    def promoted(self, run: str) -> None:
        """The run's candidate went to production."""
        made = ActionConfirmed(run, now(), "promote", "shop-production", "v8")
        self.ledger.append(made)


@pytest.fixture(name="past")
def empty_past(tmp_path: Path) -> Iterator[Past]:
    """A past in which nothing has happened."""
    past = Past(tmp_path)
    yield past
    past.ledger.close()


def test_of_nothing_nothing_is_known(past: Past) -> None:
    """Neither of the first release, nor of one that was never loaded."""
    assert past.of(None) is None
    assert past.of(LIVE) is None
    assert past.of(replace(LIVE, slug=None)) is None


def test_a_baseline_is_known_from_each_run_beside_it(past: Past) -> None:
    """Whatever became of the candidates."""
    past.ran("one", failed=(50, 1), tried=100)
    past.ran("two", failed=(0, 2), tried=200)
    assert past.of(LIVE) == (3, 300)


def test_a_candidate_is_known_once_it_was_promoted(past: Past) -> None:
    """One that was not promoted is not what runs in production."""
    past.ran("one", failed=(4, 0), tried=100)
    assert past.of(CANDIDATE) is None
    past.promoted("one")
    assert past.of(CANDIDATE) == (4, 100)


def test_only_whole_evidence_that_the_ledger_recorded_counts(past: Past) -> None:
    """Not what was changed since, is gone, or came of a run that broke off."""
    past.ran("sound", failed=(0, 0), tried=10)
    changed = past.ran("changed", failed=(0, 9), tried=10)
    changed.write_bytes(changed.read_bytes() + b"\n")
    past.ran("gone", failed=(0, 9), tried=10).unlink()
    past.ran("broken", failed=(0, 9), tried=10, trouble="cut short")
    assert past.of(LIVE) == (0, 10)


def test_neither_an_unwell_baseline_nor_another_scenario_excuses_a_failure(
    past: Past,
) -> None:
    """A baseline that fails often was not itself; other tasks fail in other ways."""
    past.ran("well", failed=(0, 1), tried=100)
    past.ran("unwell", failed=(0, 21), tried=100)
    past.ran("other", failed=(0, 9), tried=100, scenario="6" * 64)
    assert past.of(LIVE) == (1, 100)


def test_it_is_enough_at_some_point(
    past: Past, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The newest runs count first; old ones are not read for ever."""
    monkeypatch.setattr("gate.ledger.history.ENOUGH", 20)
    past.ran("old", failed=(0, 4), tried=20)
    past.ran("new", failed=(0, 0), tried=20)
    assert past.of(LIVE) == (0, 20)
