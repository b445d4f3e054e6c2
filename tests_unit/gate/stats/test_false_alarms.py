"""A good release is called worse in at most the stated share of runs.

Each run is looked at after every event, as the gate does. The seeds are fixed: a count
is the same today and tomorrow. Deeper ones: tests_integration/gate/benchmarks/load.py.
"""

from collections.abc import Sequence
from dataclasses import replace

import pytest
from scipy.stats import binom, mannwhitneyu

from gate.stats.answer import Answer
from gate.stats.asked import Asked
from gate.stats.events import Event, Flow
from tests_unit.gate.stats.noise import Change, alone, stream
from tests_unit.gate.stats.runs import answered

RUNS = 2000
ALPHA = 0.01
MODELS = {
    "independent": ("iid", 120),
    "autocorrelated": ("concurrent_hard", 380),
    "drifting": ("drifting", 120),
    "bimodal heavy tail": ("bimodal", 120),
}
LATENCY = Asked(errors=None, p95=None, cpu=None, memory_hours=None, crashes=None)


def called_worse(events: Sequence[Event], asked: Asked) -> bool:
    answer, _ = answered(events, asked)
    return answer is Answer.WORSE


def peeked(events: Sequence[Event], every: int = 50) -> bool:
    """What looking again and again at a Mann-Whitney test would say."""
    steps = [event.steps[0] for event in events if isinstance(event, Flow)]
    return any(
        mannwhitneyu(
            [step.candidate for step in steps[:flows]],
            [step.baseline or 0.0 for step in steps[:flows]],
            alternative="greater",
            method="asymptotic",
        ).pvalue
        < ALPHA
        for flows in range(every, len(steps) + 1, every)
    )


@pytest.mark.parametrize("model", MODELS)
def test_a_good_release_is_worse_in_at_most_one_run_of_a_hundred(model):
    """Two thousand runs of identical code, looked at after every event.

    Latency may alarm alone: nine batches of some flows each are enough for it then.
    """
    profile, flows = MODELS[model]
    asked = replace(LATENCY, false_alarms=ALPHA)
    alarms = sum(
        called_worse(stream(profile, seed=seed, flows=flows, usage=False), asked)
        for seed in range(RUNS)
    )
    assert alarms <= ALPHA * RUNS


def test_the_same_runs_deceive_a_test_that_is_looked_at_again_and_again():
    """The streams are hard: a Mann-Whitney test at 1 % alarms far more often."""
    profile, flows = MODELS["autocorrelated"]
    runs = 100
    alarms = sum(
        peeked(stream(profile, seed=seed, flows=flows, usage=False))
        for seed in range(runs)
    )
    surprise = binom.sf(alarms - 1, runs, ALPHA)
    assert surprise < 0.001


@pytest.mark.parametrize(
    "change",
    [
        Change(errors=(0.02, 0.02)),
        Change(cold=True),
        Change(outage=(1.0, 2.0)),
        Change(latency=0.8),
    ],
    ids=["errors of both", "cold start", "outage of both", "faster"],
)
def test_what_befalls_both_arms_is_not_the_candidates_fault(change):
    """Not even against a spotless history."""
    asked = Asked(history=(0, 20_000))
    assert not any(
        called_worse(stream("serial", change, seed=seed, flows=600), asked)
        for seed in range(25)
    )


def test_a_release_at_the_tolerance_is_not_worse_either():
    """The edge of what is tolerated is where alarms are most likely."""
    change = Change(latency=1.05, cpu=1.05)
    runs = 50
    alarms = sum(
        called_worse(stream("serial", change, seed=seed, flows=600), Asked())
        for seed in range(runs)
    )
    assert binom.sf(alarms - 1, runs, ALPHA) > 0.05


@pytest.mark.parametrize("latency", [1.0, 3.0])
def test_without_a_baseline_beside_it_nothing_relative_is_answered(latency):
    """However slow: it may be the machine."""
    asked = Asked(paired=False)
    for seed in range(10):
        events = stream("concurrent", Change(latency=latency), seed=seed, flows=1000)
        answer, _ = answered(alone(events), asked)
        assert answer is Answer.UNDECIDED
