"""Load: slower, more faulty, hungrier or crashing, beside the baseline."""

import re
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gate.judges.load.judging import judge_load
from gate.model.evidence import (
    AppLog,
    Generator,
    LoadEvidence,
    PlatformEvidence,
    SlowRequest,
)
from gate.model.plan import LatencyQuestions, LoadPlan
from gate.model.policy import Limits
from gate.model.verdict import Judgement, Result
from gate.stats.events import Crash, Event, Flow, Usage
from tests_unit.gate.fakes import good_run
from tests_unit.gate.fakes.anything import any_of
from tests_unit.gate.fakes.good_run import PLATFORM, flows, in_time, usage

CRASH = ("web.1: State changed from up to crashed",)
BOTH = (*usage("candidate"), *usage("baseline"))
LOAD = replace(good_run.LOAD, events=in_time(*flows(), *BOTH))
LOAD_PLAN = replace(
    good_run.LOAD_PLAN,
    memory="exclude > 200 KiB per request, where told",
    cpu="exclude > +50% per request, where told",
)


def judged(
    load: LoadEvidence = LOAD,
    platform: PlatformEvidence | None = PLATFORM,
    plan: LoadPlan = LOAD_PLAN,
) -> Judgement:
    """The judgement on a run of a release that serves."""
    return judge_load(load, platform, Limits(load=plan), serves=True)


def run(*events: Event) -> LoadEvidence:
    """The good run with other events."""
    return replace(LOAD, events=in_time(*events))


ONLY_MEMORY = replace(
    LOAD_PLAN,
    errors="not asked",
    latency=LatencyQuestions(p50="not asked", p95="not asked"),
    crashes="not asked",
    cpu="not asked",
)


def alone(*events: Event) -> LoadEvidence:
    """A run without a baseline beside the candidate."""
    steps = [
        replace(
            each,
            steps=tuple(replace(step, baseline=None) for step in each.steps),
            baseline_requests=0,
        )
        if isinstance(each, Flow)
        else each
        for each in events
    ]
    return replace(run(*steps), paired=False)


def rules(judgement: Judgement) -> list[str]:
    """The rules that speak against it."""
    return [finding.rule for finding in judgement.findings]


def test_a_run_like_the_baselines_passes_and_says_what_it_excludes() -> None:
    """Each metric with its number, how sure that is, and on how much it rests."""
    judgement = judged(replace(LOAD, calibration="calibrated: no alarm in 20 runs"))
    assert judgement.result is Result.PASSED
    for part in (
        "errors above ",
        "p50 slow-downs above ",
        "p95 slow-downs above ",
        "CPU a request above ",
        "memory growth above ",
        " excluded at 95 %",
        "crashes rarer than one in ",
        " requests in ",
        "calibrated: no alarm in 20 runs",
    ):
        assert part in judgement.seen
    assert "\n" not in judgement.seen


@settings(max_examples=10)
@given(st.floats(1.8, 50))
def test_a_slower_release_fails(ratio: float) -> None:
    """With both distributions, and the command that shows it again."""
    judgement = judged(run(*flows(ratio), *BOTH))
    assert judgement.result is Result.FAILED
    (finding,) = [f for f in judgement.findings if f.rule == "load/slower"]
    told = "times the baseline's (accepted: 50 % more), from the start"
    slightly = "% slower than the baseline's (accepted: 50 %), from the start"
    assert (told if ratio > 3 else slightly if ratio < 1.9 else "") in finding.summary
    assert "candidate: p50 " in finding.example
    assert "baseline: p50 " in finding.example
    assert "p99 " in finding.example
    assert "100 decides" in finding.example
    assert finding.reproduce == "python -m gate load --seed 1"


@settings(max_examples=10)
@given(st.floats(0.05, 1.04))
def test_a_release_within_the_tolerance_passes(ratio: float) -> None:
    """Faster, or hardly slower."""
    assert judged(run(*flows(ratio), *BOTH)).result is Result.PASSED


def test_a_slow_down_that_is_accepted_passes_and_is_told() -> None:
    """A fifth slower where half as slow again is the question."""
    judgement = judged(run(*flows(1.18), *BOTH))
    assert judgement.result is Result.PASSED
    assert "p50 is about 18 % slower, accepted: 50 %" in judgement.seen


