"""The watch of production: what takes a release back, what does not, what is told."""

from dataclasses import replace
from typing import Literal

import pytest

from gate.judges import judge_watch
from gate.judges.watch import action_after, only_too_little
from gate.ledger.encoding import to_json
from gate.ledger.evidence_files import WATCH as STORED
from gate.model.evidence import AppLog, BarrierEvidence, Category, Probe
from gate.model.plan import WatchPlan
from gate.model.policy import Limits
from gate.model.verdict import Action, Judgement, Result
from gate.model.watch_evidence import Answered, Traffic, WatchEvidence
from tests_unit.gate.fakes.good_run import BARRIER, probes

BEGAN = 1_700_000_000.0
LIMITS = Limits()
DOWN = BarrierEvidence("shop v12", False, "platform only", "crashed")
CRASH = "web.1: State changed from up to crashed"


def answers(
    count: int, *, bad: int = 0, code: str = "", service: float = 20.0
) -> tuple[Answered, ...]:
    """So many answers over 8 s, the bad ones spread among them."""
    every = count // bad if bad else 0
    return tuple(
        Answered(
            BEGAN + 8 * number / count,
            503 if every and number % every == 0 else 200,
            code if every and number % every == 0 else "",
            service,
        )
        for number in range(count)
    )


def traffic(*given: Answered, release: str = "shop v12") -> Traffic:
    """Traffic of 8 s."""
    return Traffic(release, 8.0, given)


OLD = traffic(*answers(400), release="shop v11")
WATCH = WatchEvidence(
    BARRIER,
    probes(32),
    AppLog("shop-production"),
    8.0,
    traffic=traffic(*answers(400)),
    before=OLD,
    promised=(0, 1_000),
    began=BEGAN,
)


def rules(judged: Judgement) -> list[str]:
    """The rules of the findings."""
    return [finding.rule for finding in judged.findings]


def met(*given: Answered) -> WatchEvidence:
    """A watch in which consumers met these answers."""
    return replace(WATCH, traffic=traffic(*given))


def test_a_pass_says_what_it_excludes_and_what_it_could_not_see() -> None:
    """Probes, answers to consumers, and for how long."""
    judged = judge_watch(WATCH, LIMITS)
    assert judged.result is Result.PASSED
    assert "32 of 32 probes good, no crash, in 8 s" in judged.seen
    assert "400 answers to consumers exclude errors above 0.75 %" in judged.seen
    assert "slower by +200% excluded" in judged.seen
    assert "requests that hang are told after 30 s only" in judged.seen
    assert "later faults are not excluded" in judged.seen
    assert "clock" not in judged.seen


@pytest.mark.parametrize(("ahead", "side"), [(5.0, "behind"), (-60.0, "ahead of")])
def test_clocks_that_differ_are_told(ahead: float, side: str) -> None:
    """They were set right."""
    log = replace(WATCH.log, ahead=ahead)
    judged = judge_watch(replace(WATCH, log=log), LIMITS)
    assert judged.result is Result.PASSED
    assert f"{abs(ahead)} s {side} this machine's clock" in judged.seen


def test_what_consumers_meet_takes_a_release_back() -> None:
    """Every fifth request fails where none did before."""
    judged = judge_watch(met(*answers(400, bad=80, code="H13")), LIMITS)
    assert judged.result is Result.FAILED
    assert rules(judged) == ["health/errors-in-production"]
    assert "80 of 400 answers to consumers failed (before: 0 of 400" in judged.seen
    assert "503 H13" in judged.findings[0].example


def test_errors_that_the_old_release_had_too_take_nothing_back() -> None:
    """They are not this release's."""
    before = traffic(*answers(400, bad=80), release="shop v11")
    watch = replace(met(*answers(400, bad=80)), before=before)
    assert judge_watch(watch, LIMITS).result is not Result.FAILED


@pytest.mark.parametrize(
    ("old", "new"), [((20, 2), (10_000, 5_000)), ((40, 3), (10_000, 3_333))]
)
def test_a_few_old_failures_excuse_no_disaster(
    old: tuple[int, int], new: tuple[int, int]
) -> None:
    """However few answers of the old release are known."""
    before = traffic(*answers(old[0], bad=old[1]), release="shop v11")
    watch = replace(met(*answers(new[0], bad=new[1])), before=before)
    assert rules(judge_watch(watch, LIMITS)) == ["health/errors-in-production"]


