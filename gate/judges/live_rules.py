"""What an old consumer can meet on the running candidate, as rules."""

from collections.abc import Mapping

LIVE_RULES: Mapping[str, str] = {
    "not-a-server-error": (
        "The candidate fails on a request that production's document allows."
    ),
    "positive-data-acceptance": (
        "The candidate refuses a request that production's document allows."
    ),
    "status-code-conformance": (
        "The candidate answers with a status that production's document does not name."
    ),
    "content-type-conformance": (
        "The candidate answers in a format that production's document does not name."
    ),
    "response-headers-conformance": (
        "A header that production's document promises is missing or invalid."
    ),
    "response-schema-conformance": (
        "The candidate's answer is not what production's document promises."
    ),
    "differs-from-baseline": (
        "Candidate and baseline answer a request differently, and no document says so."
    ),
}


def live_rule(check: str) -> str:
    """Return the rule of a check: its name, with dashes."""
    return check.replace("_", "-")
