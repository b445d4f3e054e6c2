"""The pictures of a load run: they show what was told, to everybody, and in order."""

import os
import re
import subprocess
import sys
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from gate.model.evidence import CaseRun, Completion, LoadEvidence
from gate.reports.page.pictures import Picture, pictures
from gate.reports.page.series import Followed, follow
from gate.stats.answer import Answer
from gate.stats.asked import Asked, Metric
from gate.stats.events import Arm, Event, Flow, Step, Tick, Usage
from gate.stats.readings import Reading, Result

ASKED = Asked()
LINK = "{http://www.w3.org/1999/xlink}href"
DECIDED = Followed(
    Result(Answer.WORSE, 120.0, 7.3, 180, 360, ()),
    ((1.0, 1.0), (4.0, 12.0), (7.3, 120.0)),
)


def flow(number: int, ratio: float = 1.0, *, users: int = 1, arms: int = 2) -> Flow:
    """A flow of one request: 20 to 24 ms, *ratio* times as long on the candidate."""
    took = 20.0 + number * 7 % 5
    step = Step("GET /orders", ratio * took, took if arms == 2 else None)
    return Flow(0.04 * number, number, users, (step,))


def usage(arm: Arm, grows: float, dyno: str = "web.1") -> list[Usage]:
    """Samples of a dyno that begins with 80 MB, over twelve seconds."""
    levels = [80 + grows * n / 12 for n in range(13)]
    return [
        Usage(float(n), arm, dyno, memory=level, quota=512.0)
        for n, level in enumerate(levels)
    ]


def having(*events: Event) -> LoadEvidence:
    """A run that told these events."""
    return LoadEvidence(CaseRun(Completion.COMPLETE), tuple(events), paired=True)


TWICE = having(
    *(flow(n, 2.0) for n in range(300)),
    *usage("candidate", 40.0),
    *usage("baseline", 1.0),
)


@pytest.fixture(scope="module")
def twice() -> tuple[Picture, ...]:
    """The pictures of a run in which the candidate took twice as long, and leaked."""
    return pictures(TWICE, DECIDED, ASKED)


def drawn(*events: Event) -> str:
    """The pictures of a run that was not judged, one after the other."""
    return svg(pictures(having(*events), None, ASKED))


def svg(found: Sequence[Picture]) -> str:
    """Pictures one after the other."""
    return "".join(picture.svg for picture in found)


def captions(found: Sequence[Picture]) -> str:
    """What pictures say that they show."""
    return " ".join(picture.caption for picture in found)


def titles(found: Sequence[Picture]) -> list[str]:
    """What the pictures are called."""
    return [picture.title for picture in found]


def test_a_run_is_drawn_as_latency_its_course_memory_and_evidence() -> None:
    """One request at a time and many at once are told apart."""
    crowd = [replace(flow(n, users=4), at=12 + 0.02 * n) for n in range(300)]
    found = pictures(having(*TWICE.events, *crowd), DECIDED, ASKED)
    assert titles(found) == [
        "How long answers took, one request at a time",
        "How long answers took, 4 users at once",
        "p50 and p95 over the run",
        "Memory over the run",
        "Evidence that the candidate is worse",
    ]
    assert "4 at once" in found[2].svg


def test_what_was_not_told_is_left_out() -> None:
    """And the rest is still drawn."""
    few = [flow(n) for n in range(60)]
    assert titles(pictures(having(*few), None, ASKED)) == [
        "How long answers took, one request at a time",
        "p50 and p95 over the run",
    ]
    assert pictures(having(*few[:3]), None, ASKED) == ()