def test_an_excess_that_may_not_be_new_is_no_want_of_traffic() -> None:
    """Nobody knows whether the old release was as bad: somebody has to look."""
    before = traffic(*answers(3, bad=1), release="shop v11")
    watch = replace(met(*answers(10_000, bad=5_000)), before=before)
    judged = judge_watch(watch, LIMITS)
    assert rules(judged) == ["evidence/errors-undecided"]
    assert "of the old release 1 of 3 is known" in judged.seen
    assert action_after(judged, LIMITS.watch, first=False) is Action.BLOCK


@pytest.mark.parametrize("code", ["H24", "H26", "H27", "H28", "H80", "H81", "H99"])
def test_faults_of_clients_and_of_the_platform_are_not_the_releases(code: str) -> None:
    """A consumer that hung up, maintenance, or Heroku's own error."""
    judged = judge_watch(met(*answers(800, bad=400, code=code)), LIMITS)
    assert judged.result is Result.PASSED
    assert "400 answers to consumers" in judged.seen


def test_a_gross_slow_down_takes_a_release_back() -> None:
    """Four times as slow, for most of the time, with much traffic."""
    judged = judge_watch(
        replace(met(*answers(800, service=80.0)), seconds=10.0), LIMITS
    )
    assert rules(judged) == ["health/slower-in-production"]
    assert "more than 60 ms" in judged.seen


@pytest.mark.parametrize("count", [5, 20])
def test_a_handful_of_slow_answers_takes_nothing_back(count: int) -> None:
    """The first answers are slow, and a few more say nothing."""
    judged = judge_watch(met(*answers(count, service=2_000.0)), LIMITS)
    assert only_too_little(judged)


def test_one_crash_in_production_takes_a_release_back() -> None:
    """Also when the probes were all good: the router hid it."""
    log = AppLog("shop", crashes=(CRASH,))
    judged = judge_watch(replace(WATCH, log=log, crash_times=(3.2,)), LIMITS)
    assert rules(judged) == ["health/dyno-crashed"]
    assert "1 crash in production after 3.2 s" in judged.seen
    assert judged.findings[0].example == CRASH


def test_crashes_that_the_old_release_had_too_take_nothing_back() -> None:
    """As many in as much time: nothing is known to be worse, and that is said."""
    log = AppLog("shop", crashes=(CRASH,))
    watch = replace(WATCH, log=log, before=replace(OLD, crashes=1))
    judged = judge_watch(watch, LIMITS)
    assert only_too_little(judged)
    assert "1 crash in 8 s, too few to tell from chance" in judged.seen


@pytest.mark.parametrize(
    ("crashes", "rule"),
    [(3, "evidence/crashes-undecided"), (4, "health/dyno-crashed")],
)
def test_one_old_crash_excuses_no_more_than_its_like(crashes: int, rule: str) -> None:
    """What is much more frequent is looked at, or taken back."""
    log = AppLog("shop", crashes=(CRASH,) * crashes)
    before = replace(OLD, crashes=1, seconds=60.0)
    watch = replace(WATCH, log=log, before=before)
    assert rules(judge_watch(watch, LIMITS)) == [rule]


@pytest.mark.parametrize("code", ["R10", "R14", "R15"])
def test_memory_and_boot_errors_take_a_release_back_if_they_are_new(code: str) -> None:
    """What the old release had as well is not this one's."""
    watch = replace(WATCH, log=AppLog("shop", codes={code: 2}))
    judged = judge_watch(watch, LIMITS)
    assert rules(judged) == ["health/platform-errors"]
    assert f"{code} 2×" in judged.seen
    had = replace(watch, before=replace(OLD, codes={code: 1}))
    assert judge_watch(had, LIMITS).result is Result.PASSED


def test_bad_probes_take_a_release_back_without_any_traffic() -> None:
    """Four in a row at the very beginning suffice."""
    bad = tuple(
        Probe("/orders", 0.2 * n, 500, good=False, seen="500") for n in range(4)
    )
    watch = replace(WATCH, probes=bad, traffic=None, seconds=1.0)
    judged = judge_watch(watch, LIMITS)
    assert rules(judged) == ["health/bad-answers"]
    assert "/orders: 500" in judged.seen


def test_one_bad_probe_of_many_takes_nothing_back() -> None:
    """Two of thirty-two are no proof, but they are told."""
    assert judge_watch(replace(WATCH, probes=probes(31, 1)), LIMITS).result is (
        Result.PASSED
    )
    judged = judge_watch(replace(WATCH, probes=probes(30, 2)), LIMITS)
    assert only_too_little(judged)
    assert "2 of 32 probes were bad" in judged.seen


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ((), "no consumer was answered: no errors excluded (asked: exclude > 5%)"),
        (
            answers(31),
            "31 answers to consumers exclude errors above 9.2 % only (asked: exclude",
        ),
        (answers(1), "1 answer to consumers excludes errors above 95 % only"),
    ],
)
def test_too_little_traffic_is_insufficient_and_says_what_is_excluded(
    given: tuple[Answered, ...], said: str
) -> None:
    """What then follows is the policy's."""
    judged = judge_watch(met(*given), LIMITS)
    assert judged.result is Result.INSUFFICIENT
    assert only_too_little(judged)
    assert said in judged.seen


