"""Contract: what is declared, what old consumers met, and the two joined."""

import json
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gate.judges.contract import judge_contract
from gate.judges.grading import change_id
from gate.model.evidence import (
    Category,
    ContractEvidence,
    Exercise,
    LiveBreak,
    Shown,
    Trial,
)
from gate.model.exchange import WireAnswer, WireRequest
from gate.model.plan import Acceptance, ContractPlan
from gate.model.policy import Limits
from gate.model.verdict import Finding, Judgement, Result
from gate.openapi import compare, parse
from tests_unit.gate.fakes.anything import any_of
from tests_unit.gate.fakes.good_run import CONTRACT, document

URL = "http://candidate.example"
ITEMS = "/paths/~1orders/get/responses/200/content/application~1json/schema/items"
CONFIRMED, DECLARED = "declared and confirmed", "declared only"
OBSERVED = "undeclared but observed"
ASKED = [{"name": "q", "in": "query", "required": True, "schema": {"type": "string"}}]


def answers(**properties: Any) -> str:
    """A document whose orders have these properties, all of them required."""
    item = {
        "type": "object",
        "properties": properties,
        "required": sorted(properties),
    }
    content = {"application/json": {"schema": {"type": "array", "items": item}}}
    return document(responses={"200": {"description": "orders", "content": content}})


FIELD_GONE = answers(id={"type": "integer"})
NEEDS_MORE = document(parameters=ASKED)


def judged(plan: ContractPlan | None = None, **changes: Any) -> Judgement:
    """The judgement on evidence in which all is well but for *changes*."""
    limits = Limits(contract=plan or ContractPlan())
    return judge_contract(replace(CONTRACT, **changes), limits, serves=True, url=URL)


def rules(judgement: Judgement) -> list[str]:
    """The rules that speak against it."""
    return [finding.rule for finding in judgement.findings]


def standings(judgement: Judgement) -> list[tuple[str, str]]:
    """The rules that speak against it, each with how it is known."""
    return [(finding.rule, finding.standing) for finding in judgement.findings]


def went_wrong(check: str, *, on_baseline: bool | None, **more: Any) -> LiveBreak:
    """An old consumer's request that went wrong on the candidate."""
    return LiveBreak(
        operation="GET /orders",
        check=check,
        message="it says no",
        request=WireRequest("GET", "/orders?q=it's"),
        candidate=WireAnswer(400, "application/json", '{"title": "no"}'),
        baseline=WireAnswer(200, "application/json", "[]"),
        on_baseline=on_baseline,
        **more,
    )


def lost_total(**more: Any) -> LiveBreak:
    """An answer without the total of an order, which production's document promises."""
    seen = went_wrong(
        "response_schema_conformance",
        on_baseline=False,
        violated=(f"{ITEMS}/required",),
        **more,
    )
    return replace(seen, candidate=WireAnswer(200, "application/json", '[{"id": 1}]'))


def trial(new: str, shown: Shown, why: str = "") -> Trial:
    """What became of the only change between production's document and *new*."""
    (change,) = compare(parse(document()), parse(new))
    at = f"{change.pointer_old} {change.pointer_new}"
    asked = None if shown is Shown.NOT_SENT else WireRequest("GET", "/orders")
    return Trial(
        change=f"{change.rule} {at} {change.operation}",
        operation=change.operation,
        shown=shown,
        why=why,
        request=asked,
        candidate=asked and WireAnswer(422, "application/json", '{"title": "q?"}'),
        baseline=asked and WireAnswer(200, "application/json", "[]"),
    )


def accepting(rule: str, until: date, operation: str = "GET /orders") -> ContractPlan:
    """A policy that accepts one rule until a day."""
    return ContractPlan(accept=(Acceptance(rule, "told them", until, operation),))


def test_an_unchanged_contract_passes_and_tells_how_much_was_seen() -> None:
    """Requests, operations answered out of those documented, and beside whom."""
    judgement = judged()
    assert judgement.result is Result.PASSED
    assert judgement.seen == (
        "30 requests of old consumers, 1 of 1 operation answered 2xx, "
        "each compared with the baseline"
    )
    alone = judged(compared=False)
    assert "not compared with the baseline" in alone.seen


