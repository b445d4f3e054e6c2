"""Contract: what is declared, and what old consumers met."""

import json
from dataclasses import replace
from typing import Any

import pytest

from gate.judges.contract import judge_contract
from gate.model.evidence import ContractEvidence, Exercise, LiveBreak
from gate.model.verdict import Judgement, Result
from tests_unit.gate.fakes.good_run import CONTRACT, document

FIELD_GONE = document(
    responses={
        "200": {
            "description": "orders",
            "content": {
                "application/json": {
                    "schema": {
                        "type": "array",
                        "items": {
                            "type": "object",
                            "properties": {"id": {"type": "integer"}},
                            "required": ["id"],
                        },
                    }
                }
            },
        }
    }
)


def judged(**changes: Any) -> Judgement:
    """The judgement on evidence in which all is well but for *changes*."""
    return judge_contract(replace(CONTRACT, **changes), serves=True)


def rules(judgement: Judgement) -> list[str]:
    """The rules that speak against it."""
    return [finding.rule for finding in judgement.findings]


def went_wrong(check: str, *, on_baseline: bool | None) -> LiveBreak:
    """An old consumer's request that went wrong on the candidate."""
    return LiveBreak("GET /orders", check, "it says no", "curl -i", on_baseline)


def test_an_unchanged_contract_passes_and_tells_how_often_it_was_asked() -> None:
    """Requests and operations are counted."""
    judgement = judged()
    assert judgement.result is Result.PASSED
    assert "30 requests of old consumers, 1 operations" in judgement.seen


def test_a_removed_response_field_breaks_its_readers() -> None:
    """With the smallest answer that shows it, and where it is declared."""
    judgement = judged(new_document=FIELD_GONE)
    assert judgement.result is Result.FAILED
    assert rules(judgement) == ["contract/response-field-removed"]
    (finding,) = judgement.findings
    assert "total" in finding.summary
    assert "GET /orders" in finding.summary
    assert finding.example
    assert "/paths/~1orders/get" in finding.example


def test_a_new_required_input_breaks_its_senders() -> None:
    """Nobody sends what nobody knew of."""
    asked = [
        {"name": "q", "in": "query", "required": True, "schema": {"type": "string"}}
    ]
    judgement = judged(new_document=document(parameters=asked))
    assert judgement.result is Result.FAILED
    assert rules(judgement) == ["contract/request-parameter-required"]


def test_a_new_optional_input_breaks_nobody() -> None:
    """Old consumers may go on without it."""
    asked = [{"name": "q", "in": "query", "schema": {"type": "string"}}]
    judgement = judged(new_document=document(parameters=asked))
    assert judgement.result is Result.PASSED


def test_a_removed_operation_breaks_its_callers() -> None:
    """Also when the document is otherwise fine."""
    gone = json.loads(document())
    gone["paths"] = {}
    judgement = judged(new_document=json.dumps(gone))
    assert judgement.result is Result.FAILED


@pytest.mark.parametrize("on_baseline", [False, None])
@pytest.mark.parametrize("check", ["not_a_server_error", "positive_data_acceptance"])
def test_what_goes_wrong_on_the_candidate_alone_is_a_regression(
    check: str, on_baseline: bool | None
) -> None:
    """Or where nobody could ask the baseline; with the request to send again."""
    judgement = judged(breaks=(went_wrong(check, on_baseline=on_baseline),))
    assert judgement.result is Result.FAILED
    assert rules(judgement) == [f"contract/{check.replace('_', '-')}"]
    assert judgement.findings[0].reproduce == "curl -i"


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


def test_an_operation_that_nobody_asked_blocks() -> None:
    """An endpoint never exercised is a finding of its own, by name."""
    exercises = (*CONTRACT.exercises, Exercise("POST /orders", 0, 0))
    judgement = judged(exercises=exercises)
    assert judgement.result is Result.INSUFFICIENT
    assert rules(judgement) == ["evidence/operation-not-exercised"]
    assert "POST /orders" in judgement.seen


def test_an_operation_that_only_refused_is_told() -> None:
    """A pass says that no old consumer got a 2xx there."""
    judgement = judged(exercises=(Exercise("GET /orders", 5, 0),))
    assert "never answered 2xx: GET /orders" in judgement.seen


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


def test_no_candidate_document_is_a_regression_or_unknown() -> None:
    """A regression where it was answered, unknown where nobody could fetch it."""
    assert rules(judged(new_document=None)) == ["contract/document-missing"]
    unknown = judged(new_document=None, trouble="no answer in time")
    assert unknown.result is Result.INSUFFICIENT


def test_before_the_first_production_release_there_is_nothing_to_break() -> None:
    """It passes, and says why."""
    evidence = ContractEvidence(CONTRACT.run, None, document(), first=True)
    judgement = judge_contract(evidence, serves=True)
    assert judgement.result is Result.PASSED
    assert "nothing to be compatible with" in judgement.seen


def test_old_consumers_that_could_not_be_played_block() -> None:
    """Documents that agree do not make up for it."""
    judgement = judged(trouble="Schemathesis broke off", exercises=())
    assert judgement.result is Result.INSUFFICIENT
    assert rules(judgement) == ["evidence/not-measured"]