def test_far_fewer_answers_than_usual_are_no_pass() -> None:
    """The others may hang: the router tells that late."""
    before = traffic(*answers(1_600), release="shop v11")
    judged = judge_watch(replace(WATCH, before=before), LIMITS)
    assert only_too_little(judged)
    assert "the old release gave about 1600 in 8 s, this one 400" in judged.seen
    before = traffic(*answers(1_100), release="shop v11")
    assert judge_watch(replace(WATCH, before=before), LIMITS).result is Result.PASSED


@pytest.mark.parametrize(
    ("watch", "too_little", "first", "action"),
    [
        (WATCH, "roll back", False, Action.PROMOTE),
        (met(), "keep", False, Action.PROMOTE),
        (met(), "roll back", False, Action.ROLL_BACK),
        (met(), "roll back", True, Action.PROMOTE),
        (met(*answers(400, bad=80)), "keep", False, Action.ROLL_BACK),
        (replace(WATCH, trouble="it is silent"), "roll back", False, Action.BLOCK),
    ],
)
def test_the_policy_says_what_follows_from_too_little(
    watch: WatchEvidence,
    too_little: Literal["keep", "roll back"],
    first: bool,
    action: Action,
) -> None:
    """And of nothing else: a regression goes back, what nobody saw stays."""
    plan = WatchPlan(too_little=too_little)
    judged = judge_watch(watch, Limits(watch=plan))
    assert action_after(judged, plan, first=first) is action


def test_what_was_not_asked_is_not_wanting() -> None:
    """Who has no traffic may say so."""
    silent = WatchPlan(errors="not asked", slower="not asked")
    judged = judge_watch(met(), Limits(watch=silent))
    assert judged.result is Result.PASSED
    assert "errors" not in judged.seen


def test_the_first_release_ever_is_slower_than_none() -> None:
    """It passes by its own errors, and says so."""
    judged = judge_watch(replace(WATCH, before=None), LIMITS)
    assert judged.result is Result.PASSED
    assert "no older release to be slower than" in judged.seen


def test_an_old_release_that_was_not_seen_leaves_slower_open() -> None:
    """Its log could not be read, or it had no traffic."""
    before = Traffic("shop v11", 0.0, lost="no log session")
    judged = judge_watch(replace(WATCH, before=before), LIMITS)
    assert only_too_little(judged)
    assert "too little is known of the old release" in judged.seen


@pytest.mark.parametrize(
    "changes",
    [
        {"probes": ()},
        {"log": AppLog("shop", lost="no log session")},
        {"trouble": "the platform could not be asked"},
    ],
)
def test_a_watch_that_could_not_see_says_nothing_for_or_against(
    changes: dict[str, object],
) -> None:
    """That is no want of traffic: somebody has to look."""
    judged = judge_watch(replace(WATCH, **changes), LIMITS)  # type: ignore[arg-type]
    assert judged.result is Result.INSUFFICIENT
    assert not only_too_little(judged)
    assert judged.findings[0].about is Category.HEALTH


def test_a_regression_outweighs_what_could_not_be_seen() -> None:
    """The probes have seen it."""
    log = AppLog("shop", lost="no log session")
    watch = replace(WATCH, probes=probes(2, 20), log=log)
    judged = judge_watch(watch, LIMITS)
    assert judged.result is Result.FAILED
    assert not only_too_little(judged)


def test_production_that_does_not_serve_is_a_regression() -> None:
    """Without a probe being sent; unless the platform could not be asked."""
    judged = judge_watch(replace(WATCH, barrier=DOWN, probes=()), LIMITS)
    assert rules(judged) == ["health/release-does-not-serve"]
    silent = replace(DOWN, asked=False)
    judged = judge_watch(replace(WATCH, barrier=silent), LIMITS)
    assert judged.result is Result.INSUFFICIENT
    assert not only_too_little(judged)


def test_stored_evidence_is_judged_the_same() -> None:
    """Word for word."""
    watch = replace(met(*answers(400, bad=80)), log=AppLog("shop", crashes=(CRASH,)))
    stored = STORED.validate_json(to_json(STORED, watch))
    assert judge_watch(stored, LIMITS) == judge_watch(watch, LIMITS)