def test_a_removed_response_field_breaks_its_readers() -> None:
    """With the smallest answer that shows it, and where it is declared."""
    judgement = judged(new_document=FIELD_GONE)
    assert judgement.result is Result.FAILED
    assert standings(judgement) == [("contract/response-field-removed", DECLARED)]
    (finding,) = judgement.findings
    assert "total" in finding.summary
    assert finding.operation == "GET /orders"
    assert finding.pointers == (f"{ITEMS}/properties/total", ITEMS)
    assert ITEMS in finding.example


def test_a_new_required_input_breaks_its_senders() -> None:
    """Nobody sends what nobody knew of."""
    judgement = judged(new_document=NEEDS_MORE)
    assert judgement.result is Result.FAILED
    assert rules(judgement) == ["contract/request-parameter-required"]


def test_a_new_optional_input_breaks_nobody() -> None:
    """Old consumers may go on without it."""
    optional = [{"name": "q", "in": "query", "schema": {"type": "string"}}]
    judgement = judged(new_document=document(parameters=optional))
    assert judgement.result is Result.PASSED


def test_a_removed_operation_breaks_its_callers() -> None:
    """Also when the document is otherwise fine."""
    gone = json.loads(document())
    gone["paths"] = {}
    judgement = judged(new_document=json.dumps(gone))
    assert judgement.result is Result.FAILED


def test_a_finding_is_known_by_the_id_that_the_comparison_alone_gives_it() -> None:
    """The two commands speak of one thing by one name, in every run."""
    (change,) = compare(parse(document()), parse(FIELD_GONE))
    ids = {f.id for _ in range(2) for f in judged(new_document=FIELD_GONE).findings}
    assert ids == {change_id(change)}


@pytest.mark.parametrize("on_baseline", [False, None])
@pytest.mark.parametrize("check", ["not_a_server_error", "positive_data_acceptance"])
def test_what_goes_wrong_on_the_candidate_alone_is_a_regression(
    check: str, on_baseline: bool | None
) -> None:
    """Or where nobody could ask the baseline; with the request to send again."""
    judgement = judged(breaks=(went_wrong(check, on_baseline=on_baseline),))
    assert judgement.result is Result.FAILED
    assert standings(judgement) == [(f"contract/{check.replace('_', '-')}", OBSERVED)]
    (finding,) = judgement.findings
    assert finding.reproduce == f"""curl -i -X GET '{URL}/orders?q=it'"'"'s'"""
    assert 'candidate: 400 {"title": "no"}' in finding.example
    assert "baseline: 200 []" in finding.example


def test_a_live_break_that_the_new_document_declares_confirms_the_change() -> None:
    """It is the same break, seen from two sides: one finding, with what was answered."""
    judgement = judged(new_document=FIELD_GONE, breaks=(lost_total(declared=True),))
    assert standings(judgement) == [("contract/response-field-removed", CONFIRMED)]
    assert 'candidate: 200 [{"id": 1}]' in judgement.findings[0].example


def test_a_break_beyond_what_the_document_declares_stays_a_finding_of_its_own() -> None:
    """Though the operation and the place are the same."""
    judgement = judged(new_document=FIELD_GONE, breaks=(lost_total(declared=False),))
    assert standings(judgement) == [
        ("contract/response-field-removed", DECLARED),
        ("contract/response-schema-conformance", OBSERVED),
    ]


def test_a_violation_elsewhere_confirms_nothing() -> None:
    """An answer shows only the change whose place it violates."""
    elsewhere = replace(
        lost_total(declared=True),
        operation="GET /prices",
        violated=("/components/schemas/Price/required",),
    )
    judgement = judged(new_document=FIELD_GONE, breaks=(elsewhere,))
    assert standings(judgement) == [
        ("contract/response-field-removed", DECLARED),
        ("contract/response-schema-conformance", CONFIRMED),
    ]


