"""Questions to a load run: as people write them, and what they are in numbers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gate.model.load_budget import unaffordable
from gate.model.load_questions import asked_of, questions_of
from gate.model.plan import LatencyQuestions, LoadPlan
from gate.model.questions import (
    CPU,
    CRASHES,
    FORMS,
    GROWTH,
    LIMIT,
    QUOTA,
    RELATIVE,
    SHARE,
    Form,
    question,
)
from gate.stats.asked import Metric

QUOTED = "must not reach the dyno quota within 24 h"


@pytest.mark.parametrize(
    ("text", "form", "value"),
    [
        ("exclude > 1%", SHARE, 0.01),
        ("exclude > 0.05%", SHARE, 0.0005),
        ("exclude > +20%", RELATIVE, 0.2),
        ("exclude > 800 ms", LIMIT, 800),
        ("exclude > +30% per request", CPU, 0.3),
        ("exclude > 10 KiB per request", GROWTH, 10),
        (QUOTED, QUOTA, 24),
        ("exclude > 1 per 10 min", CRASHES, 1 / 600),
        ("exclude > 2 per h", CRASHES, 2 / 3600),
        ("exclude > 1 per 7 day", CRASHES, 1 / 604_800),
        ("  exclude >  1 per  5 s ", CRASHES, 0.2),
    ],
)
def test_a_question_is_a_number(text: str, form: Form, value: float) -> None:
    """Whatever its form, and however it is spaced; it may be asked where told."""
    forms = next(forms for forms in FORMS.values() if form in forms)
    asked = question(text, *forms)
    assert asked is not None
    assert asked.form is form
    assert asked.value == pytest.approx(value)
    assert not asked.where_told
    told = question(f"{text.strip()}, where told", *forms)
    assert told is not None
    assert (told.value, told.where_told) == (asked.value, True)


@pytest.mark.parametrize("name", FORMS)
def test_every_question_may_be_left_out(name: str) -> None:
    """In the same two words."""
    assert question("not asked", *FORMS[name]) is None


@pytest.mark.parametrize("name", FORMS)
@given(text=st.text(max_size=30))
def test_any_other_text_is_refused_with_what_could_be_written(
    name: str, text: str
) -> None:
    """Each form is shown, and what is shown is itself a question."""
    with pytest.raises(ValueError, match="is no question that can be answered") as told:
        question(f"?{text}", *FORMS[name])
    for form in FORMS[name]:
        assert f'"{form.example}"' in str(told.value)
        assert question(form.example, *FORMS[name]) is not None


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("exclude > 0%", "errors"),
        ("exclude > 100%", "errors"),
        ("exclude > +0%", "p50"),
        ("exclude > 0 ms", "p95"),
        ("exclude > 1 per 0 s", "crashes"),
        (f"exclude > +{'9' * 400}%", "slower"),
    ],
)
def test_a_margin_that_excludes_nothing_is_refused(text: str, name: str) -> None:
    """No share, all of them, or no time at all."""
    with pytest.raises(ValueError, match="nothing that could be excluded"):
        question(text, *FORMS[name])


def test_a_plan_is_asked_in_numbers() -> None:
    """With what the run has at hand: a baseline, a history."""
    plan = LoadPlan(
        errors="exclude > 2%",
        latency=LatencyQuestions(p50="exclude > +10%", p95="exclude > 900 ms"),
        crashes="not asked",
        memory=QUOTED,
        rate=7.0,
        users=3,
    )
    asked = asked_of(plan, paired=True, history=(1, 5000))
    assert (asked.errors, asked.p50, asked.p95, asked.p95_limit) == (
        0.02,
        0.1,
        None,
        900.0,
    )
    assert (asked.crashes, asked.memory, asked.memory_hours) == (None, None, 24.0)
    assert (asked.rate, asked.users, asked.history) == (7.0, 3, (1, 5000))
    assert asked.where_told == {Metric.CPU}
    assert set(asked.metrics()) == set(questions_of(plan))


def test_a_first_release_is_asked_only_what_needs_no_other() -> None:
    """Errors as a share of all flows, crashes, and limits."""
    plan = LoadPlan(latency=LatencyQuestions(p95="exclude > 900 ms"))
    asked = asked_of(plan, paired=False, first=True)
    assert set(asked.metrics()) == {Metric.ERRORS, Metric.P95, Metric.CRASHES}
    assert asked.first
    assert not asked.paired


def test_a_run_of_several_users_must_have_seen_them() -> None:
    """The serial part alone passes no release that many will use at once."""
    assert asked_of(LoadPlan(users=2), paired=True).loaded
    assert not asked_of(LoadPlan(users=1), paired=True).loaded


def test_without_a_baseline_the_relative_questions_stay() -> None:
    """A run that cannot answer them must not look as if nobody had asked."""
    plan = LoadPlan()
    alone, beside = asked_of(plan, paired=False), asked_of(plan, paired=True)
    assert set(alone.metrics()) == set(beside.metrics()) == set(Metric)


def test_the_defaults_can_be_afforded_everywhere() -> None:
    """Nobody needs to set anything to begin with."""
    assert not list(unaffordable(LoadPlan(), "local"))
    assert not list(unaffordable(LoadPlan(), "heroku"))


@pytest.mark.parametrize(
    ("plan", "platform", "told"),
    [
        (
            LoadPlan(crashes="exclude > 1 per 10 min"),
            "local",
            ["crashes:", "needs 1,798 s", "at 95 %", "longest to 1798", "it is 60 s"],
        ),
        (
            LoadPlan(crashes="exclude > 1 per 10 min", false_passes=0.01),
            "local",
            ["crashes:", "needs 2,764 s", "at 99 %"],
        ),
        (
            LoadPlan(errors="exclude > 0.01%"),
            "local",
            ["errors:", "29,956 flows", "59,912 requests", "most_requests to 59912"],
        ),
        (
            LoadPlan(arrivals=2.0),
            "local",
            ["errors:", "299 flows", "2 a second", "raise arrivals or longest"],
        ),
        (
            LoadPlan(latency=LatencyQuestions(p50="exclude > +3%")),
            "local",
            ["latency.p50:", "differ by up to 1.3 %", "+4% or more"],
        ),
        (
            LoadPlan(memory=QUOTED),
            "heroku",
            ["memory:", "8 samples", "longest to 160", "where told"],
        ),
        (
            LoadPlan(cpu="exclude > +30% per request"),
            "heroku",
            ["cpu:", "never told by Heroku", "where told"],
        ),
        (
            LoadPlan(longest=240.0, deadline=200.0),
            "local",
            ["deadline:", "set it to 300 or more"],
        ),
    ],
)
def test_what_no_run_within_its_budget_could_answer_is_told_beforehand(
    plan: LoadPlan, platform: str, told: list[str]
) -> None:
    """With the setting, what would be needed, and what to change."""
    (said,) = unaffordable(plan, platform)
    for part in told:
        assert part in said


def test_what_heroku_is_not_told_in_time_is_told_in_more_time() -> None:
    """Memory in three minutes of load is a question that can be answered there."""
    plan = LoadPlan(memory=QUOTED, longest=180.0)
    assert not list(unaffordable(plan, "heroku"))