def test_a_caption_states_the_finding(twice: tuple[Picture, ...]) -> None:
    """Both arms in numbers, how they compare, how it went on, and what came of it."""
    said = captions(twice)
    half = "Half of the candidate's answers took up to 44 ms, of the baseline's 22 ms"
    assert f"{half}: about 2 times as long." in said
    assert "95 % of the candidate's answers took up to 48 ms" in said
    assert "p95 was above the baseline's for 100 % of the run" in said
    assert "The candidate's web.1 went from 80 to 120 MB in 12 s." in said
    assert "The baseline's web.1 went from 80 to 81 MB in 12 s." in said
    assert "Known at 7.3 s, after 180 flows: worse." in said
    assert "reached 100, which a good release reaches in at most 1 % of runs" in said


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"since": 2.1}, "Worse from the start: memory, by about 40 KiB a request."),
        ({"since": 5.0}, "Worse from 5.0 s on: memory, by about 40 KiB a request."),
        ({"low": 50.0, "high": 60.0}, "Worse: memory."),
        ({"low": 30.0, "high": None}, "Worse: memory, by about 40 KiB a request."),
    ],
)
def test_what_is_worse_is_told_as_far_as_it_is_known(
    changes: dict[str, float | None], said: str
) -> None:
    """No estimate that its own interval contradicts, no beginning before the first."""
    worse = Reading(Metric.MEMORY, Answer.WORSE, 10.0, estimate=40.0)
    result = replace(DECIDED.result, readings=(replace(worse, **changes),))
    found = pictures(TWICE, replace(DECIDED, result=result), ASKED)
    assert said in captions(found)


def test_equal_arms_are_called_the_same() -> None:
    """A caption does not make a difference of noise."""
    same = having(*(flow(n, 1.01) for n in range(60)))
    assert "the same within 2 %" in captions(pictures(same, None, ASKED))


def test_one_arm_alone_is_drawn_and_compared_with_nothing() -> None:
    """As where no baseline runs beside the candidate."""
    alone = having(*(flow(n, arms=1) for n in range(60)), *usage("candidate", 1.0))
    found = pictures(alone, None, ASKED)
    said = captions(found)
    assert "Half of the candidate's answers took up to 22 ms." in said
    assert "of the baseline" not in said
    assert "The baseline's memory is not told." in said
    assert "--baseline" not in svg(found)


def test_the_moment_of_decision_is_in_each_picture_over_the_run(
    twice: tuple[Picture, ...],
) -> None:
    """With what was known then; where nothing was, there is none."""
    assert [picture.svg.count("7.3 s: worse") for picture in twice] == [0, 1, 1, 1]
    result = replace(DECIDED.result, answer=Answer.UNDECIDED)
    (course,) = pictures(having(*usage("candidate", 1.0)), Followed(result, ()), ASKED)
    assert "7.3 s: " not in course.svg


def test_the_quota_is_shown_where_memory_comes_near(
    twice: tuple[Picture, ...],
) -> None:
    """Far below, it would press all lines to the floor."""
    assert "quota 512 MB" not in svg(twice)
    assert "quota 512 MB" in drawn(*usage("candidate", 300.0))


def test_failed_flows_are_counted_up_so_that_one_sees_since_when() -> None:
    """Both arms'; a run in which hardly any failed has no such picture."""
    last = [replace(flow(n), candidate_failed=n >= 250) for n in range(300)]
    *_, found = pictures(having(*last), None, ASKED)
    assert found.title == "Failed flows over the run"
    said = "50 of the candidate's 300 flows failed (17 %)"
    assert found.caption == f"{said}, 0 of the baseline's 300 flows failed (0 %)."
    few = pictures(having(*last[:252]), None, ASKED)
    assert found.title not in titles(few)


def test_several_dynos_are_told_together() -> None:
    """A restarted dyno is one more."""
    two = [*usage("candidate", 4.0), *usage("candidate", 9.0, "web.2")]
    said = captions(pictures(having(*two), None, ASKED))
    assert "The candidate's 2 dynos held between 80 and 89 MB." in said


def test_the_page_chooses_the_colours(twice: tuple[Picture, ...]) -> None:
    """A picture names variables only, so that it reads on light and on dark."""
    text = re.sub(r'href="#\S*|url\(#\S*', "", svg(twice))
    assert not re.search(r"#[0-9a-fA-F]{3,6}\b|rgb\(", text)
    for variable in ("--ink", "--faint", "--baseline", "--candidate"):
        assert f"var({variable})" in text


