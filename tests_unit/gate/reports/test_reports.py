"""How a run is told, to a person and to a machine."""

import io
import json
import unicodedata
from dataclasses import replace
from typing import get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gate.errors import ExitCode, GateError, Held, SettingsInvalid, UsageProblem
from gate.judges import judge
from gate.ledger.records import HoldAcknowledged, Record, RunClosed, RunOpened
from gate.model.ending import Ending, Standing, ended_by
from gate.model.evidence import SUITES, CaseRun, Category, Completion, EvidenceBundle
from gate.model.verdict import Action, Judgement, Result, Row, Verdict
from gate.reports.machine import (
    as_json,
    ending_document,
    error_document,
    verdict_document,
)
from gate.reports.terminal import Progress, show_ending, show_error, show_verdict
from tests_unit.gate.fakes.anything import any_of
from tests_unit.gate.fakes.good_run import (
    BUNDLE,
    FAILED,
    POLICY,
    UNIT,
    subject,
)

PASSED = judge(subject(), BUNDLE, POLICY)
RED = replace(UNIT, run=CaseRun(Completion.COMPLETE, (FAILED,) * 9))
STOPPED = judge(subject(), replace(BUNDLE, unit=RED, load=None), POLICY)
ENDING = Ending(
    run="20250102-030405-abcd",
    exit_code=ExitCode.BLOCKED,
    says="blocked: shop-staging v12 stays on staging",
    staging="shop-staging v12",
    production="shop-production v7",
    evidence="/work/shop/.gate/runs/20250102-030405-abcd/evidence",
    verdict=STOPPED,
)
SLOW = settings(max_examples=40, deadline=None)


def shown(ending: Ending) -> str:
    """What is printed of an ending."""
    out = io.StringIO()
    show_ending(ending, out)
    return out.getvalue()


def harmless(text: str) -> bool:
    """Whether text holds nothing that could steer a terminal."""
    hidden = {"Cc", "Cf", "Cs"}
    return not any(unicodedata.category(c) in hidden for c in text if c not in "\n\t")


@given(any_of(Ending))
@SLOW
def test_whatever_was_seen_the_screen_is_safe(ending: Ending) -> None:
    """Text of the app, the platform and the tests passes no control character on."""
    assert harmless(shown(ending))


@given(any_of(Verdict))
@SLOW
def test_the_whole_verdict_is_safe_too(verdict: Verdict) -> None:
    """With all its examples."""
    out = io.StringIO()
    show_verdict(verdict, out, whole=True)
    assert harmless(out.getvalue())


@given(any_of(*get_args(Record)))
@SLOW
def test_progress_is_safe_for_every_record(record: Record) -> None:
    """One kind as much as the other."""
    out = io.StringIO()
    Progress(out)(record)
    assert harmless(out.getvalue())


@given(st.text(), st.text(), st.text())
def test_errors_are_safe(what: str, why: str, advice: str) -> None:
    """Also when they quote somebody."""
    out = io.StringIO()
    show_error(GateError(what, why=why, advice=advice), out)
    assert harmless(out.getvalue())


def test_each_mistake_in_the_settings_has_a_line_of_its_own() -> None:
    """Several in one line are read as one."""
    out = io.StringIO()
    show_error(SettingsInvalid(("a: no", "b: no"), advice="correct them"), out)
    assert out.getvalue().splitlines()[1:] == [
        "  why: a: no",
        "  why: b: no",
        "  next: correct them",
    ]


def test_of_one_suite_it_is_told_how_it_came_out_and_no_action_follows() -> None:
    """Nothing is promoted, nor rolled back, for the load alone."""
    row = Row(Category.LOAD, Result.FAILED, "slower", Action.ROLL_BACK)
    verdict = Verdict("shop-staging v5", Action.ROLL_BACK, (row,), ())
    assert verdict.words == "load failed"
    out = io.StringIO()
    show_verdict(verdict, out)
    assert "action" not in out.getvalue()
    assert "roll back" not in out.getvalue()


@pytest.mark.parametrize("verdict", [PASSED, STOPPED])
def test_the_table_names_every_category(verdict: Verdict) -> None:
    """With its result, in each verdict."""
    told = shown(replace(ENDING, verdict=verdict))
    for row in verdict.rows:
        (line,) = [
            line for line in told.splitlines() if line.startswith(f"  {row.category} ")
        ]
        assert row.result.value in line
    assert len(verdict.rows) == len(SUITES)


def test_a_person_reads_why_where_and_what_next() -> None:
    """The rule, an example, how to reproduce it, what serves, where evidence lies."""
    told = shown(ENDING)
    assert "unit/test-failed: " in told
    assert "assert 1 == 2" in told
    assert f"reproduce: {STOPPED.because[0].reproduce}" in told
    assert "and 5 more findings" in told
    assert ENDING.says in told
    assert "shop-staging v12 serves; shop-production v7 serves" in told
    assert ENDING.evidence in told.replace("\n", "")
    assert f"python -m gate explain {ENDING.run}" in told


def test_the_watch_is_told_with_its_result() -> None:
    """Beside the verdict."""
    watched = Judgement(SUITES[0], Result.FAILED, "3 crashes in production")
    assert "✗ watch: 3 crashes in production" in shown(replace(ENDING, watched=watched))