def test_a_release_that_becomes_slower_is_told_from_when_on() -> None:
    """One that always was is slower from the start, and not from when that was clear."""
    early, late = flows()[:120], flows(4.0)[120:]
    (finding,) = judged(run(*early, *late, *BOTH)).findings[:1]
    since = re.search(r", from ([\d.]+) s on$", finding.summary)
    assert since is not None, finding.summary
    assert 3 < float(since[1]) < 6


def test_a_question_that_looks_worse_is_not_to_be_asked_more_mildly() -> None:
    """The open finding says what is seen, where, and how long would be long enough."""
    load = replace(run(*flows(1.7, count=60), *BOTH), stopped="time")
    found = {each.rule: each for each in judged(load).findings}
    example = found["evidence/latency-undecided"].example
    assert "it looks worse than asked; to be sure, raise longest to " in example
    assert "or ask for" not in example
    assert "estimate 77 %" in example
    assert "slowest beside the baseline: GET /orders, 1.7" in example


def test_the_slowest_answers_are_named_by_route_with_their_ids() -> None:
    """So that the app's own log can be searched for them; one of each route."""
    slow = [
        SlowRequest("candidate", "GET /orders", 3.0, 91.0, "id-91"),
        SlowRequest("candidate", "GET /orders", 4.0, 90.0, "id-90"),
        SlowRequest("candidate", "GET /cart", 5.0, 60.0, ""),
        SlowRequest("baseline", "GET /orders", 3.0, 99.0, "id-99"),
    ]
    load = replace(run(*flows(3.0), *BOTH), slowest=tuple(slow))
    example = judged(load).findings[0].example
    assert "slow: GET /orders took 91 ms after 3 s, request id id-91" in example
    assert "slow: GET /cart took 60 ms after 5 s" in example
    assert "id-90" not in example
    assert "id-99" not in example


@pytest.mark.parametrize("count", [0, 1, 49])
def test_too_few_flows_do_not_pass(count: int) -> None:
    """However good they look."""
    judgement = judged(run(*flows(0.5, count), *BOTH))
    assert judgement.result is Result.INSUFFICIENT
    assert rules(judgement) == ["evidence/too-few-flows"]


def test_a_run_that_ended_early_says_what_it_excludes_and_what_would_help() -> None:
    """Each open question by itself, with what was known of it."""
    short = (*usage("candidate", seconds=2), *usage("baseline", seconds=2))
    judgement = judged(replace(run(*flows(count=60), *short), stopped="requests"))
    assert judgement.result is Result.INSUFFICIENT
    found = {each.rule: each for each in judgement.findings}
    assert "evidence/crashes-undecided" in found
    assert all(each.endswith("-undecided") for each in found)
    for finding in found.values():
        assert "60 flows in 2 s" in finding.summary
        assert "raise most_requests in [tool.gate.load]" in finding.example


def test_a_run_that_saw_one_user_does_not_pass_for_several() -> None:
    """What happens when many come at once is another question."""
    judgement = judged(plan=replace(LOAD_PLAN, users=4))
    assert rules(judgement) == ["evidence/load-undecided"]
    assert "only 0 flows ran while several users did, 50 are needed" in judgement.seen


def test_errors_on_the_candidate_alone_are_a_regression() -> None:
    """With what went wrong and how often, on both arms."""
    load = replace(
        run(*flows(failing=4), *BOTH),
        errors={"GET /orders: 500": 75, "timeout": 1},
        error_ids={"GET /orders: 500": "id-500"},
    )
    judgement = judged(load)
    assert judgement.result is Result.FAILED
    assert rules(judgement)[0] == "load/errors"
    finding = judgement.findings[0]
    assert "100 of 400 flows (25 %) failed, 0 of 400" in finding.summary
    assert "75× GET /orders: 500, such as request id id-500\n" in finding.example
    assert "candidate: 1× timeout" in finding.example


def test_errors_that_the_baseline_shares_are_not_the_releases() -> None:
    """A flaky dependency fails on both arms alike."""
    load = run(*flows(failing=8, baseline_failing=8), *BOTH)
    assert judged(load).result is not Result.FAILED


