"""A calibration told to a person."""

import io

from gate.model.calibration import Calibration, Exclusion, Machine, Spread
from gate.model.plan import LoadPlan
from gate.reports.calibration import show_calibration
from gate.stats.asked import Metric

FOUND = Calibration(
    at="2025-01-02T03:04:05+00:00",
    release="shop-staging v7",
    slug="s",
    load="0" * 64,
    machine=Machine(2, "Linux"),
    asked_runs=20,
    runs=20,
    alarms=1,
    lowest=0.0013,
    highest=0.2487,
    passed=16,
    seconds=12.5,
    requests=2140,
    because={"load/slower": 1, "evidence/tail-undecided": 3},
    spreads=(Spread("one user", "p95", alone=0.22, paired=0.013, runs=20),),
    exclusions=(
        Exclusion(Metric.P95, asked=0.5, median=0.31, most=0.61, undecided=3),
        Exclusion(Metric.CRASHES, asked=0.2, median=0.19, most=None, undecided=3),
    ),
    suggestions=('latency.p95 = "exclude > +80%"',),
)


def told(found: Calibration) -> str:
    """What is printed, in single spaces."""
    out = io.StringIO()
    show_calibration(found, LoadPlan(), out)
    return " ".join(out.getvalue().split())


def test_the_false_alarms_come_first_and_what_to_do_last() -> None:
    """With what they may be in truth, the noise, and what was excluded."""
    said = told(FOUND)
    for each in (
        "shop-staging v7 against itself: 20 runs; 2,140 requests in 12.5 s",
        "2 cores",
        "false alarms: 1 of 20 (95 %: 0.13 % to 25 %)",
        "passed: 16 of 20; load/slower 1×, evidence/tail-undecided 3×",
        "latency.p95 50 % 31 % 61 % 3",
        "crashes one in 5 s one in 5.2 s nothing 3",
        "p95, one user ± 22 % ± 1.3 % 20",
    ):
        assert each in said
    assert said.endswith('decided: latency.p95 = "exclude > +80%"')


def test_what_was_interrupted_says_so() -> None:
    """It is not mistaken for the whole."""
    early = Calibration(
        **{name: getattr(FOUND, name) for name in FOUND.__slots__} | {"runs": 3}
    )
    assert "3 runs of 20, interrupted" in told(early)
