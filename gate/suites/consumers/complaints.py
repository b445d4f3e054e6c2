"""What a consumer who goes by the old document has to complain of."""

import re
from dataclasses import dataclass
from typing import Any

from schemathesis import Case
from schemathesis.checks import CheckFunction
from schemathesis.core.errors import SchemathesisError
from schemathesis.core.failures import Failure, FailureGroup
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from gate.openapi.traffic.admission import Admission
from gate.suites.consumers.arms import NO_JSON, Met

ACCEPTANCE = "positive_data_acceptance"
SERVER_FAULT = "not_a_server_error"
UNKNOWN_STATUS = "status_code_conformance"
UNKNOWN_FORMAT = "content_type_conformance"
SCHEMA = "response_schema_conformance"
DIFFERS = "differs_from_baseline"
UNCHECKED = "unchecked"  # no complaint: nobody could tell
# What a schema, or an answer, can do to whoever holds the one against the other.
UNCHECKABLE = (
    SchemathesisError,
    ValueError,
    TypeError,
    LookupError,
    RecursionError,
    AttributeError,
)
CHECKS: list[CheckFunction] = [
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
# A valid request may still name what is not there, or come at the wrong time.
TOLERATED = frozenset({401, 403, 404, 409, 410, 429})
# Schemathesis goes on to print the schema and the value, both at length.
_DETAILS = re.compile(r"Validated against|Schema(?: at [^:]*)?: [{\[]")


@dataclass(frozen=True, slots=True)
class Complaint:
    """A check that failed, in words.

    *faults* are JSON pointers into the old document, to the keywords that the answer
    breaks; each with the member that is missing, if one is.
    """

    check: str
    message: str
    faults: tuple[tuple[str, str], ...] = ()

    @property
    def violated(self) -> tuple[str, ...]:
        """The pointers alone."""
        return tuple(dict.fromkeys(place for place, _ in self.faults))


def complaints(case: Case[Any], met: Met, old: Admission) -> tuple[Complaint, ...]:
    """Return what the old document's reader says of an answer to a valid request."""
    if met.response is None:
        said = (
            met.trouble if "no answer" in met.trouble else f"no answer: {met.trouble}"
        )
        return (Complaint(SERVER_FAULT, said),)
    answered = f"(answered {met.status})"
    if met.status >= 500:
        return (Complaint(SERVER_FAULT, f"server error {answered}"),)
    found: list[Complaint] = []
    if refused(met):
        said = f"refused a request that production's document allows {answered}"
        found.append(Complaint(ACCEPTANCE, said))
    for check in CHECKS:
        found += _checked(case, met, old, check)
    # A refusal that no document lists is a refusal all the same.
    return tuple(
        each for each in found if not (refused(met) and each.check == UNKNOWN_STATUS)
    )


def _checked(
    case: Case[Any], met: Met, old: Admission, check: CheckFunction
) -> list[Complaint]:
    """What one check finds; what the document's reader makes of it where it cannot."""
    name = check.__name__
    try:
        try:
            case.validate_response(met.response, checks=[check])
        except FailureGroup as group:
            return [_complaint(case, met, old, each) for each in group.exceptions]
        except UNCHECKABLE:
            answer = case.operation.label, met.status, met.media, _body(met)
            allowed = old.allows_answer(*answer) if name == SCHEMA else None
            if allowed is None:
                raise
            if not allowed:
                said = f"Response violates schema (answered {met.status})"
                return [Complaint(name, said, old.faults(*answer))]
    except UNCHECKABLE as error:
        words = " ".join(str(error).split()) or type(error).__name__
        return [Complaint(UNCHECKED, words[:200])]
    return []


def _body(met: Met) -> Any:
    return None if met.data is NO_JSON else met.data


def _complaint(
    case: Case[Any], met: Met, old: Admission, failure: Failure
) -> Complaint:
    check = failure.checks[0] if failure.checks else type(failure).__name__
    message = f"{_words(failure)} (answered {met.status})"
    if check not in (SCHEMA, UNKNOWN_STATUS, UNKNOWN_FORMAT):
        return Complaint(check, message)
    answer = case.operation.label, met.status, met.media, _body(met)
    return Complaint(check, message, old.faults(*answer))


def refused(met: Met) -> bool:
    """Whether the answer says that the request itself was wrong."""
    return 400 <= met.status < 500 and met.status not in TOLERATED


def _words(failure: Failure) -> str:
    told = ": ".join(
        " ".join(part.split()) for part in (failure.title, failure.message) if part
    )
    return _DETAILS.split(told)[0].strip()