def test_the_arms_differ_without_colour(twice: tuple[Picture, ...]) -> None:
    """The candidate's lines are whole, the baseline's dashed, and both are named."""
    lines = re.findall(r'style="fill: none; ([^"]*)"', svg(twice))
    for arm, dashed in (("candidate", False), ("baseline", True)):
        own = [each for each in lines if f"stroke: var(--{arm})" in each]
        assert own
        assert all(("stroke-dasharray" in each) == dashed for each in own)
        for picture in twice[:3]:
            assert re.search(rf">[^<]*{arm}[^<]*</text>", picture.svg)


def test_a_picture_can_be_read_aloud(twice: tuple[Picture, ...]) -> None:
    """It is one image to a screen reader, with its title and what it shows."""
    for picture in twice:
        root = ET.fromstring(picture.svg)
        assert root.get("role") == "img"
        words = {each.get("id"): each.text for each in root}
        told = [words[name] for name in root.get("aria-labelledby", "").split()]
        assert told == [picture.title, picture.caption]


def test_ids_are_the_picture_s_own_and_lead_somewhere(
    twice: tuple[Picture, ...],
) -> None:
    """Several pictures stand in one page."""
    every = [each for p in twice for each in ET.fromstring(p.svg).iter()]
    named = [each.get("id") for each in every if each.get("id")]
    assert len(named) == len(set(named))
    asked = {each.get(LINK) for each in every if each.get(LINK)}
    asked |= {f"#{name}" for name in re.findall(r"url\(#([^)]+)\)", svg(twice))}
    assert asked
    assert asked <= {f"#{name}" for name in named}


def test_no_text_of_the_app_gets_into_a_picture_as_markup() -> None:
    """A dyno may be called anything."""
    text = drawn(*usage("candidate", 1.0, '<script>"&\x1b'))
    assert "<script" not in text
    assert "\x1b" not in text
    ET.fromstring(text)


AGAIN = """
import sys
from tests_unit.gate.reports.test_pictures import ASKED, DECIDED, TWICE, pictures, svg
sys.stdout.write(svg(pictures(TWICE, DECIDED, ASKED)))
"""


def test_the_same_run_is_the_same_picture_byte_for_byte(
    twice: tuple[Picture, ...],
) -> None:
    """In another process too, whatever the order of its hashes."""
    again = subprocess.run(
        [sys.executable, "-c", AGAIN],
        env={"PYTHONHASHSEED": "7", "PYTHONPATH": ".", "HOME": os.environ["HOME"]},
        cwd=Path(__file__).parents[3],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert again.stdout == svg(twice)


def odd(ats: Iterable[float], took: float) -> list[Event]:
    """Flows at odd times that took oddly long, on both arms."""
    step = Step("GET /", took, took)
    return [Flow(at, n, 1, (step,)) for n, at in enumerate(ats)]


@pytest.mark.parametrize(
    "events",
    [
        odd(range(30), 0.0),
        odd(range(30), 20.0),
        odd([5.0] * 30, 20.0),
        odd(range(0, -30, -1), 9.0),
        odd(range(30), 1e300),
        odd(range(30), float("nan")),
        odd([float("inf")] * 30, 3.0),
        [Tick(1.0)],
        [Usage(float(n), "candidate", "web.1", memory=0.0) for n in range(4)],
        [Usage(1.0, "candidate", "web.1", memory=1e300) for _ in range(4)],
    ],
    ids=[
        *("zero", "equal", "at once", "backwards", "endless", "nan", "never"),
        *("none", "empty", "huge"),
    ],
)
def test_odd_numbers_are_drawn_or_left_out(events: list[Event]) -> None:
    """No clock step, no zero and no outlier keeps the report from being written."""
    for picture in pictures(having(*events), None, ASKED):
        ET.fromstring(picture.svg)
        assert "nan" not in picture.caption


def test_the_evidence_is_looked_at_as_the_run_went_on() -> None:
    """Up to the decision, in order, and it ends with what the run came to."""
    followed = follow(TWICE.events, ASKED)
    times = [at for at, _ in followed.evidence]
    assert times == sorted(times)
    assert followed.result.answer is Answer.WORSE
    assert followed.evidence[-1] == (followed.result.at, followed.result.e_value)
    assert followed.evidence[-1][1] >= 1 / ASKED.false_alarms