def test_a_refusal_that_only_one_change_can_explain_confirms_it() -> None:
    """Answers of refused requests violate nothing: there are no pointers to go by."""
    refused = went_wrong("positive_data_acceptance", on_baseline=False, declared=True)
    judgement = judged(new_document=NEEDS_MORE, breaks=(refused,))
    assert standings(judgement) == [("contract/request-parameter-required", CONFIRMED)]


def test_a_refusal_that_several_changes_may_explain_is_not_guessed_at() -> None:
    """Unless the trial of one of them tells; nothing observed is ever lost."""
    two = [*ASKED, {**ASKED[0], "name": "r"}]
    refused = went_wrong("positive_data_acceptance", on_baseline=False, declared=True)
    judgement = judged(new_document=document(parameters=two), breaks=(refused,))
    assert sorted(standings(judgement)) == [
        ("contract/positive-data-acceptance", CONFIRMED),
        ("contract/request-parameter-required", DECLARED),
        ("contract/request-parameter-required", DECLARED),
    ]
    tried = trial(NEEDS_MORE, Shown.CONFIRMED)
    judgement = judged(
        new_document=document(parameters=two), breaks=(refused,), trials=(tried,)
    )
    assert sorted(standings(judgement)) == [
        ("contract/request-parameter-required", CONFIRMED),
        ("contract/request-parameter-required", DECLARED),
    ]


@pytest.mark.parametrize(
    ("shown", "standing"),
    [
        (Shown.CONFIRMED, CONFIRMED),
        (Shown.NOT_CONFIRMED, DECLARED),
        (Shown.NOT_SENT, DECLARED),
    ],
)
def test_a_trial_tells_whether_a_declared_break_is_really_one(
    shown: Shown, standing: str
) -> None:
    """And why it could not be seen, where it was not."""
    tried = trial(NEEDS_MORE, shown, why="the candidate answered 200")
    judgement = judged(new_document=NEEDS_MORE, trials=(tried,))
    assert standings(judgement) == [("contract/request-parameter-required", standing)]
    told = judgement.findings[0].example
    assert ("candidate: 422" in told) is (shown is Shown.CONFIRMED)
    assert ("the candidate answered 200" in told) is (shown is not Shown.CONFIRMED)


@pytest.mark.parametrize(
    ("weight", "result", "category"),
    [
        ("breaks", Result.FAILED, [Category.CONTRACT]),
        ("undecided", Result.INSUFFICIENT, [Category.EVIDENCE]),
        ("may break", Result.PASSED, []),
        ("notice", Result.PASSED, []),
    ],
)
@pytest.mark.parametrize("declared", [True, False])
def test_policy_treats_what_is_only_declared_and_only_observed_apart(
    weight: Any, result: Result, category: list[Category], declared: bool
) -> None:
    """Each may count as less; what is declared and confirmed breaks whatever it says."""
    plan = ContractPlan(
        declared_only=weight if declared else "breaks",
        observed_only="breaks" if declared else weight,
    )
    lonely: dict[str, Any] = (
        {"new_document": NEEDS_MORE} if declared else {"breaks": (lost_total(),)}
    )
    judgement = judged(plan, **lonely)
    assert judgement.result is result
    assert [finding.category for finding in judgement.findings] == category
    both = judged(plan, new_document=FIELD_GONE, breaks=(lost_total(declared=True),))
    assert both.result is Result.FAILED


def test_what_the_team_says_of_a_rule_comes_first() -> None:
    """A rule graded by name stays so, also where it is seen live."""
    plan = ContractPlan(levels={"response-field-removed": "notice"})
    seen = lost_total(declared=True)
    judgement = judged(plan, new_document=FIELD_GONE, breaks=(seen,))
    assert judgement.result is Result.PASSED
    assert "1 break seen that policy only notes" in judgement.seen
    live = ContractPlan(levels={"response-schema-conformance": "may break"})
    judgement = judged(live, breaks=(lost_total(),))
    assert judgement.result is Result.PASSED
    assert "1 change may break somebody" in judgement.seen


