"""What runs of one release against itself say about the gate that judged them."""

import math
import random
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from gate.judges.calibrating import Trial, calibrated, interval, logs_of
from gate.ledger.calibration_file import (
    FILE,
    keep_calibration,
    load_digest,
    told_calibration,
)
from gate.model.calibration import Calibration, Machine
from gate.model.evidence import Category
from gate.model.load_questions import forms_of
from gate.model.plan import LatencyQuestions, LoadPlan
from gate.model.questions import question
from gate.model.verdict import Finding, Judgement
from gate.model.verdict import Result as Came
from gate.stats.answer import Answer
from gate.stats.asked import Metric
from gate.stats.events import Flow, Step
from gate.stats.readings import Reading, Result

PLAN = LoadPlan()
NAMED = {"at": "2025-01-02T03:04:05+00:00", "release": "v7", "slug": "s"}


def flows(scale: float, ratio: float = 1.0) -> tuple[Flow, ...]:
    """One user, then several: the same latencies, times a scale."""
    each = [20.0 * (1 + (n * 7 % 10) / 10) * scale for n in range(200)]
    return tuple(
        Flow(n * 0.1, n, 1 if n < 100 else 4, (Step("GET /", ms * ratio, ms),))
        for n, ms in enumerate(each)
    )


def trial(
    came: Came = Came.PASSED,
    excluded: float | None = 0.3,
    *,
    metric: Metric = Metric.P95,
    margin: float = 0.5,
    events: tuple[Flow, ...] = (),
) -> Trial:
    """A run that came out so, and excluded so much of one metric."""
    answer = Answer.NOT_WORSE if came is Came.PASSED else Answer.UNDECIDED
    reading = Reading(metric, answer, margin, excluded=excluded)
    rule = "load/slower-tail" if came is Came.FAILED else "evidence/undecided"
    found = (Finding(Category.LOAD, rule, "so"),) if came is not Came.PASSED else ()
    return Trial(
        12.0,
        Judgement(Category.LOAD, came, "so", found),
        Result(answer, 1.0, 12.0, 500, 2000, (reading,)),
        logs_of(events),
    )


def calibration(*trials: Trial, plan: LoadPlan = PLAN) -> Calibration:
    """What they show."""
    named = {**NAMED, "load": load_digest(plan)}
    machine = Machine(2, "Linux")
    return calibrated(
        trials, plan, machine=machine, named=named, asked_runs=len(trials)
    )


@given(st.integers(1, 300), st.data())
def test_the_interval_is_the_exact_one(trials: int, data: st.DataObject) -> None:
    """Clopper and Pearson's, at 95 %."""
    events = data.draw(st.integers(0, trials))
    oracle = stats.binomtest(events, trials).proportion_ci(method="exact")
    assert interval(events, trials) == pytest.approx(
        (oracle.low, oracle.high), abs=1e-9
    )


def test_a_release_called_worse_than_itself_is_a_false_alarm() -> None:
    """Not a run that could not decide; what spoke is counted."""
    found = calibration(
        trial(), trial(), trial(Came.FAILED), trial(Came.INSUFFICIENT), trial()
    )
    assert (found.runs, found.alarms, found.passed) == (5, 1, 3)
    assert found.lowest < 0.2 < found.highest
    assert found.because == {"load/slower-tail": 1, "evidence/undecided": 1}
    assert (found.seconds, found.requests) == (12.0, 2000)


def test_noise_that_both_arms_share_is_no_noise_between_them() -> None:
    """Runs stray by the machine's mood; pairs only by what differs in them."""
    dice = random.Random(5)
    logs = [dice.gauss(0, 0.2) for _ in range(40)]
    found = calibration(*(trial(events=flows(math.exp(each))) for each in logs))
    told = {(each.part, each.quantile): each for each in found.spreads}
    assert len(told) == 4
    for each in told.values():
        assert each.alone == pytest.approx(stats.tstd(logs), abs=1e-3)
        assert each.paired == pytest.approx(0, abs=1e-9)
    unlike = [trial(events=flows(1.0, math.exp(each))) for each in logs]
    for each in calibration(*unlike).spreads:
        assert each.paired == pytest.approx(stats.tstd(logs), abs=1e-3)


