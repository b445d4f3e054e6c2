"""A run in which nothing speaks against the release, to be spoiled piece by piece."""

import json
from datetime import UTC, datetime
from typing import Any

from gate.model.evidence import (
    SUITES,
    AppLog,
    ArmTotals,
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
    MemorySample,
    Outcome,
    PlatformEvidence,
    Probe,
    UnitEvidence,
)
from gate.model.policy import Policy
from gate.model.release import Release, ReleaseStatus, Slug
from gate.model.subject import Subject
from gate.model.verdict import Action

ROLLS_BACK = {Category.HEALTH, Category.INTEGRATION, Category.LOAD}
POLICY = Policy(
    {c: Action.ROLL_BACK if c in ROLLS_BACK else Action.BLOCK for c in SUITES}
)
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


def pairs(ratio: float = 1.0, count: int = 200) -> tuple[tuple[float, float], ...]:
    """Latencies of candidate and baseline, ms, with a little noise on both."""
    return tuple((ratio * (20 + (n * 7) % 5), 20.0 + (n * 3) % 5) for n in range(count))


def memory(dyno: str, levels: tuple[float, ...]) -> tuple[MemorySample, ...]:
    """Samples of one dyno's memory in MB, spread evenly over the load run."""
    step = 18.0 / max(1, len(levels) - 1)
    return tuple(
        MemorySample(1_001.0 + n * step, dyno, level) for n, level in enumerate(levels)
    )


def growing(by: float) -> tuple[float, ...]:
    """Levels of memory that grow steadily by so many MB in all."""
    return tuple(80.0 + by * n / 8 for n in range(9))


def app_log(app: str = "shop-staging", grows: float = 1.0) -> AppLog:
    """The log of an app that was healthy, and grew steadily by so many MB."""
    return AppLog(app, memory=memory("web.1", growing(grows)))


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
    candidate=ArmTotals(1_000, 400, 0),
    baseline=ArmTotals(1_000, 400, 0),
    pairs=pairs(),
    began=1_000.0,
    ended=1_020.0,
)
PLATFORM = PlatformEvidence(app_log(), app_log("shop-baseline"))
EVIDENCE = (BARRIER, HEALTH, UNIT, CONTRACT, INTEGRATION, LOAD, PLATFORM)
BUNDLE = EvidenceBundle.of(EVIDENCE)
