"""A comparison as SARIF 2.1.0: what the standard asks for, and no more.

The official schema is not shipped with any of our dependencies; what it requires of
the few objects that are written is asserted here by hand.
"""

import json
from datetime import date
from typing import Any

from gate.model.plan import Acceptance
from gate.openapi import Change
from gate.openapi.rules import RULES
from gate.reports.contract_diff import Diff, diff_document
from gate.reports.sarif import LEVELS, Place, sarif
from tests_unit.gate.reports.comparisons import ALL, FIELD_GONE, comparison


def log(diff: Diff, place: Place | None = ("openapi.yaml", 7)) -> Any:
    """A log, as whoever reads it gets it."""

    def find(change: Change) -> Place | None:
        return place

    return json.loads(json.dumps(sarif(diff, "1.2.3", find)))


def run(diff: Diff, place: Place | None = ("openapi.yaml", 7)) -> Any:
    """The one run of a log."""
    (only,) = log(diff, place)["runs"]
    return only


def test_a_log_has_what_the_standard_requires() -> None:
    """§3.13 sarifLog, §3.14 run, §3.18 tool, §3.19 toolComponent."""
    document = log(comparison())
    assert document["version"] == "2.1.0"
    assert document["$schema"].endswith("sarif-schema-2.1.0.json")
    driver = document["runs"][0]["tool"]["driver"]
    assert driver["name"]
    assert driver["version"] == "1.2.3"
    ids = [rule["id"] for rule in driver["rules"]]
    assert len(ids) == len(set(ids))


def test_every_result_names_its_rule_its_place_and_its_fingerprint() -> None:
    """§3.27 result, §3.11 message, §3.28 location, §3.33 logicalLocation."""
    diff = comparison()
    only = run(diff)
    rules = only["tool"]["driver"]["rules"]
    changes = diff_document(diff)["changes"]
    assert len(only["results"]) == len(ALL)
    for result, change in zip(only["results"], changes, strict=True):
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"] == change["rule"]
        assert result["message"]["text"].startswith(change["summary"])
        assert change["id"] in result["partialFingerprints"].values()
        (location,) = result["locations"]
        (logical,) = location["logicalLocations"]
        assert logical["fullyQualifiedName"] == change["pointer_new"]
        physical = location["physicalLocation"]
        assert physical["artifactLocation"] == {"uri": "openapi.yaml"}
        assert physical["region"] == {"startLine": 7}


def test_what_fails_by_default_is_an_error_there_too() -> None:
    """Breaks and the undecided; what may break is a warning, a notice a note."""
    levels = [result["level"] for result in run(comparison())["results"]]
    assert levels == ["error", "error", "error", "warning", "note"]
    assert set(LEVELS.values()) <= {"none", "note", "warning", "error"}


def test_a_rule_comes_with_its_sentence_and_how_to_accept_it() -> None:
    """Where the reader meets it first."""
    (rule,) = run(comparison((FIELD_GONE,)))["tool"]["driver"]["rules"]
    known = RULES["response-field-removed"]
    assert rule["shortDescription"]["text"] == known.sentence
    assert rule["help"]["text"].startswith(known.sentence)
    assert "tool.gate.contract.accept" in rule["help"]["text"]
    assert rule["defaultConfiguration"]["level"] == LEVELS[known.level]


def test_what_is_accepted_is_a_suppressed_result() -> None:
    """§3.35 suppression: external, for it stands in the settings; with the reason."""
    agreed = Acceptance("response-field-removed", "agreed", date(2026, 12, 31))
    results = run(comparison(accept=(agreed,)))["results"]
    suppressed = [each["suppressions"] for each in results if "suppressions" in each]
    assert suppressed == [
        [
            {
                "kind": "external",
                "status": "accepted",
                "justification": "agreed (until 2026-12-31)",
            }
        ]
    ]


def test_remarks_on_the_policy_are_notifications() -> None:
    """§3.20 invocation, §3.58 notification."""
    old = Acceptance("response-field-removed", "once agreed", date(2026, 1, 1))
    (invocation,) = run(comparison(accept=(old,)))["invocations"]
    assert invocation["executionSuccessful"] is True
    (told,) = invocation["toolConfigurationNotifications"]
    assert "expired on 2026-01-01" in told["message"]["text"]


def test_a_place_without_a_text_is_told_by_its_pointer_alone() -> None:
    """Standard input has no address; a URL has no lines."""
    (result,) = run(comparison((FIELD_GONE,)), None)["results"]
    assert "physicalLocation" not in result["locations"][0]
    far = ("https://example.org/openapi.json", None)
    (result,) = run(comparison((FIELD_GONE,)), far)["results"]
    assert "region" not in result["locations"][0]["physicalLocation"]
