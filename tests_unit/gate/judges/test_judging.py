"""All judges together: fail closed, and the same verdict next year."""

import itertools
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gate.judges import judge, judge_category
from gate.ledger.evidence_files import read_evidence, write_evidence
from gate.model.evidence import (
    SUITES,
    AppLog,
    BarrierEvidence,
    Case,
    CaseRun,
    Category,
    Completion,
    EvidenceBundle,
    LiveBreak,
    Outcome,
)
from gate.model.exchange import WireAnswer, WireRequest
from gate.model.rollback import WayBack
from gate.model.verdict import Action, Result
from tests_unit.gate.fakes.good_run import (
    ASKED,
    BARRIER,
    BUNDLE,
    CONTRACT,
    EVIDENCE,
    HEALTH,
    INTEGRATION,
    LIMITS,
    LOAD,
    PASSED,
    PLATFORM,
    POLICY,
    ROLLBACK,
    UNIT,
    document,
    flows,
    probes,
    subject,
)

SLOW = flows(3.0)
PIECES = [field.name for field in fields(EvidenceBundle)]


def action_on(bundle: EvidenceBundle) -> Action:
    """The answer under a policy that rolls back for three categories."""
    return judge(subject(), bundle, POLICY, ASKED).action


def test_a_release_that_nothing_speaks_against_is_promoted() -> None:
    """All evidence is there and good: promote, with something seen in each row."""
    verdict = judge(subject(), BUNDLE, POLICY, ASKED)
    assert verdict.action is Action.PROMOTE
    assert verdict.release == "shop-staging v12"
    assert [row.category for row in verdict.rows] == list(ASKED)
    assert all(row.result is Result.PASSED and row.seen for row in verdict.rows)


def test_no_part_of_good_evidence_is_enough() -> None:
    """Whichever pieces are taken away from good evidence, the answer is block.

    Never promote, for something is not known; never roll back, for nothing was seen.
    """
    for size in range(1, len(PIECES) + 1):
        for gone in itertools.combinations(PIECES, size):
            less = replace(BUNDLE, **dict.fromkeys(gone))
            assert action_on(less) is Action.BLOCK, gone


SPOILED: dict[str, tuple[Any, ...]] = {
    "barrier": (
        replace(BARRIER, serves=False),
        replace(BARRIER, serves=False, asked=False),
    ),
    "health": (replace(HEALTH, probes=probes(10, 10)),),
    "unit": (replace(UNIT, run=CaseRun(Completion.COMPLETE)),),
    "contract": (replace(CONTRACT, new_document="<html>"),),
    "integration": (replace(INTEGRATION, run=CaseRun(Completion.TIMED_OUT)),),
    "load": (
        replace(LOAD, events=SLOW),
        replace(LOAD, trouble="it ended: signal"),
    ),
    "platform": (
        replace(PLATFORM, candidate=AppLog("shop", crashes=("web.1: crashed",))),
    ),
    "rollback": (
        replace(ROLLBACK, plan=replace(ROLLBACK.plan, slug="", way=WayBack.UNSAFE)),
        replace(ROLLBACK, calls_for=("Procfile",)),
    ),
}
ANY_BUNDLE = st.builds(
    EvidenceBundle,
    **{
        name: st.sampled_from((None, getattr(BUNDLE, name), *SPOILED[name]))
        for name in PIECES
    },
)


@given(ANY_BUNDLE, st.sets(st.sampled_from(PIECES)))
def test_taking_evidence_away_never_leads_to_promotion(
    bundle: EvidenceBundle, gone: set[str]
) -> None:
    """From any evidence, good or bad, less of it never turns no into yes."""
    less = replace(bundle, **dict.fromkeys(gone))
    assert (action_on(less) is Action.PROMOTE) == (less == BUNDLE)


@pytest.mark.parametrize(
    ("piece", "spoiled"),
    [(name, each) for name, several in SPOILED.items() for each in several],
)
def test_one_spoiled_piece_is_enough(piece: str, spoiled: Any) -> None:
    """The other categories' passes do not outweigh it."""
    assert action_on(replace(BUNDLE, **{piece: spoiled})) > Action.PROMOTE


HOLLOW: dict[str, dict[str, Any]] = {
    "no probes": {"health": replace(HEALTH, probes=())},
    "no unit test": {"unit": replace(UNIT, run=CaseRun(Completion.COMPLETE))},
    "no candidate document": {"contract": replace(CONTRACT, new_document=None)},
    "no integration test": {
        "integration": replace(INTEGRATION, run=CaseRun(Completion.COMPLETE))
    },
    "no load flow": {"load": replace(LOAD, events=())},
    "no request of an old consumer": {"contract": replace(CONTRACT, exercises=())},
    "hardly a load flow": {"load": replace(LOAD, events=LOAD.events[:80])},
    "no baseline beside the load": {"load": replace(LOAD, paired=False)},
    "a load flow that was lost": {
        "load": replace(LOAD, events=(*LOAD.events[:100], *LOAD.events[105:]))
    },
    "a log that lost lines": {
        "platform": replace(
            PLATFORM, candidate=AppLog("shop", lost="the session lost lines")
        )
    },
    "changed lines never measured": {"unit": replace(UNIT, changed=None)},
    "a baseline without a document": {"contract": replace(CONTRACT, old_document=None)},
}


@pytest.mark.parametrize("what", HOLLOW)
def test_hollow_evidence_is_no_evidence(what: str) -> None:
    """A piece that is there but holds nothing blocks, as one that is not there."""
    assert action_on(replace(BUNDLE, **HOLLOW[what])) is not Action.PROMOTE


