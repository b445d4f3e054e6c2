"""One finding, shown whole, from whatever its evidence holds."""

import io
import json
import unicodedata
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st
from rich.console import Console

from gate.judges.grading import Grade
from gate.judges.joining import Joined, Standing
from gate.ledger.records import RECORD, VerdictReached
from gate.model.evidence import Category, LiveBreak, Trial
from gate.model.exchange import WireAnswer, WireRequest
from gate.model.verdict import Finding
from gate.openapi import Change, Level
from gate.reports.finding import Told, finding_document, show_finding
from gate.reports.machine import as_json
from gate.reports.terminal import console
from tests_unit.gate.fakes.anything import any_of

CHANGE = Change(
    "response-field-removed", Level.BREAKS, None, "GET /", "/a", "/b", "`a` is gone"
)
LIVE = LiveBreak(
    "GET /",
    "response_schema_conformance",
    "no a",
    WireRequest("GET", "/", secrets={"Authorization": "API_TOKEN"}),
    WireAnswer(200, "application/json", '{"b": 1}'),
    WireAnswer(200, "application/json", '{"a": 1, "b": 1}'),
    on_baseline=False,
    replays=2,
)
FINDING = Finding(Category.CONTRACT, "contract/response-field-removed", "`a` is gone")
TOLD = Told(
    "20250102-030405-abcd",
    replace(FINDING, standing="declared and confirmed"),
    Joined(
        Grade("3f2a9c01be", CHANGE, Level.BREAKS),
        Standing.CONFIRMED,
        Level.BREAKS,
        lived=(LIVE,),
    ),
    LIVE.request,
    "http://candidate",
    "http://baseline",
    "http://production",
)
ANY_TOLD = st.builds(
    Told,
    st.text(),
    any_of(Finding),
    st.none()
    | st.builds(
        Joined,
        st.just(Grade("3f2a9c01be", CHANGE, Level.BREAKS)),
        st.sampled_from(Standing),
        st.just(Level.BREAKS),
        st.none() | any_of(Trial),
        st.lists(any_of(LiveBreak), max_size=2).map(tuple),
    ),
    st.none() | any_of(WireRequest),
    st.text(),
    st.text(),
)


def shown(told: Told, width: int = 0) -> str:
    """What is printed: on a terminal of this width, or into a log."""
    out = io.StringIO()
    terminal = Console(file=out, width=width, force_terminal=True, highlight=False)
    show_finding(told, terminal if width else console(out))
    return out.getvalue()


@given(ANY_TOLD)
@settings(max_examples=40, deadline=None)
def test_whatever_was_seen_it_is_safe_to_show_and_to_write_as_json(told: Told) -> None:
    """Text of the app passes no control character on."""
    hidden = {"Cc", "Cf", "Cs"}
    text = shown(told).replace("\n", "").replace("\t", "")
    assert not {unicodedata.category(c) for c in text} & hidden
    document = json.loads(as_json(finding_document(told)))
    assert document["finding"]["id"] == told.finding.id


def test_answers_stand_side_by_side_where_there_is_room() -> None:
    """And one after the other in a log or a narrow window; the difference is marked."""
    (line,) = [each for each in shown(TOLD, width=120).splitlines() if '"a": 1' in each]
    assert "!" in line
    for narrow in (shown(TOLD), shown(TOLD, width=60)):
        assert "baseline answered:" in narrow
        assert "candidate answered:" in narrow


def test_a_person_learns_how_sure_it_is() -> None:
    """The standing, how many met it, and how often it was seen again."""
    told = shown(TOLD)
    assert "standing: declared and confirmed" in told
    assert "met by 1 request of old consumers" in told
    assert "the same again in 2 replays on both sides" in told


def test_what_is_not_safe_is_never_asked_of_production() -> None:
    """Without a baseline beside the candidate a GET goes there, a POST nowhere."""
    alone = replace(TOLD, baseline="")
    assert "http://production/" in shown(alone)
    post = replace(alone, request=replace(LIVE.request, method="POST"))
    assert "http://production" not in shown(post)
    assert finding_document(post)["curl"].keys() == {"candidate"}


def test_a_finding_of_an_older_gate_is_read_and_gets_its_id() -> None:
    """Its record has none of the newer members."""
    old = {
        "kind": "verdict reached",
        "run": "a",
        "at": "2025-01-02T03:04:05Z",
        "verdict": {
            "release": "shop v1",
            "action": 1,
            "rows": [],
            "because": [
                {
                    "category": "unit",
                    "rule": "unit/test-failed",
                    "summary": "it failed",
                    "example": "E 1 == 2",
                    "reproduce": "pytest -m 'gate and unit' 'a::b'",
                    "about": None,
                }
            ],
        },
    }
    record = RECORD.validate_json(json.dumps(old))
    assert isinstance(record, VerdictReached)
    (finding,) = record.verdict.because
    assert len(finding.id) == 10
    assert finding.standing == ""
