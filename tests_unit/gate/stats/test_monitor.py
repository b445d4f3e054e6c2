"""A run watched event by event: what is answered, when, and what cannot break it."""

import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gate.stats.answer import Answer
from gate.stats.asked import Asked, Metric
from gate.stats.budget import needs
from gate.stats.events import Crash, Flow, Step, Tick, Usage
from gate.stats.monitor import Monitor, monitored

LATENCY = Asked(errors=None, p95=None, cpu=None, memory_hours=None, crashes=None)
ERRORS = Asked(p50=None, p95=None, cpu=None, memory_hours=None, crashes=None)
RATE = 100  # flows a second


def flow(number, candidate=10.0, baseline=10.0, *, at=None, route="GET /", **more):
    when = number / RATE if at is None else at
    steps = (Step(route, candidate, baseline),)
    return Flow(when, number, more.pop("users", 1), steps, **more)


def failing(number, *, candidate=False, baseline=False, route="GET /", **more):
    if not (candidate or baseline):
        return flow(number, route=route, **more)
    at = number / RATE
    return Flow(at, number, 1, (), candidate, baseline, route=route, **more)


def jitter(number):
    """Return a deterministic wobble of some per cent, without a direction."""
    return 1 + 0.03 * math.sin(number * 2.4)


times = st.floats(allow_nan=True, allow_infinity=True) | st.floats(0, 60)
milliseconds = st.floats(allow_nan=True, allow_infinity=True) | st.floats(0, 100)
arms = st.sampled_from(["candidate", "baseline"])
events = st.one_of(
    st.builds(Tick, times),
    st.builds(Crash, times, arms, st.just("web.1"), st.just("crashed")),
    st.builds(Usage, times, arms, st.just("web.1"), milliseconds, milliseconds, times),
    st.builds(
        Flow,
        times,
        st.integers(-1, 40),
        st.sampled_from([1, 4]),
        st.builds(
            Step, st.sampled_from("ab"), milliseconds, st.none() | milliseconds
        ).map(lambda step: (step,)),
        st.booleans(),
        st.booleans(),
    ),
)


@given(st.lists(events, max_size=20), st.booleans())
def test_no_event_however_mad_raises_and_streaming_equals_batch(seen, paired):
    """Clock steps, NaN, zeros, infinities, gaps: one answer, the same in both ways."""
    asked = Asked(paired=paired, history=(1, 2_000), crashes=1.0)
    monitor = Monitor(asked)
    for event in seen:
        monitor.feed(event)
    assert repr(monitor.result()) == repr(monitored(seen, asked))
    assert monitor.result().answer is not Answer.NOT_WORSE


def test_equal_latencies_pass_and_say_what_they_exclude():
    """Zero variance is no reason for doubt."""
    result = monitored((flow(number) for number in range(600)), LATENCY)
    reading = result.of(Metric.P50)
    assert result.answer is Answer.NOT_WORSE
    assert reading is not None
    assert reading.excluded is not None
    assert reading.estimate == 0
    assert 0 < reading.excluded <= 0.2
    assert result.flows < 250


@pytest.mark.parametrize(("slower", "answer"), [(1.0, "not worse"), (1.3, "worse")])
def test_latencies_of_zero_have_no_ratio_and_no_exception(slower, answer):
    """A timer too coarse for some answers does not hide the others."""
    run = (flow(n, 0.0 if n % 50 == 0 else slower, 1.0) for n in range(600))
    assert monitored(run, LATENCY).answer == answer


def test_a_slow_down_is_dated_and_measured():
    """From 3 s on half as slow again: found in less than a second, told from when."""
    run = (
        flow(n, 10 * jitter(n) * (1.5 if n >= 300 else 1), 10 * jitter(n + 1))
        for n in range(900)
    )
    asked = replace(LATENCY, false_passes=1e-300)
    result = monitored(run, asked)
    reading = result.of(Metric.P50)
    assert result.answer is Answer.WORSE
    assert result.at < 5
    assert reading is not None
    assert reading.since == pytest.approx(3, abs=0.2)
    assert reading.estimate == pytest.approx(0.5, abs=0.05)


def test_one_slow_route_of_five_is_found_and_named():
    """All together it would be a slow-down of a few per cent."""
    run = (
        flow(n, 10 * jitter(n) * (1.6 if n % 5 == 4 else 1), route=f"GET /{n % 5}")
        for n in range(3000)
    )
    result = monitored(run, replace(LATENCY, false_passes=1e-300))
    reading = result.of(Metric.P50)
    assert result.answer is Answer.WORSE
    assert reading is not None
    assert reading.route == "GET /4"
    assert reading.estimate == pytest.approx(0.6, abs=0.1)