def test_a_baseline_that_hardly_works_is_nothing_to_compare_with() -> None:
    """Every second of its flows failed: evidence is wanting, on whoever's account."""
    load = replace(
        run(*flows(failing=2, baseline_failing=2), *BOTH),
        baseline_errors={"GET /orders: 503": 150},
    )
    judgement = judged(load)
    assert judgement.result is Result.INSUFFICIENT
    assert "evidence/baseline-unstable" in rules(judgement)
    assert "baseline: 150× GET /orders: 503" in judgement.findings[0].example


def test_a_baseline_that_hardly_works_excuses_even_a_worse_candidate() -> None:
    """Nothing is compared with it: block, and never roll back for it."""
    load = run(*flows(failing=1, baseline_failing=3), *BOTH)
    assert rules(judged(load)) == ["evidence/baseline-unstable"]


def test_a_run_that_was_cut_short_blocks() -> None:
    """What it measured until then does not pass it."""
    judgement = judged(replace(LOAD, trouble="the load run was cut short"))
    assert judgement.result is Result.INSUFFICIENT
    assert rules(judgement) == ["evidence/load-incomplete"]


def test_what_was_worse_before_a_run_broke_is_worse() -> None:
    """The generator's end does not excuse what it has seen."""
    load = replace(run(*flows(3.0), *BOTH), trouble="the load run was cut short")
    assert judged(load).result is Result.FAILED


@pytest.mark.parametrize("lost", [1, 60, 120])
def test_flows_that_were_lost_on_their_way_leave_nothing_to_judge_by(lost: int) -> None:
    """Nobody knows how they went."""
    fewer = [each for each in flows() if each.number != lost]
    judgement = judged(run(*fewer, *BOTH))
    assert judgement.result is Result.INSUFFICIENT
    assert rules(judgement) == ["evidence/samples-lost"]


def test_a_crash_under_load_is_a_regression() -> None:
    """With what was said of it, and when."""
    crash = Crash(3.0, "candidate", "web.1", "State changed from up to crashed")
    judgement = judged(run(*flows(), *BOTH, crash))
    assert judgement.result is Result.FAILED
    (finding,) = judgement.findings
    assert finding.rule == "load/dyno-crashed"
    assert "web.1: State changed from up to crashed (after 3 s)" in finding.example


def test_a_crash_outside_of_the_load_is_a_regression_too() -> None:
    """Also when every request was answered."""
    log = AppLog("shop-staging", crashes=CRASH)
    judgement = judged(platform=replace(PLATFORM, candidate=log))
    assert judgement.result is Result.FAILED
    assert rules(judgement) == ["load/dyno-crashed"]
    assert judgement.findings[0].example == CRASH[0]


def test_crashes_of_both_arms_are_nobodys() -> None:
    """The machine may be at fault: block."""
    both = PlatformEvidence(AppLog("a", crashes=CRASH), AppLog("b", crashes=CRASH))
    judgement = judged(platform=both)
    assert judgement.result is Result.INSUFFICIENT
    assert rules(judgement) == ["evidence/baseline-unstable"]


@pytest.mark.parametrize("code", ["R14", "R15"])
def test_a_memory_quota_exceeded_is_a_regression(code: str) -> None:
    """Unless the baseline exceeds it as well, or nobody asked."""
    over = AppLog("shop", codes={code: 3})
    mine = PlatformEvidence(over, AppLog("shop-baseline"))
    judgement = judged(platform=mine)
    assert rules(judgement) == ["load/memory-quota"]
    assert f"{code} 3×" in judgement.seen
    assert rules(judged(platform=PlatformEvidence(over, over))) == [
        "evidence/baseline-over-quota"
    ]
    unasked = replace(LOAD_PLAN, memory="not asked")
    assert judged(platform=mine, plan=unasked).result is Result.PASSED


def test_growth_beyond_the_baselines_is_a_leak() -> None:
    """Two megabytes for each request, with what both arms held."""
    leaking = usage("candidate", grows=600.0)
    load = run(*flows(), *leaking, *usage("baseline"))
    judgement = judged(load, plan=ONLY_MEMORY)
    (finding,) = judgement.findings
    assert finding.rule == "load/memory-growth"
    assert "KiB a request beyond the baseline's" in finding.summary
    assert "candidate: 80 MB at first, 680 MB at last" in finding.example


