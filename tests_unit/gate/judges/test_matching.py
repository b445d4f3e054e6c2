"""Which declared change an answer shows: told by the keywords that it violates."""

import pytest

from gate.judges.matching import explanations
from gate.model.evidence import LiveBreak
from gate.model.exchange import WireAnswer, WireRequest
from gate.openapi import Change, Direction, Level

PRODUCT = "/components/schemas/Product"
NAME, PRICE = f"{PRODUCT}/properties/name", f"{PRODUCT}/properties/price"
RESPONSES = "/paths/~1p/get/responses"


def change(rule: str, place: str, level: Level = Level.BREAKS) -> Change:
    """A change of the document at this place."""
    direction = next((d for d in Direction if rule.startswith(d)), None)
    return Change(rule, level, direction, "GET /p", place, place, rule)


GONE = change("response-field-removed", NAME)
GONE_TOO = change("response-field-removed", PRICE)
TEXT = change("response-type-changed", PRICE)
ASKED = change("request-type-changed", NAME)
STATUS = change("response-success-status-removed", f"{RESPONSES}/201")
REMOVED = change("operation-removed", "/paths/~1p/get")


@pytest.mark.parametrize(
    ("violated", "message", "shown"),
    [
        (f"{PRODUCT}/required", '"name" is a required property', [GONE]),
        (f"{PRODUCT}/required", "something is missing", [GONE, GONE_TOO]),
        (f"{PRICE}/type", "1 is not a string", [GONE_TOO, TEXT]),
        (RESPONSES, "undocumented status", [STATUS]),
        ("/components/schemas/Other/required", "", []),
        (f"{PRODUCT}s/required", "", []),
    ],
)
def test_an_answer_shows_the_changes_at_the_place_that_it_violates(
    violated: str, message: str, shown: list[Change]
) -> None:
    """A missing member those about absence, the named one first; no others."""
    live = LiveBreak(
        operation="GET /p",
        check="response_schema_conformance",
        message=message,
        request=WireRequest("GET", "/p"),
        candidate=WireAnswer(200),
        violated=(violated,),
    )
    changes = (GONE, GONE_TOO, TEXT, ASKED, STATUS)
    assert list(explanations(live, changes, {}, ())) == shown


def test_a_status_that_was_never_promised_may_show_that_the_operation_is_gone() -> None:
    """Requests to it are answered 404, of which the document said nothing."""
    live = LiveBreak(
        operation="GET /p",
        check="status_code_conformance",
        message="undocumented status",
        request=WireRequest("GET", "/p"),
        candidate=WireAnswer(404),
        declared=True,
        violated=(RESPONSES,),
    )
    assert list(explanations(live, (REMOVED, GONE), {}, ())) == [REMOVED]


def test_a_notice_explains_no_break_unless_the_team_made_it_one() -> None:
    """What the engine calls harmless cannot be what broke somebody."""
    harmless = change("response-field-removed", NAME, Level.NOTICE)
    live = LiveBreak(
        operation="GET /p",
        check="response_schema_conformance",
        message="",
        request=WireRequest("GET", "/p"),
        candidate=WireAnswer(200),
        declared=True,
        violated=(f"{PRODUCT}/required",),
    )
    assert explanations(live, (harmless,), {}, ()) == ()
    assert explanations(live, (harmless,), {}, {harmless.rule}) == (harmless,)


def test_each_keyword_that_is_violated_shows_its_own_change() -> None:
    """One that lies deeper in the document does not hide the other."""
    shallow = change("response-type-changed", "/components/schemas/A/type")
    live = LiveBreak(
        operation="GET /p",
        check="response_schema_conformance",
        message="",
        request=WireRequest("GET", "/p"),
        candidate=WireAnswer(200),
        declared=True,
        violated=(f"{PRICE}/type", "/components/schemas/A/type"),
    )
    assert list(explanations(live, (shallow, TEXT), {}, ())) == [TEXT, shallow]


def test_a_member_that_is_missing_is_not_explained_by_another_one() -> None:
    """Or what the team accepts of one field would cover every other."""
    live = LiveBreak(
        operation="GET /p",
        check="response_schema_conformance",
        message='"price" is a required property',
        request=WireRequest("GET", "/p"),
        candidate=WireAnswer(200),
        violated=(f"{PRODUCT}/required",),
    )
    assert explanations(live, (GONE,), {}, ()) == ()
    assert list(explanations(live, (GONE, GONE_TOO), {}, ())) == [GONE_TOO]