def test_what_is_accepted_passes_although_it_is_slower():
    """A tenth slower, where a fifth was to be excluded, passes and is told."""
    run = (flow(n, 11 * jitter(n), 10 * jitter(n + 1)) for n in range(900))
    result = monitored(run, LATENCY)
    reading = result.of(Metric.P50)
    assert result.answer is Answer.NOT_WORSE
    assert reading is not None
    assert reading.estimate == pytest.approx(0.1, abs=0.02)


def test_a_faster_release_is_never_worse():
    """Half the time is no regression."""
    run = [flow(n, 5 * jitter(n), 10 * jitter(n + 1)) for n in range(900)]
    assert monitored(run, LATENCY).answer is Answer.NOT_WORSE


def test_without_a_baseline_latency_stays_open():
    """However slow: an arm that ran at another time is no comparison."""
    run = [flow(n, 100.0, None) for n in range(2000)]
    result = monitored(run, replace(LATENCY, paired=False))
    reading = result.of(Metric.P50)
    assert result.answer is Answer.UNDECIDED
    assert reading is not None
    assert "no baseline" in reading.wanting


@pytest.mark.parametrize(("ms", "answer"), [(90.0, "worse"), (60.0, "not worse")])
def test_a_limit_in_milliseconds_needs_no_baseline(ms, answer):
    """A limit is passed, or kept, by the candidate alone."""
    asked = replace(LATENCY, p50=None, p50_limit=80.0, paired=False)
    run = [flow(n, ms * jitter(n), None) for n in range(3000)]
    result = monitored(run, asked)
    reading = result.of(Metric.P50)
    assert result.answer == answer
    assert reading is not None
    assert reading.estimate == pytest.approx(ms, rel=0.02)


@pytest.mark.parametrize("kept", [range(1, 3000), [*range(1500), *range(1501, 3000)]])
def test_a_lost_flow_never_turns_into_a_pass(kept):
    """A gap in the numbers is trouble, and trouble does not pass."""
    asked = replace(LATENCY, p50=0.05, false_passes=1e-6)
    result = monitored((flow(number) for number in kept if number % 7), asked)
    assert result.answer is Answer.UNDECIDED
    assert result.cause == "samples-lost"


@pytest.mark.parametrize("step", [-3600.0, 3600.0])
def test_a_clock_that_is_set_adds_no_time(step):
    """An hour's step does not make an hour without a crash."""
    asked = replace(ERRORS, errors=None, crashes=1 / 60)
    run = [flow(n, at=n / RATE + (step if n >= 300 else 0)) for n in range(3000)]
    result = monitored(run, asked)
    assert result.answer is Answer.UNDECIDED
    reading = result.of(Metric.CRASHES)
    assert reading is not None
    assert reading.excluded == pytest.approx(math.log(20) / 30, rel=0.02)


def test_candidate_and_baseline_change_places():
    """Of two arms that differ, one order is worse and the other is not."""
    arms = [(13 * jitter(n), 10 * jitter(n + 1)) for n in range(600)]
    there = monitored((flow(n, c, b) for n, (c, b) in enumerate(arms)), LATENCY)
    back = monitored((flow(n, b, c) for n, (c, b) in enumerate(arms)), LATENCY)
    assert (there.answer, back.answer) == (Answer.WORSE, Answer.NOT_WORSE)


def test_an_outage_of_both_arms_neither_fails_nor_passes():
    """Nothing was seen meanwhile; with 30 % of it all, nothing is said at all."""
    run = [failing(n, candidate=n % 3 == 0, baseline=n % 3 == 0) for n in range(3000)]
    result = monitored(run, replace(ERRORS, history=(0, 20_000)))
    assert result.answer is Answer.UNDECIDED
    assert result.cause == "baseline-unstable"


def test_a_history_of_few_errors_makes_a_few_enough():
    """Every 150th flow: found with a history, not so soon without."""
    run = [failing(n, candidate=n % 150 == 149) for n in range(2000)]
    known = monitored(run, replace(ERRORS, history=(0, 20_000)))
    assert known.answer is Answer.WORSE
    assert monitored(run[: known.flows], ERRORS).answer is Answer.UNDECIDED


def test_an_outage_that_history_does_not_know_is_not_the_candidates():
    """Both arms fail in turn for two seconds: the history is no guide any more."""
    run = [
        failing(
            n,
            candidate=200 <= n < 400 and n % 2 == 0,
            baseline=200 <= n < 400 and n % 2 == 1,
        )
        for n in range(1000)
    ]
    result = monitored(run, replace(ERRORS, history=(0, 20_000)))
    assert result.answer is Answer.UNDECIDED


def test_a_route_that_always_fails_is_found_among_common_errors():
    """One flow in a hundred asks it; both arms fail elsewhere now and then."""
    run = (
        failing(n, candidate=True, route="GET /rare")
        if n % 100 == 50
        else failing(n, candidate=n % 90 == 3, baseline=n % 90 == 40, route="GET /")
        for n in range(3000)
    )
    result = monitored(run, ERRORS)
    reading = result.of(Metric.ERRORS)
    assert result.answer is Answer.WORSE
    assert reading is not None
    assert reading.route == "GET /rare"


