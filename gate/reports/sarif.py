"""Two documents compared, as a SARIF 2.1.0 log: for code scanning and editors.

Source: SARIF 2.1.0, OASIS Standard, 27 March 2020; the section is named where a choice
was made.
"""

from collections.abc import Callable, Mapping
from typing import Any

from gate.judges.grading import Grade
from gate.openapi import Change, Level
from gate.openapi.rules import RULES
from gate.reports.contract_diff import Diff, several
from gate.reports.payload import proof
from gate.reports.plain_text import plain

SCHEMA_URI = (
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/"
    "sarif-schema-2.1.0.json"
)
FINGERPRINT = "gateContractChange/v1"
MOST_OPERATIONS = 10
# What is undecided fails by default, as a break does. `kind: open` says it better, but
# then the level must be `none` (§3.27.10), and code scanning lets it pass.
LEVELS = {
    Level.BREAKS: "error",
    Level.UNDECIDED: "error",
    Level.MAY_BREAK: "warning",
    Level.NOTICE: "note",
}

Place = tuple[str, int | None]  # the address of a source text, and the line in it
Finder = Callable[[Change], Place | None]


def sarif(diff: Diff, version: str, find: Finder) -> dict[str, Any]:
    """Return the log of one run; *find* tells where in a source text a change is.

    Accepted changes are suppressed results (§3.27.23), with the reason.
    """
    grades = diff.graded.changes
    rules = sorted({each.change.rule for each in grades})
    driver = {
        "name": "gate contract diff",
        "version": version,
        "rules": [_rule(each) for each in rules],
    }
    index = {rule: number for number, rule in enumerate(rules)}
    run = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "results": [_result(each, index, find) for each in grades],
        "properties": {"old": diff.old, "new": diff.new, "counts": diff.counts},
    }
    remarks = [
        {"level": "warning", "message": {"text": r}} for r in diff.graded.remarks
    ]
    if remarks:
        notes = {"executionSuccessful": True, "toolConfigurationNotifications": remarks}
        run["invocations"] = [notes]
    return {"$schema": SCHEMA_URI, "version": "2.1.0", "runs": [run]}


def _rule(id: str) -> dict[str, Any]:
    rule = RULES.get(id)
    if rule is None:
        return {"id": id}
    return {
        "id": id,
        "shortDescription": {"text": rule.sentence},
        "help": {"text": _help(id, rule.sentence)},
        "defaultConfiguration": {"level": LEVELS[rule.level]},
    }


def _help(id: str, sentence: str) -> str:
    return (
        f"{sentence} To accept it, add to pyproject.toml: [[tool.gate.contract.accept]] "
        f'rule = "{id}", operation = "GET /path", reason = "…", until = 2030-01-31.'
    )


def _result(grade: Grade, index: Mapping[str, int], find: Finder) -> dict[str, Any]:
    change = grade.change
    result: dict[str, Any] = {
        "ruleId": change.rule,
        "ruleIndex": index[change.rule],
        "level": LEVELS[change.level],
        "message": {"text": _message(change)},
        "locations": [_location(change, find(change))],
        "partialFingerprints": {FINGERPRINT: grade.id},
    }
    if grade.accepted:
        reason = f"{grade.accepted.reason} (until {grade.accepted.until})"
        result["suppressions"] = [
            {"kind": "external", "status": "accepted", "justification": reason}
        ]
    return result


def _message(change: Change) -> str:
    parts = [change.summary, *(f"{label}:\n{text}" for label, text in proof(change))]
    others = change.reached[1:]
    if others:
        parts.append(f"also {several(others, MOST_OPERATIONS)}")
    return plain("\n\n".join(parts))


def _location(change: Change, place: Place | None) -> dict[str, Any]:
    """Where it is: the pointer always, a line of a text where one is known."""
    pointer = change.pointer_new or change.pointer_old
    location: dict[str, Any] = {
        "logicalLocations": [{"fullyQualifiedName": pointer, "kind": "object"}]
    }
    if place is not None:
        uri, line = place
        physical: dict[str, Any] = {"artifactLocation": {"uri": uri}}
        if line is not None:
            physical["region"] = {"startLine": line}
        location["physicalLocation"] = physical
    return location
