"""Evidence: closed kinds, and bundles that hold one piece of each."""

import dataclasses
import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gate.model.evidence import (
    SUITES,
    BarrierEvidence,
    CaseRun,
    Category,
    ChangedLines,
    Completion,
    EvidenceBundle,
    MissedLines,
    Outcome,
)
from gate.model.plan import Plans
from tests_unit.gate.fakes.good_run import (
    BARRIER,
    EVIDENCE,
    FAILED,
    PASSED,
    SKIPPED,
    release,
    subject,
)


@given(st.permutations(EVIDENCE))
def test_a_bundle_does_not_depend_on_the_order_of_its_pieces(
    items: list[object],
) -> None:
    """Every kind finds its own place."""
    bundle = EvidenceBundle.of(items)  # type: ignore[arg-type]
    assert bundle == EvidenceBundle.of(EVIDENCE)
    for item in EVIDENCE:
        assert getattr(bundle, item.kind) is item


def test_a_later_piece_of_a_kind_replaces_an_earlier_one() -> None:
    """What was seen last counts."""
    later = BarrierEvidence("shop v13", False, "X-Release", "crashed")
    assert EvidenceBundle.of((BARRIER, later)).barrier is later


def test_an_empty_bundle_holds_nothing() -> None:
    """No piece of evidence is made up."""
    bundle = EvidenceBundle.of(())
    assert not any(getattr(bundle, f.name) for f in dataclasses.fields(bundle))


@pytest.mark.parametrize("piece", EVIDENCE, ids=lambda piece: piece.kind)
def test_evidence_does_not_change(piece: object) -> None:
    """Evidence is frozen, and has no room for more."""
    with pytest.raises(dataclasses.FrozenInstanceError):
        piece.kind = "other"  # type: ignore[attr-defined]
    assert not hasattr(piece, "__dict__")


def test_cases_are_told_apart_by_how_they_ended() -> None:
    """Passed, failed and skipped are three answers, none of them another."""
    run = CaseRun(Completion.COMPLETE, (PASSED, FAILED, SKIPPED))
    assert [run.having(outcome) for outcome in Outcome] == [
        (PASSED,),
        (FAILED,),
        (SKIPPED,),
    ]


@given(st.lists(st.lists(st.integers(1, 999), unique=True).map(tuple)))
def test_missed_lines_are_counted_over_all_files(lines: list[tuple[int, ...]]) -> None:
    """Nothing missed in one file makes up for lines missed in another."""
    missed = tuple(MissedLines(f"f{n}.py", each) for n, each in enumerate(lines))
    assert ChangedLines("b", 5000, missed).missed_count == sum(map(len, lines))


def test_each_suite_has_a_plan_and_evidence_has_none() -> None:
    """Evidence is what fails closed, not something that is run."""
    plans = Plans()
    assert len({type(plans.of(category)) for category in SUITES}) == len(SUITES)
    with pytest.raises(ValueError, match="evidence"):
        plans.of(Category.EVIDENCE)


def test_releases_are_called_what_people_call_them() -> None:
    """An app, and a version with a v; a subject knows both commits."""
    assert release("orders-staging", 12).name == "orders-staging v12"
    assert (subject().commit, subject().baseline_commit) == ("c" * 40, "b" * 40)
    assert subject(baseline=False).baseline_commit == ""
    no_slug = dataclasses.replace(release(), slug=None)
    assert dataclasses.replace(subject(), candidate=no_slug).commit == ""


def test_kinds_are_distinct() -> None:
    """No two pieces of evidence would lie in the same file."""
    kinds = [each.kind for each in EVIDENCE]
    assert all(a != b for a, b in itertools.combinations(kinds, 2))