def test_a_leak_is_told_by_when_the_quota_is_reached() -> None:
    """Where that is the question."""
    plan = replace(
        ONLY_MEMORY, memory="must not reach the dyno quota within 2 h", rate=10.0
    )
    leaking = usage("candidate", grows=200.0)
    judgement = judged(run(*flows(), *leaking, *usage("baseline")), plan=plan)
    (finding,) = judgement.findings
    assert "the dyno's quota is reached in " in finding.summary
    assert "at 10 requests/s, asked: not within 2 h" in finding.summary


def test_growth_that_the_baseline_shares_is_no_leak() -> None:
    """Both warm up alike."""
    both = (*usage("candidate", grows=600.0), *usage("baseline", grows=590.0))
    assert judged(run(*flows(), *both)).result is Result.PASSED


def test_more_cpu_a_request_is_a_regression() -> None:
    """Twice as much, though no answer was slower."""
    busy = usage("candidate", cpu=10.0)
    judgement = judged(run(*flows(), *busy, *usage("baseline")))
    (finding,) = judgement.findings
    assert finding.rule == "load/cpu"
    assert "candidate: about 10 ms of CPU a request" in finding.example
    assert "baseline: about 5 ms of CPU a request" in finding.example


def test_several_metrics_are_one_finding_each() -> None:
    """Slow and faulty at once: both are told, each with its own numbers."""
    load = run(*flows(4.0, failing=3), *BOTH)
    assert {"load/errors", "load/slower"} & set(rules(judged(load)))


def test_where_neither_arm_tells_a_metric_the_pass_says_so() -> None:
    """And how apps would be made to tell their memory."""
    seen = judged(run(*flows())).seen
    assert "told by neither arm: CPU and memory" in seen
    how = "heroku labs:enable log-runtime-metrics -a {0} && heroku ps:restart -a {0}"
    both = " && ".join(map(how.format, ("shop-staging", "shop-baseline")))
    assert both in seen
    assert judged(run(*flows())).result is Result.PASSED


def test_a_metric_that_is_told_after_the_decision_is_not_covered() -> None:
    """Samples come every 20 s on Heroku, and a run may be over before."""
    late = (Usage(90.0, "candidate", "web.1", memory=80.0, quota=512.0),)
    judgement = judged(run(*flows(), *late))
    assert judgement.result is Result.PASSED
    assert "told by neither arm: CPU; memory not covered: told once only" in (
        judgement.seen
    )
    assert "labs:enable" not in judgement.seen


def test_a_metric_that_is_told_seldom_needs_the_time_it_needs() -> None:
    """The pass says why it does not speak of it, or the run which length it needs."""
    seldom = tuple(
        Usage(float(at), arm, "web.1", memory=80.0, quota=512.0)
        for at in (3, 23)
        for arm in ("candidate", "baseline")
    )
    load = run(*flows(), *seldom)
    assert "memory not covered: told every 20 s only" in judged(load).seen
    plan = replace(ONLY_MEMORY, memory="exclude > 200 KiB per request")
    (finding,) = judged(load, plan=plan).findings
    assert finding.rule == "evidence/memory-undecided"
    assert "raise longest to 160 or more" in finding.example


def test_a_metric_that_must_be_told_and_is_not_blocks() -> None:
    """Without "where told" silence is no answer."""
    plan = replace(LOAD_PLAN, cpu="exclude > +50% per request")
    judgement = judged(run(*flows()), plan=plan)
    assert rules(judgement) == ["evidence/not-told"]
    assert "not asked" in judgement.findings[0].example


@pytest.mark.parametrize("arm", [usage("candidate"), usage("baseline")])
def test_a_metric_that_one_arm_alone_tells_blocks(arm: tuple[Usage, ...]) -> None:
    """It was lost on its way, or cannot be compared."""
    judgement = judged(run(*flows(), *arm))
    assert judgement.result is Result.INSUFFICIENT
    assert rules(judgement) == [f"evidence/not-told-but-by-{arm[0].arm}"]
    assert f"CPU and memory of the {arm[0].arm} alone" in judgement.seen


