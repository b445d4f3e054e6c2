"""A run told to a machine: one JSON document."""

import json
from collections.abc import Sequence
from typing import Any

from pydantic import TypeAdapter

from gate.errors import ExitCode, GateError
from gate.model.ending import Ending
from gate.model.verdict import Result, Verdict

SCHEMA = 1
WORDS = {
    ExitCode.PASSED: "passed",
    ExitCode.USAGE: "usage",
    ExitCode.BLOCKED: "blocked",
    ExitCode.INSUFFICIENT: "insufficient",
    ExitCode.EVIDENCE_REFUSED: "evidence refused",
    ExitCode.ROLLED_BACK: "rolled back",
    ExitCode.UNRESOLVED: "unresolved",
    ExitCode.HELD: "held",
    ExitCode.UNAVAILABLE: "unavailable",
    ExitCode.DEFECT: "defect",
    ExitCode.TRY_AGAIN: "try again",
    ExitCode.INTERRUPTED: "interrupted",
}


def ending_document(ending: Ending) -> dict[str, Any]:
    """Return an ending as plain data, the action in words.

    What ended well with something that a person accepted is *accepted*, not *passed*.
    """
    outcome = WORDS[ending.exit_code]
    document = TypeAdapter(Ending).dump_python(ending, mode="json")
    if ending.verdict is not None:
        document["verdict"] = verdict_document(ending.verdict)
        if ending.verdict.accepted and ending.exit_code is ExitCode.PASSED:
            outcome = Result.ACCEPTED.value
    return {"schema": SCHEMA, "outcome": outcome, **document}


def verdict_document(verdict: Verdict) -> dict[str, Any]:
    """Return a verdict as plain data, actions in words."""
    document: dict[str, Any] = TypeAdapter(Verdict).dump_python(verdict, mode="json")
    document["action"] = verdict.action.words
    for row, told in zip(verdict.rows, document["rows"], strict=True):
        told["action"] = row.action.words
    return document


def endings_document(endings: Sequence[Ending], code: ExitCode) -> dict[str, Any]:
    """Return how several runs ended, the oldest first, and what that comes to.

    The *code* in words; of production, what the last of them has seen. What was told of
    no run is not among the runs.
    """
    last = endings[-1]
    return {
        "schema": SCHEMA,
        "outcome": WORDS[code],
        "exit_code": int(code),
        "says": last.says,
        "standing": last.standing.value if last.standing else None,
        "known": last.known,
        "advice": last.advice,
        "runs": [ending_document(each) for each in endings if each.run],
    }


def error_document(error: GateError) -> dict[str, Any]:
    """Return an error as plain data; of production as of an ending."""
    return {
        "schema": SCHEMA,
        "outcome": WORDS[error.exit_code],
        "exit_code": int(error.exit_code),
        "what": error.what,
        "why": error.why,
        "advice": error.advice,
        "standing": error.standing or None,
        "known": error.known,
    }


def as_json(document: object) -> str:
    """Return one JSON document."""
    return json.dumps(document, indent=1, ensure_ascii=False)