def test_marks_are_not_told_by_colour_alone() -> None:
    """A reader without colours sees pass and failure as well."""
    told = shown(ENDING)
    assert "✓ passed" in told
    assert "✗ failed" in told
    assert "\x1b" not in told


def test_square_brackets_in_what_was_seen_are_shown_as_they_are() -> None:
    """They are no markup."""
    rows = (replace(PASSED.rows[0], seen="[bold]500[/bold] at [/orders]"),)
    verdict = replace(PASSED, rows=(*rows, *PASSED.rows[1:]))
    assert "[bold]500[/bold] at [/orders]" in shown(replace(ENDING, verdict=verdict))


@given(any_of(Ending))
@SLOW
def test_the_document_of_an_ending_has_words(ending: Ending) -> None:
    """Outcome and actions in words beside the numbers; it is JSON, whatever was seen."""
    document = json.loads(as_json(ending_document(ending)))
    assert document["schema"] == 1
    assert document["outcome"].replace(" ", "").isalpha()
    assert document["exit_code"] == int(ending.exit_code)
    assert document["says"] == ending.says
    if ending.verdict is not None:
        told = document["verdict"]
        assert told["action"] in {"promote", "block", "roll back"}
        assert [row["action"] for row in told["rows"]] == [
            row.action.words for row in ending.verdict.rows
        ]


def test_the_document_of_a_verdict_is_complete() -> None:
    """Every row and every finding, with its rule and example."""
    document = verdict_document(STOPPED)
    assert [row["category"] for row in document["rows"]] == [c.value for c in SUITES]
    assert len(document["because"]) == len(STOPPED.because)
    assert document["because"][0]["rule"] == "unit/test-failed"
    assert document["action"] == "block"


def test_the_document_of_an_error_says_what_the_person_reads() -> None:
    """What, why, next, and the exit code."""
    error = UsageProblem("it is dirty", why="a.py", advice="commit it")
    assert error_document(error) == {
        "schema": 1,
        "outcome": "usage",
        "exit_code": 2,
        "what": "it is dirty",
        "why": "a.py",
        "advice": "commit it",
        "standing": None,
        "known": "",
    }


def test_a_release_without_evidence_is_told_in_both_forms() -> None:
    """Nothing is shown as passed."""
    verdict = judge(subject(), EvidenceBundle(), POLICY)
    assert "✓" not in shown(replace(ENDING, verdict=verdict))
    results = {row["result"] for row in verdict_document(verdict)["rows"]}
    assert results == {"insufficient"}


# What holds in production


@pytest.mark.parametrize("standing", Standing)
def test_what_holds_in_production_has_a_line_of_its_own(standing: Standing) -> None:
    """In one of three words, with how it is known; for a machine in two members."""
    ending = replace(ENDING, standing=standing, known="shop-production v7: it answers")
    told = shown(ending).splitlines()
    assert f"production: {standing}: shop-production v7: it answers" in told
    assert "shop-staging v12 serves" in told
    document = ending_document(ending)
    assert document["standing"] == standing
    assert document["known"] == "shop-production v7: it answers"


def test_an_error_tells_what_holds_as_an_ending_does() -> None:
    """To a person before what to do next; and as an ending of its run."""
    error = Held("two released at once", why="v8", advice="look who did")
    error.standing = "held"
    error.known = "shop-production v9 is live; it was not watched"
    out = io.StringIO()
    show_error(error, out)
    assert out.getvalue().splitlines()[2:] == [
        f"production: held: {error.known}",
        "  next: look who did",
    ]
    document = error_document(error)
    assert document["standing"] == "held"
    assert document["known"] == "shop-production v9 is live; it was not watched"
    ending = ended_by("run-1", error)
    assert (ending.standing, ending.known) == (Standing.HELD, document["known"])
    assert "  next: look who did" in shown(ending)


def test_each_way_to_go_on_has_a_line_of_its_own() -> None:
    """A person chooses among commands by reading them one below the other."""
    lines = shown(replace(ENDING, advice="look: a b\nthen: c d")).splitlines()
    assert lines[lines.index("  next: look: a b") + 1] == "        then: c d"


def test_where_production_was_no_matter_nothing_is_said_of_it() -> None:
    """Neither in an ending nor in an error."""
    assert "production:" not in shown(ENDING)
    document = error_document(UsageProblem("no"))
    assert (document["standing"], document["known"]) == (None, "")


def test_that_a_hold_was_acknowledged_is_told_and_nothing_is_settled_by_it() -> None:
    """The run had ended; it was not broken off."""
    out = io.StringIO()
    Progress(out)(HoldAcknowledged("left", "", "Ada", "it was mine"))
    (line,) = out.getvalue().splitlines()
    assert line.endswith("s  run left: held, acknowledged by Ada: it was mine")


def test_what_an_earlier_command_left_is_told_when_it_is_settled() -> None:
    """Before the run that comes after it begins; of one's own run nothing is said."""
    out = io.StringIO()
    progress = Progress(out)
    for record in (
        RunClosed("left", "", 130, "nothing was promoted"),
        RunOpened("own", "", "promote", "s", "p", "c" * 40),
        RunClosed("own", "", 0, "promoted"),
    ):
        progress(record)
    lines = [line.partition("s  ")[2] for line in out.getvalue().splitlines()]
    assert lines == [
        "run left was broken off: settling it",
        "run left is settled: nothing was promoted",
        "run own: promote cccccccc",
    ]