def test_what_was_excluded_is_told_for_the_middle_and_for_nine_runs_in_ten() -> None:
    """A run that excluded nothing is the worst of all."""
    (told,) = calibration(*(trial(excluded=n / 10) for n in range(1, 11))).exclusions
    assert (told.median, told.most, told.undecided) == (0.5, 0.9, 0)
    blind = trial(Came.INSUFFICIENT, None)
    (told,) = calibration(trial(), trial(), blind).exclusions
    assert (told.median, told.most, told.undecided) == (0.3, None, 1)


def test_where_runs_are_decided_no_other_setting_is_suggested() -> None:
    """One undecided run in ten is what nine in ten means."""
    assert not calibration(*[trial()] * 9, trial(Came.INSUFFICIENT, 0.9)).suggestions


def test_a_wider_margin_is_suggested_or_a_longer_run() -> None:
    """As it is written in the settings."""
    undecided = [trial(Came.INSUFFICIENT, 0.61)] * 3
    (told,) = calibration(*undecided).suggestions
    assert told == 'latency.p95 = "exclude > +75%"'
    (told,) = calibration(*[trial(Came.INSUFFICIENT, None)] * 3).suggestions
    assert told.startswith("latency.p95: not decided in 3 of 3 runs; raise longest")


@given(
    st.sampled_from(Metric),
    st.floats(1e-3, 0.5),
    st.sampled_from(["exclude > +20%", "exclude > 800 ms"]),
)
def test_every_suggestion_is_a_question_that_can_be_asked(
    metric: Metric, excluded: float, latency: str
) -> None:
    """And what was excluded would have answered it."""
    plan = LoadPlan(latency=LatencyQuestions(latency, latency))
    undecided = trial(Came.INSUFFICIENT, excluded, metric=metric, margin=excluded / 2)
    (told,) = calibration(undecided, plan=plan).suggestions
    name, _, text = told.partition(" = ")
    asked = question(text.strip('"'), *forms_of(metric))
    assert name == metric.value
    assert asked is not None
    assert asked.value >= excluded


def test_it_is_kept_and_told_in_verdicts(tmp_path: Path) -> None:
    """With the settings that it was measured with; another seed is not another one."""
    assert told_calibration(tmp_path, PLAN) == ""
    keep_calibration(tmp_path, calibration(trial(), trial()))
    told = told_calibration(tmp_path, LoadPlan(seed=77))
    assert told.startswith("calibrated 2025-01-02: 0 false alarms in 2 runs (at most")
    assert told.endswith("2 passed")
    assert "other load settings" in told_calibration(tmp_path, LoadPlan(users=9))
    (tmp_path / FILE).write_text("{")
    assert "run python -m gate calibrate again" in told_calibration(tmp_path, PLAN)


def test_fewer_runs_of_the_same_do_not_replace_more(tmp_path: Path) -> None:
    """Of another release, other settings, another machine, or as many they do."""
    more, fewer = calibration(*[trial()] * 3), calibration(trial(Came.FAILED))
    assert keep_calibration(tmp_path, more) == more
    assert keep_calibration(tmp_path, fewer) == more
    assert "in 3 runs" in told_calibration(tmp_path, PLAN)
    for other in (
        replace(fewer, slug="t"),
        replace(fewer, load="other"),
        replace(fewer, machine=Machine(64, "Linux")),
        replace(more, alarms=2),
    ):
        assert keep_calibration(tmp_path, more) == more
        assert keep_calibration(tmp_path, other) == other
    (tmp_path / FILE).write_text("{")
    assert keep_calibration(tmp_path, fewer) == fewer