def test_a_candidate_that_does_not_serve_is_judged_by_its_health_alone() -> None:
    """Suites that could not ask it are told as not run, and are no regressions."""
    down = BarrierEvidence("shop v12", False, "platform only", "web.1 is crashed")
    verdict = judge(subject(), EvidenceBundle(barrier=down, unit=UNIT), POLICY)
    results = {row.category: row.result for row in verdict.rows}
    assert results == {
        Category.HEALTH: Result.FAILED,
        Category.UNIT: Result.PASSED,
        Category.CONTRACT: Result.NOT_RUN,
        Category.INTEGRATION: Result.NOT_RUN,
        Category.LOAD: Result.NOT_RUN,
    }
    assert verdict.action is Action.ROLL_BACK
    regressions = [f for f in verdict.because if f.category is not Category.EVIDENCE]
    assert [f.rule for f in regressions] == ["health/release-does-not-serve"]


@pytest.mark.parametrize("completion", [Completion.CRASHED, Completion.TIMED_OUT])
@pytest.mark.parametrize("category", SUITES)
def test_a_broken_suite_is_not_a_bad_release(
    category: Category, completion: Completion
) -> None:
    """A suite that did not come to its end blocks, and never rolls back."""
    piece = getattr(BUNDLE, category.value)
    run = CaseRun(completion, (PASSED,), "exit code 3")
    bundle = replace(BUNDLE, **{category.value: replace(piece, run=run)})
    assert action_on(bundle) is Action.BLOCK
    judgement = judge_category(category, bundle, LIMITS)
    assert judgement.result is Result.INSUFFICIENT
    (finding,) = judgement.findings
    assert finding.rule == "evidence/suite-broken"
    assert finding.about is category
    assert finding.example == "exit code 3"


@pytest.mark.parametrize("category", SUITES)
def test_a_red_test_is_named_with_how_to_run_it(category: Category) -> None:
    """In any suite; what it says is cut to the lines that pytest marks with E."""
    red = Case("tests/t.py::test_x", Outcome.FAILED, "def test():\nE   5 is not 6\n")
    run = CaseRun(Completion.COMPLETE, (PASSED, red))
    piece = replace(getattr(BUNDLE, category.value), run=run)
    bundle = replace(BUNDLE, **{category.value: piece})
    judgement = judge_category(category, bundle, LIMITS)
    assert judgement.result is Result.FAILED
    (finding,) = judgement.findings
    assert finding.rule == f"{category}/test-failed"
    assert finding.example == "5 is not 6"
    assert "pytest" in finding.reproduce
    assert "'tests/t.py::test_x'" in finding.reproduce


@pytest.mark.parametrize(
    "category", [Category.HEALTH, Category.CONTRACT, Category.LOAD]
)
def test_a_test_that_only_measures_is_judged_by_its_measurement(
    category: Category,
) -> None:
    """A red measuring test says nothing of its own: the numbers do."""
    red = Case("gate::x", Outcome.FAILED, "slower", measured=True)
    piece = replace(
        getattr(BUNDLE, category.value), run=CaseRun(Completion.COMPLETE, (red,))
    )
    bundle = replace(BUNDLE, **{category.value: piece})
    assert judge_category(category, bundle, LIMITS).result is Result.PASSED


def test_the_category_evidence_is_judged_within_the_others() -> None:
    """There is no suite by that name."""
    with pytest.raises(ValueError, match="within the other"):
        judge_category(Category.EVIDENCE, BUNDLE, LIMITS)


def test_every_finding_has_a_stable_rule_of_its_category() -> None:
    """Rules read category/what-is-wrong; wanting evidence names whom it is about."""
    asked, answered = WireRequest("GET", "/orders"), WireAnswer(500)
    broken = LiveBreak("GET /orders", "not_a_server_error", "500", asked, answered)
    breaks = (replace(broken, on_baseline=False),)
    worst = replace(
        BUNDLE,
        contract=replace(CONTRACT, new_document=document(responses={}), breaks=breaks),
        **{name: SPOILED[name][0] for name in PIECES if name != "contract"},
    )
    found = judge(subject(), worst, POLICY, ASKED).because
    assert len(found) > 5
    for finding in found:
        category, _, words = finding.rule.partition("/")
        assert category == finding.category
        assert words == words.lower().strip("-")
        assert " " not in words
        assert finding.summary
        assert (finding.about is not None) == (finding.category is Category.EVIDENCE)


@settings(max_examples=25, deadline=None)
@given(ANY_BUNDLE)
def test_evidence_read_back_from_disk_gives_the_same_verdict(
    tmp_path_factory: pytest.TempPathFactory, bundle: EvidenceBundle
) -> None:
    """A verdict can be replayed from the files: nothing else went into it."""
    folder: Path = tmp_path_factory.mktemp("evidence")
    pieces = [getattr(bundle, name) for name in PIECES]
    again = EvidenceBundle.of(
        read_evidence(write_evidence(folder, piece)[0])
        for piece in pieces
        if piece is not None
    )
    assert again == bundle
    verdicts = [judge(subject(), each, POLICY, ASKED) for each in (again, bundle)]
    assert verdicts[0] == verdicts[1]


@given(st.permutations(EVIDENCE))
def test_the_order_of_collection_does_not_matter(items: list[object]) -> None:
    """Suites end in any order; what is judged is the same."""
    assert EvidenceBundle.of(items) == BUNDLE  # type: ignore[arg-type]
