"""Load: slower, more faulty, hungrier or crashing, beside the baseline."""

import random
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gate.judges.load import judge_load
from gate.model.evidence import AppLog, ArmTotals, LoadEvidence, PlatformEvidence
from gate.model.policy import Limits
from gate.model.verdict import Judgement, Result
from tests_unit.gate.fakes.good_run import (
    LOAD,
    PLATFORM,
    app_log,
    growing,
    memory,
    pairs,
)

FAULTY = ArmTotals(1_000, 400, 60, {"GET /orders: 500": 60})
CRASH = ("web.1: State changed from up to crashed",)


def judged(
    load: LoadEvidence = LOAD,
    platform: PlatformEvidence | None = PLATFORM,
    **limits: float,
) -> Judgement:
    """The judgement on a run, within the default limits but for *limits*."""
    return judge_load(load, platform, Limits(**limits), serves=True)  # type: ignore[arg-type]


def rules(judgement: Judgement) -> list[str]:
    """The rules that speak against it."""
    return [finding.rule for finding in judgement.findings]


def test_a_run_like_the_baselines_passes_and_says_on_what_it_rests() -> None:
    """Requests, pairs, and the slow-down that is excluded."""
    judgement = judged()
    assert judgement.result is Result.PASSED
    assert "1000 requests" in judgement.seen
    assert "200 pairs" in judgement.seen
    assert "excluded" in judgement.seen


@given(st.floats(1.5, 20))
def test_a_slower_release_fails(ratio: float) -> None:
    """Half as long again is beyond a tolerance of a quarter."""
    judgement = judged(replace(LOAD, pairs=pairs(ratio)))
    assert judgement.result is Result.FAILED
    assert rules(judgement) == ["load/slower"]
    assert "evidence" in judgement.findings[0].example


@given(st.floats(0.05, 1.05))
def test_a_release_within_the_tolerance_passes(ratio: float) -> None:
    """Faster, or slower by less than is tolerated."""
    assert judged(replace(LOAD, pairs=pairs(ratio))).result is Result.PASSED


def test_a_slow_down_at_the_tolerance_is_undecided() -> None:
    """Neither excluded nor shown: block, and say that the pairs do not decide."""
    dice = random.Random(7)
    noisy = tuple((25.0 * dice.lognormvariate(0, 0.3), 20.0) for _ in range(150))
    judgement = judged(replace(LOAD, pairs=noisy))
    assert judgement.result is Result.INSUFFICIENT
    assert rules(judgement) == ["evidence/latency-undecided"]


@pytest.mark.parametrize("count", [1, 20, 99])
def test_too_few_pairs_do_not_pass(count: int) -> None:
    """However good they look."""
    judgement = judged(replace(LOAD, pairs=pairs(0.5, count)))
    assert judgement.result is Result.INSUFFICIENT
    assert rules(judgement) == ["evidence/too-few-samples"]
    assert str(count) in judgement.seen


@pytest.mark.parametrize("flows", [0, 1, 49])
def test_too_few_flows_do_not_pass(flows: int) -> None:
    """No samples, or hardly any, are no evidence."""
    judgement = judged(replace(LOAD, candidate=ArmTotals(flows * 2, flows, 0)))
    assert judgement.result is Result.INSUFFICIENT
    assert rules(judgement) == ["evidence/too-few-samples"]


def test_errors_on_the_candidate_alone_are_a_regression() -> None:
    """With what went wrong and how often."""
    judgement = judged(replace(LOAD, candidate=FAULTY))
    assert judgement.result is Result.FAILED
    assert rules(judgement) == ["load/errors"]
    assert judgement.findings[0].example == "60× GET /orders: 500"


def test_errors_without_a_baseline_are_a_regression() -> None:
    """Then the permitted share alone decides."""
    alone = replace(LOAD, candidate=FAULTY, baseline=None, pairs=())
    assert rules(judged(alone)) == ["load/errors"]


def test_errors_that_the_baseline_shares_are_not_the_releases() -> None:
    """A flaky dependency fails on both arms alike."""
    judgement = judged(replace(LOAD, candidate=FAULTY, baseline=FAULTY))
    assert judgement.result is not Result.FAILED


def test_a_baseline_that_hardly_works_is_nothing_to_compare_with() -> None:
    """One in five of its flows failed: evidence is wanting, on whoever's account."""
    broken = ArmTotals(1_000, 400, 100, {"GET /orders: 503": 100})
    judgement = judged(replace(LOAD, candidate=broken, baseline=broken))
    assert judgement.result is Result.INSUFFICIENT
    assert rules(judgement) == ["evidence/baseline-unstable"]


def test_one_flow_in_eight_failing_on_the_candidate_alone_never_passes() -> None:
    """Also in the smallest run that is enough: at worst it is undecided."""
    smallest = replace(
        LOAD,
        candidate=ArmTotals(120, 50, 6, {"GET /orders: 500": 6}),
        baseline=ArmTotals(120, 50, 0),
    )
    assert judged(smallest).result is not Result.PASSED