def test_a_first_release_is_held_to_the_share_itself():
    """Where there never was a baseline, the margin is the limit."""
    asked = replace(ERRORS, paired=False, first=True)
    bad = [failing(n, candidate=n % 20 == 19) for n in range(2000)]
    good = [failing(n) for n in range(2000)]
    assert monitored(bad, asked).answer is Answer.WORSE
    assert monitored(bad, replace(asked, first=False)).answer is Answer.UNDECIDED
    assert monitored(good, asked).answer is Answer.NOT_WORSE


def usage(seconds, *, candidate=0.0, told=("candidate", "baseline")):
    """Yield flows and both arms' samples each half second; *candidate*: KiB a flow."""
    for n in range(seconds * RATE):
        yield flow(n)
        if n % (RATE // 2) == RATE // 2 - 1:
            for arm in told:
                more = candidate * n / 1024 if arm == "candidate" else 0.0
                yield Usage(n / RATE, arm, "web.1", n * 0.002, 60.0 + more, 512.0)


RESOURCES = Asked(errors=None, p50=None, p95=None, crashes=None)


def test_memory_that_stays_is_measured_per_request():
    """Ten KiB a request, where five reach the quota within a day."""
    result = monitored(usage(30, candidate=10.0), RESOURCES)
    reading = result.of(Metric.MEMORY)
    assert result.answer is Answer.WORSE
    assert reading is not None
    assert reading.estimate == pytest.approx(10, rel=0.02)
    assert reading.margin == pytest.approx(452 * 1024 / 86_400, rel=0.01)


@pytest.mark.parametrize(
    ("stands_at", "answer"), [(60.0, Answer.WORSE), (81.0, Answer.UNDECIDED)]
)
def test_filling_up_to_where_a_warm_baseline_stands_is_no_leak(stands_at, answer):
    """A fresh candidate grows by 20 MB; so did its baseline, before anybody looked."""
    run = [
        replace(event, memory=stands_at)
        if isinstance(event, Usage) and event.arm == "baseline"
        else event
        for event in usage(20, candidate=10.0)
    ]
    assert monitored(run, RESOURCES).answer is answer


def test_equal_resources_pass():
    """What both arms use alike is no reason for doubt."""
    result = monitored(usage(20), RESOURCES)
    assert result.answer is Answer.NOT_WORSE
    assert all(reading.told for reading in result.readings)


def test_what_neither_arm_tells_may_stay_open_where_told_only():
    """It passes if that was accepted, and the reading says so."""
    run = list(usage(20, told=()))
    asked = replace(RESOURCES, p50=0.2)
    result = monitored(run, asked)
    reading = result.of(Metric.CPU)
    assert result.answer is Answer.NOT_WORSE
    assert reading is not None
    assert not reading.told
    strict = replace(asked, where_told=frozenset())
    assert monitored(run, strict).answer is Answer.UNDECIDED


def test_what_only_the_baseline_tells_is_missing():
    """A candidate that hides its memory does not pass."""
    result = monitored(usage(20, told=("baseline",)), replace(RESOURCES, p50=0.2))
    reading = result.of(Metric.MEMORY)
    assert result.answer is Answer.UNDECIDED
    assert reading is not None
    assert "of the candidate" in reading.wanting


def test_nothing_passes_before_several_users_were_seen():
    """A serial part alone says nothing of load, where load was asked."""
    asked = replace(LATENCY, loaded=50)
    run = [flow(n) for n in range(600)]
    assert monitored(run, asked).answer is Answer.UNDECIDED
    loaded = [flow(n, users=4) for n in range(600, 700)]
    assert monitored([*run, *loaded], asked).answer is Answer.NOT_WORSE


def test_the_first_answer_stays():
    """What is fed after a decision changes no figure."""
    monitor = Monitor(LATENCY)
    for n in range(600):
        monitor.feed(flow(n))
    before = monitor.result()
    for n in range(600, 1200):
        monitor.feed(flow(n, 50.0, 10.0))
    assert monitor.result() == before


def test_no_flows_are_no_pass():
    """A minute in which nothing was tried excludes nothing."""
    result = monitored(map(Tick, range(60)), Asked())
    assert result.answer is Answer.UNDECIDED
    assert result.cause == "too-few-flows"


def test_what_is_needed_at_the_least_is_true():
    """No run passes with less than `needs` says."""
    asked = Asked(where_told=frozenset())
    result = monitored(usage(40), asked)
    assert result.answer is Answer.NOT_WORSE
    for need in needs(asked):
        assert result.flows >= need.flows
        assert result.at >= need.seconds - 0.1
