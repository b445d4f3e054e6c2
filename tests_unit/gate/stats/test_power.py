"""What is worse is found, the sooner the worse it is; what is not worse passes."""

import random
import statistics
from collections.abc import Iterable, Iterator, Sequence

import pytest
from scipy.stats import binom

from gate.stats.answer import Answer
from gate.stats.asked import Asked, Metric
from gate.stats.events import Event, Flow
from gate.stats.monitor import Monitor, monitored
from tests_unit.gate.stats.noise import NONE, Change, stream
from tests_unit.gate.stats.runs import answered

RUNS = 10
HISTORY = (0, 20_000)


def streams(
    profile: str, change: Change, *, runs: int = RUNS, flows: int = 800
) -> Iterator[list[Event]]:
    return (stream(profile, change, seed=seed, flows=flows) for seed in range(runs))


def answers(found: Iterable[Sequence[Event]], asked: Asked) -> list[Answer]:
    return [answered(events, asked)[0] for events in found]


def needed(found: Iterable[Sequence[Event]], asked: Asked) -> list[int]:
    """How many flows each answer took."""
    return [
        sum(isinstance(event, Flow) for event in events[: answered(events, asked)[1]])
        for events in found
    ]


def share(found: Sequence[Answer], answer: Answer) -> float:
    return found.count(answer) / len(found)


@pytest.mark.parametrize("margin", [0.1, 0.5])
def test_the_share_that_is_found_grows_with_the_slow_down(margin):
    """From none at no slow-down to all at twice the margin."""
    asked = Asked(p50=margin)
    halves = [
        share(
            answers(streams("serial_noisy", Change(latency=1 + part * margin)), asked),
            Answer.WORSE,
        )
        for part in (0, 0.5, 1, 2)
    ]
    assert halves == sorted(halves)
    assert halves[0] == 0
    assert halves[2] >= 0.9
    assert halves[3] == 1


def test_the_worse_the_sooner():
    """Half as slow again is found before a fifth, twice as slow before that."""
    slow, slower, slowest = (
        statistics.median(
            needed(streams("concurrent", Change(latency=latency)), Asked())
        )
        for latency in (1.2, 1.5, 2.0)
    )
    assert slow > slower >= slowest


@pytest.mark.parametrize(
    ("profile", "change", "metric", "flows"),
    [
        ("serial", Change(latency=1.2), Metric.P50, 600),
        ("serial", Change(tail=0.1), Metric.P95, 3000),
        ("serial", Change(latency=1.6, route="/orders/{id}"), Metric.P50, 1500),
        ("two_phases", Change(errors=(0.0, 0.05)), Metric.ERRORS, 800),
        ("two_phases", Change(errors=(0.01, 0.06)), Metric.ERRORS, 1500),
        ("two_phases", Change(leak=10.0), Metric.MEMORY, 3000),
        ("two_phases", Change(leak=1024.0), Metric.MEMORY, 3000),
        ("two_phases", Change(cpu=1.3), Metric.CPU, 1500),
        ("two_phases", Change(crashes=0.5), Metric.CRASHES, 2000),
    ],
    ids=str,
)
def test_each_kind_of_worsening_is_found_and_named(profile, change, metric, flows):
    """By the metric that it shows in."""
    runs = streams(profile, change, runs=6, flows=flows)
    found = [monitored(events, Asked()) for events in runs]
    assert all(each.answer is Answer.WORSE for each in found)
    named = [each.of(metric) for each in found]
    assert all(each is not None and each.answer is Answer.WORSE for each in named)


def test_a_stored_history_finds_rare_errors_sooner():
    """One flow in a hundred fails, none did before."""
    runs = list(streams("serial", Change(errors=(0.0, 0.01)), flows=1500))
    alone, helped = (
        statistics.mean(needed(runs, asked))
        for asked in (Asked(), Asked(history=HISTORY))
    )
    assert helped < alone


def test_a_release_that_is_as_good_passes_within_forty_seconds():
    """With all that is asked by default."""
    found = answers(streams("two_phases", NONE, runs=6, flows=8000), Asked())
    assert share(found, Answer.NOT_WORSE) >= 0.8
    assert share(found, Answer.WORSE) == 0


@pytest.mark.parametrize("margin", [0.1, 0.3])
def test_a_release_that_is_worse_by_the_margin_passes_as_rarely_as_stated(margin):
    """In one run of twenty at most."""
    runs, change = 80, Change(latency=1 + margin)
    # Only latency is asked: nothing else could hold the pass back.
    asked = Asked(
        p50=margin, p95=None, errors=None, cpu=None, memory_hours=None, crashes=None
    )
    found = answers(streams("iid", change, runs=runs, flows=300), asked)
    passed = found.count(Answer.NOT_WORSE)
    assert binom.sf(passed - 1, runs, asked.false_passes) > 0.05


RUNS_OF_ALL_KINDS = [
    ("serial", NONE),
    ("concurrent_hard", NONE),
    ("two_phases", Change(latency=1.3, errors=(0.01, 0.02))),
    ("two_phases", Change(leak=50.0, crashes=0.1)),
    ("bimodal", Change(tail=0.1, outage=(3.0, 4.0))),
]


@pytest.mark.parametrize(("profile", "change"), RUNS_OF_ALL_KINDS, ids=str)
def test_event_by_event_or_all_at_once_is_the_same(profile, change):
    """And looking in between changes nothing."""
    events = stream(profile, change, seed=4, flows=1500)
    monitor = Monitor(Asked())
    answer = Answer.UNDECIDED
    for number, event in enumerate(events):
        answer = monitor.feed(event)
        if number % 300 == 0:
            assert monitor.result().answer is answer
        if answer is not Answer.UNDECIDED:
            break
    assert monitor.result() == monitored(events, Asked())


@pytest.fixture(scope="module", params=RUNS_OF_ALL_KINDS, ids=str)
def undecided(request):
    """A run up to just before its answer: one so short excludes no crashes."""
    profile, change = request.param
    events = stream(profile, change, seed=5, flows=1200, seconds=12)
    answer, number = answered(events, Asked())
    if answer is not Answer.UNDECIDED:
        events = events[: number - 1]
    assert answered(events, Asked()) == (Answer.UNDECIDED, len(events))
    return events


@pytest.mark.parametrize("kept", [0.98, 0.7, 0.2])
def test_losing_flows_never_makes_an_undecided_run_pass(undecided, kept):
    """Two in a hundred or four in five: what is not there proves nothing."""
    dice = random.Random(6)
    thinned = [
        event
        for event in undecided
        if not isinstance(event, Flow) or dice.random() < kept
    ]
    assert answered(thinned, Asked())[0] is not Answer.NOT_WORSE