@pytest.mark.parametrize(
    "platform",
    [
        None,
        replace(PLATFORM, candidate=AppLog("shop", lost="the session lost lines")),
        replace(PLATFORM, baseline=AppLog("shop-baseline", lost="it broke")),
    ],
)
def test_a_log_that_is_not_whole_excludes_no_crash(
    platform: PlatformEvidence | None,
) -> None:
    """Nor anything else that only the platform tells."""
    judgement = judged(platform=platform)
    assert judgement.result is Result.INSUFFICIENT
    assert rules(judgement) == ["evidence/log-lost"]


def test_a_clock_that_was_set_right_is_told() -> None:
    """Whoever compares the log with the report finds other times in it."""
    log = AppLog("shop-staging", ahead=5.25)
    judgement = judged(platform=replace(PLATFORM, candidate=log))
    assert judgement.result is Result.PASSED
    assert "the log's times, 5.2 s behind ours, were set right" in judgement.seen


def test_a_route_that_is_hardly_asked_is_named_as_not_covered() -> None:
    """What is excluded of all routes together is not excluded of a rare one."""
    rare = [
        replace(
            each, steps=tuple(replace(step, route="GET /rare") for step in each.steps)
        )
        if each.number % 40 == 0
        else each
        for each in flows()
    ]
    judgement = judged(run(*rare, *BOTH))
    assert judgement.result is Result.PASSED
    assert "p50 not covered by itself: GET /rare" in judgement.seen


@pytest.mark.parametrize("ratio", [0.5, 1.0, 10.0])
def test_without_a_baseline_latency_is_never_worse_nor_passed(ratio: float) -> None:
    """Whatever it is: and how it could be compared is told."""
    judgement = judged(alone(*flows(ratio), *usage("candidate")))
    assert judgement.result is Result.INSUFFICIENT
    assert "evidence/not-paired" in rules(judgement)
    (finding,) = [f for f in judgement.findings if f.rule == "evidence/not-paired"]
    assert "p50, p95, CPU and memory cannot be compared" in finding.summary
    assert "baseline in [tool.gate]" in finding.example


def test_errors_are_held_against_earlier_ones_of_the_baseline() -> None:
    """They carry over between runs; without any, errors cannot be compared."""
    plan = replace(ONLY_MEMORY, memory="not asked", errors=LOAD_PLAN.errors)
    faulty = alone(*flows(failing=3))
    known = replace(faulty, history=(2, 20_000))
    assert rules(judged(known, plan=plan)) == ["load/errors"]
    assert "2 of 20,000 flows of the baseline" in judged(known, plan=plan).seen
    assert rules(judged(faulty, plan=plan)) == ["evidence/not-paired"]
    passed = judged(replace(alone(*flows()), history=(2, 20_000)), plan=plan)
    assert passed.result is Result.PASSED
    assert "held against its 20,000 earlier flows" in passed.seen


def test_limits_need_no_baseline() -> None:
    """Milliseconds are judged as they are, and the pass says what it does not tell."""
    plan = replace(
        LOAD_PLAN,
        latency=LatencyQuestions(p50="exclude > 100 ms", p95="not asked"),
        cpu="not asked",
        memory="not asked",
        false_alarms=0.1,
    )
    judgement = judged(alone(*flows()), plan=plan)
    assert judgement.result is Result.PASSED, judgement
    assert "p50 above " in judgement.seen
    assert "no baseline beside it" in judgement.seen
    assert "not asked: p95, CPU and memory" in judgement.seen
    judgement = judged(alone(*flows(20.0)), plan=plan)
    assert rules(judgement) == ["load/slower"]
    assert "p50 is " in judgement.findings[0].summary
    assert " ms (accepted: 100 ms)" in judgement.findings[0].summary


def test_a_first_release_has_nothing_to_be_compared_with() -> None:
    """It passes on errors and crashes alone, and says so."""
    judgement = judged(replace(alone(*flows()), first=True))
    assert judgement.result is Result.PASSED, judgement
    assert "first release: there is none to compare with" in judgement.seen
    assert rules(judged(replace(alone(*flows(failing=3)), first=True))) == [
        "load/errors"
    ]