def test_what_was_accepted_is_told_in_the_row() -> None:
    """How much, until when and why; also beside what is not accepted."""
    plan = accepting("response-field-removed", date(2025, 12, 31))
    told = "1 change accepted until 2025-12-31: told them"
    judgement = judged(plan, new_document=FIELD_GONE)
    assert judgement.result is Result.PASSED
    assert told in judgement.seen
    fault = went_wrong("not_a_server_error", on_baseline=False)
    judgement = judged(plan, new_document=FIELD_GONE, breaks=(fault,))
    assert rules(judgement) == ["contract/not-a-server-error"]
    assert told in judgement.seen
    live = accepting("not-a-server-error", date(2025, 12, 31))
    assert judged(live, breaks=(fault,)).result is Result.PASSED


def test_an_expired_acceptance_no_longer_counts_and_says_so() -> None:
    """The day of the evidence decides: the same evidence is judged the same for ever."""
    plan = accepting("response-field-removed", date(2025, 1, 1))
    judgement = judged(plan, new_document=FIELD_GONE)
    assert judgement.result is Result.FAILED
    assert (
        "its acceptance expired on 2025-01-01: told them"
        in judgement.findings[0].summary
    )
    before = judged(plan, new_document=FIELD_GONE, day="2025-01-01")
    assert before.result is Result.PASSED


def test_an_unused_acceptance_is_told_and_blocks_nothing() -> None:
    """In the row of a pass."""
    plan = accepting("response-field-removed", date(2025, 12, 31), "GET /gone")
    judgement = judged(plan)
    assert judgement.result is Result.PASSED
    assert "GET /gone matches no change" in judgement.seen


def test_what_cannot_be_decided_is_evidence_that_is_wanting() -> None:
    """It blocks and accuses nobody, and names the place."""
    loose = answers(id={"type": "integer"}, total={"$ref": "#/components/nowhere"})
    judgement = judged(new_document=loose)
    assert judgement.result is Result.INSUFFICIENT
    assert set(rules(judgement)) == {"contract/undecided"}
    for finding in judgement.findings:
        assert finding.about is Category.CONTRACT
        assert "/paths/~1orders" in finding.example


def test_an_outage_of_both_blocks_and_accuses_nobody() -> None:
    """Server errors on the baseline too: we cannot tell what the release would do."""
    both = went_wrong("not_a_server_error", on_baseline=True)
    judgement = judged(breaks=(both,))
    assert judgement.result is Result.INSUFFICIENT
    assert rules(judgement) == ["evidence/fails-on-baseline-too"]


def test_a_complaint_as_old_as_production_is_not_new() -> None:
    """A sloppy answer that production gives too is not held against the release."""
    both = went_wrong("response_schema_conformance", on_baseline=True)
    assert judged(breaks=(both,)).result is Result.PASSED


def test_a_shared_outage_does_not_excuse_another_break() -> None:
    """The regression counts, and the outage is told beside it."""
    both = went_wrong("not_a_server_error", on_baseline=True)
    alone = went_wrong("positive_data_acceptance", on_baseline=False)
    judgement = judged(breaks=(both, alone))
    assert judgement.result is Result.FAILED
    assert set(rules(judgement)) == {
        "contract/positive-data-acceptance",
        "evidence/fails-on-baseline-too",
    }


def test_many_breaks_of_one_kind_are_one_finding_that_counts_them() -> None:
    """The first is shown."""
    fault = went_wrong("not_a_server_error", on_baseline=False)
    (finding,) = judged(breaks=(fault,) * 4).findings
    assert "and 3 more requests like it" in finding.summary


@given(st.lists(any_of(LiveBreak), max_size=6))
def test_no_break_of_the_candidate_is_ever_lost(breaks: list[LiveBreak]) -> None:
    """Whatever is known about it; only what fails on the baseline as well is let go."""
    new = [each for each in breaks if not each.on_baseline]
    for other in (CONTRACT.new_document, FIELD_GONE):
        judgement = judged(breaks=tuple(breaks), new_document=other)
        assert (judgement.result is Result.FAILED) >= bool(new)
        ours = {f.operation for f in judgement.findings if f.standing != DECLARED}
        assert ours >= {each.operation for each in new}