def test_a_run_that_was_cut_short_blocks() -> None:
    """What it measured until then does not count."""
    judgement = judged(replace(LOAD, trouble="the load run was cut short"))
    assert judgement.result is Result.INSUFFICIENT
    assert rules(judgement) == ["evidence/load-incomplete"]


def test_a_crash_of_the_candidate_is_a_regression() -> None:
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
    """The code, how often, and the peak are told."""
    log = AppLog("shop", codes={code: 3}, memory=memory("web.1", (500.0, 600.0)))
    judgement = judged(platform=replace(PLATFORM, candidate=log))
    assert judgement.result is Result.FAILED
    assert f"{code} 3×" in judgement.seen
    assert "peak 600 MB" in judgement.seen


def test_growth_beyond_the_baselines_is_a_leak() -> None:
    """A thousand requests and about 500 MB more: half a megabyte each."""
    leaking = replace(PLATFORM, candidate=app_log(grows=500.0))
    judgement = judged(platform=leaking)
    assert judgement.result is Result.FAILED
    assert rules(judgement) == ["load/memory-growth"]
    assert "KiB a request beyond the baseline's" in judgement.seen


def test_a_process_that_warms_up_and_then_stays_is_no_leak() -> None:
    """It grows while it is new: a leak goes on."""
    warm = (80.0, 280.0, 380.0, 400.0, 400.0, 400.0, 400.0, 400.0, 400.0)
    log = AppLog("shop", memory=memory("web.1", warm))
    judgement = judged(platform=replace(PLATFORM, candidate=log))
    assert judgement.result is Result.PASSED


def test_growth_that_the_baseline_shares_is_no_leak() -> None:
    """Both warm up alike."""
    both = PlatformEvidence(app_log(grows=500.0), app_log("b", grows=490.0))
    assert judged(platform=both).result is Result.PASSED


def test_a_little_growth_is_no_leak_however_few_the_requests() -> None:
    """Some megabytes of caches are no reason to stop a release."""
    few = replace(LOAD, candidate=ArmTotals(100, 100, 0))
    warm = replace(PLATFORM, candidate=app_log(grows=15.0))
    assert judged(few, warm).result is Result.PASSED


def test_memory_outside_of_the_run_is_not_its_doing() -> None:
    """Growth before it began or after it ended does not count."""
    early = tuple(
        replace(sample, at=sample.at - 900)
        for sample in memory("web.1", growing(900.0))
    )
    log = AppLog("shop", memory=early)
    judgement = judged(platform=replace(PLATFORM, candidate=log))
    assert judgement.result is Result.PASSED
    assert "memory was not sampled" in judgement.seen


@pytest.mark.parametrize(
    ("candidate", "baseline", "asked"),
    [
        (app_log(), app_log("shop-baseline"), []),
        (AppLog("shop"), app_log("shop-baseline"), ["shop"]),
        (app_log(), AppLog("shop-baseline"), ["shop-baseline"]),
        (AppLog("shop"), AppLog("shop-baseline"), ["shop", "shop-baseline"]),
        (AppLog("shop"), None, ["shop"]),
    ],
)
def test_where_no_memory_is_told_the_summary_says_how_to_change_that(
    candidate: AppLog, baseline: AppLog | None, asked: list[str]
) -> None:
    """For each app whose dynos gave no sample: the feature, and a restart."""
    seen = judged(platform=PlatformEvidence(candidate, baseline)).seen
    how = "heroku labs:enable log-runtime-metrics -a {0} && heroku ps:restart -a {0}"
    assert seen.count("labs:enable") == len(asked)
    assert " && ".join(map(how.format, asked)) in seen


def test_every_dyno_counts() -> None:
    """Four dynos that leak a quarter each leak as one that leaks the whole."""
    samples = tuple(
        sample for dyno in range(4) for sample in memory(f"web.{dyno}", growing(125.0))
    )
    log = AppLog("shop", memory=samples)
    judgement = judged(platform=replace(PLATFORM, candidate=log))
    assert rules(judgement) == ["load/memory-growth"]


def test_without_the_platforms_log_nothing_passes() -> None:
    """Crashes and memory were not seen."""
    judgement = judged(platform=None)
    assert judgement.result is Result.INSUFFICIENT
    assert rules(judgement) == ["evidence/log-lost"]


def test_without_a_baseline_the_summary_says_what_was_not_compared() -> None:
    """It passes on errors, crashes and memory alone, and says so."""
    alone = replace(LOAD, baseline=None, pairs=())
    judgement = judged(alone, replace(PLATFORM, baseline=None))
    assert judgement.result is Result.PASSED
    assert "latency was not compared" in judgement.seen


def test_a_request_that_took_no_measurable_time_does_not_break_the_judge() -> None:
    """Clocks are coarse: it is evidence like any other, or wanting."""
    judgement = judged(replace(LOAD, pairs=((0.0, 0.0), *pairs())))
    assert judgement.result is not Result.FAILED