def test_a_first_release_that_could_only_be_compared_passes_and_says_so() -> None:
    """Nothing that is asked can be asked of it."""
    plan = replace(ONLY_MEMORY, latency=LatencyQuestions(p95="not asked"))
    judgement = judged(replace(alone(*flows()), first=True), plan=plan)
    assert judgement.result is Result.PASSED
    assert "first release: there is none to compare with; not asked: " in judgement.seen


def test_a_saturated_generator_calls_nothing_slow() -> None:
    """Its own waiting is in every latency; errors it does not make."""
    busy = Generator(busy=0.97)
    judgement = judged(replace(run(*flows(5.0), *BOTH), generator=busy))
    assert judgement.result is Result.INSUFFICIENT
    assert "evidence/generator-saturated" in rules(judgement)
    assert judged(replace(LOAD, generator=busy)).result is Result.INSUFFICIENT
    faulty = replace(run(*flows(failing=2), *BOTH), generator=busy)
    assert rules(judged(faulty)) == ["load/errors"]


def test_a_load_that_came_late_passes_nothing() -> None:
    """It was thinner than meant; a release that made it late is found all the same."""
    behind = Generator(late=0.2, rate=50.0)
    judgement = judged(replace(LOAD, generator=behind))
    assert rules(judgement) == ["evidence/generator-late"]
    assert "20 % of the flows" in judgement.seen
    assert "lower arrivals" in judgement.findings[0].example
    hung = [replace(each, candidate_failed=each.number == 200) for each in flows()]
    hung[-1] = replace(hung[-1], candidate_failed=True)
    hung[-2] = replace(hung[-2], candidate_failed=True)
    (finding,) = judged(replace(run(*hung, *BOTH), generator=behind)).findings
    assert "3 flows failed on the candidate alone" in finding.summary
    assert "lower arrivals" not in finding.example
    slow = replace(run(*flows(5.0), *BOTH), generator=behind)
    assert judged(slow).result is Result.FAILED


SPOILED = (
    run(*flows(3.0), *BOTH),
    run(*flows(failing=5), *BOTH),
    run(*flows(count=70), *BOTH),
    run(*flows(), *usage("candidate", grows=600.0), *usage("baseline")),
    run(*flows(), *BOTH, Crash(3.0, "candidate", "web.1", "crashed")),
    alone(*flows()),
    replace(LOAD, trouble="cut short"),
)


@settings(max_examples=40, deadline=None)
@given(
    st.sampled_from(SPOILED),
    st.lists(st.integers(0, 300), max_size=40),
    st.integers(0, 400),
    st.booleans(),
)
def test_taking_away_what_was_seen_never_leads_to_a_pass(
    load: LoadEvidence, gone: list[int], kept: int, log: bool
) -> None:
    """Flows lost on their way, a run cut off, a log not read."""
    left = [
        each
        for at, each in enumerate(load.events[:kept])
        if at not in gone or isinstance(each, Usage | Crash)
    ]
    platform = PLATFORM if log else None
    less = judged(replace(load, events=tuple(left)), platform)
    assert less.result is not Result.PASSED


@settings(max_examples=40, deadline=None)
@given(
    st.lists(any_of(Flow, Usage, Crash), max_size=20),
    st.sampled_from([PLATFORM, None]),
    any_of(LoadEvidence),
)
def test_whatever_the_evidence_holds_it_is_judged(
    events: list[Event], platform: PlatformEvidence | None, load: LoadEvidence
) -> None:
    """Times that are none, clocks that step: insufficient at worst, and no crash."""
    some = replace(load, history=(1, 900))
    for each in (some, replace(some, events=tuple(events))):
        judgement = judged(each, platform, LoadPlan())
        assert judgement.result is not Result.PASSED


def test_the_same_evidence_gives_the_same_judgement() -> None:
    """To the letter, also of what is worse in many ways."""
    load = run(*flows(3.0, failing=3), *usage("candidate", grows=900.0, cpu=20.0))
    assert judged(load) == judged(load)