def test_an_operation_that_nobody_asked_blocks() -> None:
    """An endpoint never exercised is a finding of its own, by name."""
    exercises = (*CONTRACT.exercises, Exercise("POST /orders", 0, 0))
    judgement = judged(exercises=exercises)
    assert judgement.result is Result.INSUFFICIENT
    assert rules(judgement) == ["evidence/operation-not-exercised"]
    assert "POST /orders" in judgement.seen


def test_an_operation_that_the_team_withholds_is_named_as_withheld() -> None:
    """It does not block, and nobody takes it for tested."""
    withheld = Exercise("POST /orders", 0, 0, "unsafe = false")
    judgement = judged(exercises=(*CONTRACT.exercises, withheld))
    assert judgement.result is Result.PASSED
    assert "1 of 2 operations answered 2xx" in judgement.seen
    assert "withheld: POST /orders (unsafe = false)" in judgement.seen


def test_a_difference_that_did_not_show_again_is_told_and_blocks_nothing() -> None:
    """One odd answer among many is no break; nobody is kept from looking at it."""
    judgement = judged(unrepeated=("GET /orders: server error",))
    assert judgement.result is Result.PASSED
    assert (
        "1 difference did not show again: GET /orders: server error" in judgement.seen
    )


def test_what_may_be_a_break_does_not_pass() -> None:
    """It was seen once and nobody could tell: evidence is wanting, and says of what."""
    judgement = judged(unsettled=("DELETE /orders/{id}: answered 200", "another"))
    assert judgement.result is Result.INSUFFICIENT
    assert rules(judgement) == ["evidence/unsettled"]
    assert "DELETE /orders/{id}: answered 200 (and 1 more)" in judgement.seen


def test_an_operation_that_turned_everybody_away_was_not_exercised() -> None:
    """It is named; where most are so, nothing is known of the release."""
    away = Exercise("GET /cart", 5, 0, turned_away=5)
    few = judged(
        exercises=(*CONTRACT.exercises, Exercise("GET /me", 9, 9), away),
    )
    assert few.result is Result.PASSED
    assert "not exercised, answered nothing but 401, 403 or 429: GET /cart" in few.seen
    most = judged(exercises=(*CONTRACT.exercises, away))
    assert most.result is Result.INSUFFICIENT
    assert rules(most) == ["evidence/turned-away"]


def test_a_failed_row_tells_how_much_was_seen_as_well() -> None:
    """A break out of thirty requests is another matter than one out of three."""
    judgement = judged(breaks=(lost_total(),))
    assert judgement.result is Result.FAILED
    assert "30 requests of old consumers" in judgement.seen


def test_one_property_of_a_component_is_one_finding() -> None:
    """However many operations answer with it: all of them are named."""
    place = "/components/schemas/Order/required"
    seen = replace(lost_total(), violated=(place,))
    other = replace(seen, operation="GET /carts")
    (finding,) = judged(breaks=(seen, other)).findings
    assert finding.operation == "GET /carts"
    assert "also GET /orders" in finding.summary
    apart = judged(breaks=(lost_total(), replace(lost_total(), operation="GET /carts")))
    assert len(apart.findings) == 2


def test_a_demand_for_credentials_is_one_with_the_declared_one() -> None:
    """The document says that they are needed, and an old consumer was asked for them."""
    schemes = {"key": {"type": "apiKey", "in": "header", "name": "X-Key"}}
    new = json.loads(document(security=[{"key": []}]))
    new["components"] = {**new.get("components", {}), "securitySchemes": schemes}
    guarded = json.dumps(new)
    seen = went_wrong("status_code_conformance", on_baseline=False, declared=False)
    asked = replace(seen, candidate=WireAnswer(401))
    evidence = {"new_document": guarded, "breaks": (asked,)}
    shown = judged(trials=(trial(guarded, Shown.CONFIRMED),), **evidence)
    assert standings(shown) == [("contract/request-security-added", CONFIRMED)]
    unseen = judged(trials=(trial(guarded, Shown.NOT_SENT),), **evidence)
    assert len(unseen.findings) == 2


def test_an_operation_that_only_refused_is_told() -> None:
    """A pass says that no old consumer got a 2xx there."""
    judgement = judged(exercises=(*CONTRACT.exercises, Exercise("GET /cart", 5, 0)))
    assert judgement.result is Result.PASSED
    assert "never answered 2xx: GET /cart" in judgement.seen


