"""A run in which nothing speaks against the release, to be spoiled piece by piece."""

import json
import random
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from gate.model.evidence import (
    SUITES,
    AppLog,
    BarrierEvidence,
    Case,
    CaseRun,
    Category,
    ChangedLines,
    Completion,
    ContractEvidence,
    EvidenceBundle,
    Exercise,
    HealthEvidence,
    IntegrationEvidence,
    LoadEvidence,
    Outcome,
    PlatformEvidence,
    Probe,
    UnitEvidence,
)
from gate.model.plan import LatencyQuestions, LoadPlan
from gate.model.policy import Limits, Policy
from gate.model.release import Release, ReleaseStatus, Slug
from gate.model.rollback import RollbackEvidence, RollbackPlan, WayBack
from gate.model.subject import Subject
from gate.model.verdict import Action
from gate.stats.events import Arm, Event, Flow, Step, Usage

ROLLS_BACK = {Category.HEALTH, Category.INTEGRATION, Category.LOAD}
LOAD_PLAN = LoadPlan(
    errors="exclude > 10%",
    latency=LatencyQuestions(p50="exclude > +50%", p95="exclude > +100%"),
    crashes="exclude > 1 per s",
    memory="not asked",
    cpu="not asked",
    users=1,
)
"""Wide margins: a run of some seconds answers them."""
LIMITS = Limits(load=LOAD_PLAN)
POLICY = Policy(
    {c: Action.ROLL_BACK if c in ROLLS_BACK else Action.BLOCK for c in SUITES},
    LIMITS,
)
ASKED = (*SUITES, Category.ROLLBACK)
"""By what a promotion is judged."""
PASSED = Case("tests/test_orders.py::test_order", Outcome.PASSED)
FAILED = Case("tests/test_orders.py::test_price", Outcome.FAILED, "E   assert 1 == 2")
SKIPPED = Case("tests/test_orders.py::test_later", Outcome.SKIPPED, "not today")
RUN = CaseRun(Completion.COMPLETE, (PASSED,))


def release(
    app: str = "shop-staging", version: int = 12, commit: str = "c" * 40
) -> Release:
    """A succeeded, current release; its slug is named after its commit."""
    return Release(
        id=f"release-{app}-{version}",
        app=app,
        version=version,
        status=ReleaseStatus.SUCCEEDED,
        current=True,
        slug=Slug(f"slug-{commit[:4]}", "SHA256:" + "0" * 64, commit, ("web",)),
        description="Deploy",
        eligible_for_rollback=True,
        created_at=datetime(2025, 1, 2, tzinfo=UTC),
    )


def subject(
    candidate_url: str = "http://127.0.0.1:9",
    *,
    control_url: str = "http://127.0.0.1:9",
    baseline: bool = True,
) -> Subject:
    """A candidate on staging, compared with an older release in production."""
    old = release("shop-production", 7, "b" * 40) if baseline else None
    return Subject(
        run="20250102-030405-abcd",
        candidate=release(),
        candidate_url=candidate_url,
        baseline=old,
        production_url=control_url,
        control_url=control_url if baseline else "",
        control_app="shop-baseline" if baseline else "",
    )


def document(**edits: Any) -> str:
    """A small OpenAPI document; *edits* replace parts of ``GET /orders``."""
    item = {
        "type": "object",
        "properties": {"id": {"type": "integer"}, "total": {"type": "integer"}},
        "required": ["id", "total"],
    }
    operation = {
        "responses": {
            "200": {
                "description": "orders",
                "content": {
                    "application/json": {"schema": {"type": "array", "items": item}}
                },
            }
        },
        **edits,
    }
    return json.dumps(
        {
            "openapi": "3.1.0",
            "info": {"title": "shop", "version": "1"},
            "paths": {"/orders": {"get": operation}},
        }
    )


def probes(good: int = 20, bad: int = 0) -> tuple[Probe, ...]:
    """Probes of the health path, the bad ones last."""
    fine = [Probe("/readyz", n * 0.1, 200, good=True, seen="200") for n in range(good)]
    wrong = [Probe("/readyz", 9.0, 503, good=False, seen="503 no") for _ in range(bad)]
    return (*fine, *wrong)


def flows(
    ratio: float = 1.0, count: int = 400, failing: int = 0, baseline_failing: int = 0
) -> tuple[Flow, ...]:
    """Serial flows of one request, 30 a second, with noise that both arms share.

    *ratio* is the candidate's latency over the baseline's; every *failing*-th flow
    fails on the candidate, every *baseline_failing*-th on the baseline; 0: none.
    """
    return tuple(
        Flow(
            at=round((n + 1) / 30, 3),
            number=n,
            users=1,
            steps=(Step("GET /orders", round(ratio * mine, 3), round(theirs, 3)),),
            candidate_failed=bool(failing) and n % failing == failing - 1,
            baseline_failed=bool(baseline_failing)
            and n % baseline_failing == baseline_failing - 1,
        )
        for n, (mine, theirs) in enumerate(PAIRS[:count])
    )


def _pairs(count: int) -> Iterator[tuple[float, float]]:
    """Latencies of both arms, ms: what they share varies more than what they do not."""
    dice = random.Random(7)
    for _ in range(count):
        shared = 20 * dice.lognormvariate(0, 0.3)
        yield (
            shared * dice.lognormvariate(0, 0.05),
            shared * dice.lognormvariate(0, 0.05),
        )


PAIRS = tuple(_pairs(400))


def usage(
    arm: Arm, *, grows: float = 0.0, cpu: float = 5.0, seconds: float = 13.0
) -> tuple[Usage, ...]:
    """Samples of one dyno, two a second: MB grown in all, CPU milliseconds a request."""
    samples = int(2 * seconds)
    return tuple(
        Usage(
            at=0.5 * n,
            arm=arm,
            dyno="web.1",
            cpu=round(1.0 + 30 * 0.5 * n * cpu / 1000, 4),
            memory=round(80.0 + grows * n / samples, 3),
            quota=512.0,
        )
        for n in range(samples + 1)
    )


def in_time(*events: Event) -> tuple[Event, ...]:
    """The events in the order of their times, as a run tells them."""
    return tuple(sorted(events, key=lambda each: each.at))


BARRIER = BarrierEvidence("shop-staging v12", True, "X-Release", "all agree")
HEALTH = HealthEvidence(RUN, probes(), 3.0)
UNIT = UnitEvidence(RUN, ChangedLines("b" * 40, 10))
CONTRACT = ContractEvidence(
    RUN,
    document(),
    document(),
    exercises=(Exercise("GET /orders", 30, 30),),
    day="2025-01-02",
    compared=True,
)
INTEGRATION = IntegrationEvidence(RUN)
LOAD = LoadEvidence(
    run=RUN,
    events=flows(count=200),
    began=1_000.0,
    ended=1_006.7,
    paired=True,
    stopped="not worse",
    again="python -m gate load --seed 1",
)
PLATFORM = PlatformEvidence(AppLog("shop-staging"), AppLog("shop-baseline"))
ROLLBACK = RollbackEvidence(
    RollbackPlan(
        "shop-production",
        "shop-staging v12",
        "shop-production v7",
        "slug-bbbb",
        WayBack.SAFE,
        verified="it serves: all agree",
    )
)
EVIDENCE = (BARRIER, HEALTH, UNIT, CONTRACT, INTEGRATION, LOAD, PLATFORM, ROLLBACK)
BUNDLE = EvidenceBundle.of(EVIDENCE)