def test_an_operation_that_refuses_everything_is_unknown_without_a_baseline() -> None:
    """Nobody can say whether production would take those requests."""
    closed = Exercise("POST /orders", 5, 0, refused=5)
    alone = judged(exercises=(*CONTRACT.exercises, closed), compared=False)
    assert rules(alone) == ["evidence/only-refused"]
    assert alone.result is Result.INSUFFICIENT
    assert "POST /orders" in alone.findings[0].summary
    beside = judged(exercises=(*CONTRACT.exercises, closed), compared=True)
    assert beside.result is Result.PASSED


@pytest.mark.parametrize(
    ("exercises", "said"),
    [
        ((), "no request of an old consumer was sent"),
        ((Exercise("GET /orders", 0, 0, "never"),), "never"),
        ((Exercise("GET /orders", 5, 0),), "none of 5 requests"),
    ],
)
def test_nothing_exercised_is_not_enough(
    exercises: tuple[Exercise, ...], said: str
) -> None:
    """Not asked, not allowed to be asked, or never accepted: nothing was seen."""
    judgement = judged(exercises=exercises)
    assert judgement.result is Result.INSUFFICIENT
    assert rules(judgement) == ["evidence/nothing-exercised"]
    assert said in judgement.seen


@pytest.mark.parametrize("text", ["<html>", "[]", "{}", '{"openapi": "2.0"}', ""])
def test_a_candidate_document_that_is_not_one_is_a_regression(text: str) -> None:
    """Consumers can no longer read what they are promised."""
    judgement = judged(new_document=text)
    assert judgement.result is Result.FAILED
    assert rules(judgement) == ["contract/document-broken"]
    first = judged(new_document=text, old_document=None, first=True)
    assert first.result is Result.FAILED


def test_a_production_document_that_is_not_one_blocks() -> None:
    """It is not this release's fault, and nothing can be compared with it."""
    judgement = judged(old_document="<html>")
    assert judgement.result is Result.INSUFFICIENT
    assert "evidence/document-broken" in rules(judgement)


def test_a_document_that_production_has_and_the_candidate_lost_is_a_regression() -> (
    None
):
    """It is known where the candidate answered that there is none."""
    gone = judged(new_document=None, trouble="http://a/openapi.json answered 404")
    assert gone.result is Result.FAILED
    assert rules(gone) == ["contract/document-missing"]
    assert rules(judged(new_document=None)) == ["contract/document-missing"]


@pytest.mark.parametrize(
    ("old", "trouble"),
    [
        (document(), "http://a/openapi.json: no answer in time"),
        (document(), "http://a/openapi.json answered 503"),
        (None, "http://a/openapi.json answered 404"),
    ],
)
def test_a_document_that_nobody_could_fetch_is_unknown(
    old: str | None, trouble: str
) -> None:
    """No answer, an outage, or nothing in production to compare with."""
    judgement = judged(new_document=None, old_document=old, trouble=trouble)
    assert judgement.result is Result.INSUFFICIENT
    assert rules(judgement) == ["evidence/not-measured"]


def test_before_the_first_production_release_there_is_nothing_to_break() -> None:
    """It passes, and says why."""
    evidence = ContractEvidence(CONTRACT.run, None, document(), first=True)
    judgement = judge_contract(evidence, Limits(), serves=True)
    assert judgement.result is Result.PASSED
    assert "nothing to be compatible with" in judgement.seen


def test_old_consumers_that_could_not_be_played_block() -> None:
    """Documents that agree do not make up for it."""
    judgement = judged(trouble="Schemathesis broke off", exercises=())
    assert judgement.result is Result.INSUFFICIENT
    assert rules(judgement) == ["evidence/not-measured"]


@given(any_of(Finding))
def test_every_finding_has_an_id(finding: Finding) -> None:
    """Of every category; the same for the same thing, whatever the figures."""
    again = replace(finding, id="", summary="other figures", example="others")
    assert len(again.id) == 10
    assert again.id == replace(finding, id="").id
