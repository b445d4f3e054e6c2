"""Which runs the load benchmark simulates, and what the gate has to reach on them."""

from dataclasses import dataclass, field

from gate.stats.asked import Asked
from tests_unit.gate.stats.noise import NONE, Change

HISTORY = (0, 20_000)  # flows that failed, of how many, in earlier runs


@dataclass(frozen=True, slots=True)
class Goal:
    """What must hold: the share of runs in % or the median of requests or seconds."""

    what: str
    at_most: float


@dataclass(frozen=True, slots=True)
class Scenario:
    """A profile of noise, a change, a question; *flows* and *seconds* bound the run."""

    name: str
    profile: str
    change: Change = NONE
    asked: Asked = field(default_factory=Asked)
    goal: Goal | None = None
    flows: int = 3000
    seconds: float = 60.0
    paired: bool = True


RARELY = Goal("alarms", 1.0)
NEVER = Goal("alarms", 0.0)
ALWAYS = Goal("missed", 0.0)
PAIRED = (
    "iid",
    "serial",
    "serial_noisy",
    "drifting",
    "bimodal",
    "concurrent",
    "concurrent_hard",
    "two_phases",
    "two_phases_hard",
)
GOOD = (
    *(Scenario(profile, profile, goal=RARELY) for profile in PAIRED),
    Scenario(
        "serial, 0.5 % errors", "serial", Change(errors=(0.005, 0.005)), goal=RARELY
    ),
    Scenario(
        "concurrent, 2 % errors", "concurrent", Change(errors=(0.02, 0.02)), goal=RARELY
    ),
    Scenario("serial, cold start", "serial", Change(cold=True), goal=RARELY),
    Scenario("serial, outage", "serial", Change(outage=(9.0, 11.0)), goal=RARELY),
    Scenario(
        "two_phases, outage, history",
        "two_phases",
        Change(outage=(9.0, 11.0)),
        Asked(history=HISTORY),
        RARELY,
    ),
    Scenario("serial, 20 % faster", "serial", Change(latency=0.8), goal=RARELY),
    Scenario(
        "serial, unpaired",
        "serial",
        asked=Asked(paired=False),
        goal=NEVER,
        paired=False,
    ),
    Scenario(
        "concurrent, unpaired",
        "concurrent",
        asked=Asked(paired=False),
        goal=NEVER,
        paired=False,
    ),
)


def _slower(profile: str, factor: float, goal: float | None = None) -> Scenario:
    """Latency alone: it waits longer, and uses no more CPU."""
    name = f"+{factor - 1:.0%}, {profile}"
    margin = min(factor - 1, 0.2)
    what = None if goal is None else Goal("requests", goal)
    change = Change(latency=factor)
    return Scenario(name, profile, change, Asked(p50=margin), what)


BAD = (
    _slower("iid", 1.1),
    _slower("iid", 1.2),
    _slower("iid", 1.5),
    _slower("iid", 2.0),
    _slower("serial", 1.1, 500),
    _slower("serial", 1.2, 250),
    _slower("serial", 1.5),
    _slower("serial", 2.0, 260),
    _slower("serial_noisy", 1.1),
    _slower("serial_noisy", 1.2),
    _slower("serial_noisy", 1.5),
    _slower("concurrent", 1.1),
    _slower("concurrent", 1.2, 2000),
    Scenario(
        "+20% and its CPU, concurrent",
        "concurrent",
        Change(latency=1.2, cpu=1.2),
        Asked(cpu=0.2),
        Goal("requests", 2000),
    ),
    _slower("concurrent", 1.5, 1300),
    _slower("concurrent", 2.0, 1200),
    _slower("concurrent_hard", 1.2),
    _slower("concurrent_hard", 2.0),
    _slower("bimodal", 1.2),
    _slower("bimodal", 1.5),
    Scenario("tail 10 % x3", "serial", Change(tail=0.1), goal=Goal("requests", 1000)),
    Scenario("tail 10 % x3, concurrent", "concurrent", Change(tail=0.1)),
    Scenario("one route +50 %", "serial", Change(latency=1.5, route="/orders/{id}")),
    Scenario(
        "late +50 %, serial",
        "serial",
        Change(latency=1.5, since=1200),
        goal=Goal("requests", 2800),
    ),
    Scenario("late +50 %, concurrent", "concurrent", Change(latency=1.5, since=1200)),
    Scenario("errors 0.5 %", "two_phases", Change(errors=(0, 0.005)), seconds=30),
    Scenario(
        "errors 0.5 %, history",
        "two_phases",
        Change(errors=(0, 0.005)),
        Asked(history=HISTORY),
        Goal("missed", 10.0),
        seconds=30,
    ),
    Scenario(
        "errors 1 %",
        "two_phases",
        Change(errors=(0, 0.01)),
        goal=Goal("requests", 2800),
        seconds=30,
    ),
    Scenario(
        "errors 5 %",
        "two_phases",
        Change(errors=(0, 0.05)),
        goal=Goal("requests", 700),
        seconds=30,
    ),
    Scenario(
        "errors 1 % to 3 %", "two_phases", Change(errors=(0.01, 0.03)), seconds=30
    ),
    Scenario("leak 2 KiB/request", "two_phases", Change(leak=2), seconds=30),
    Scenario(
        "leak 10 KiB/request", "two_phases", Change(leak=10), goal=ALWAYS, seconds=30
    ),
    Scenario(
        "leak 50 KiB/request", "two_phases", Change(leak=50), goal=ALWAYS, seconds=30
    ),
    Scenario(
        "crash every 5 s",
        "two_phases",
        Change(crashes=1 / 5),
        goal=Goal("seconds", 4.0),
        seconds=30,
    ),
    Scenario("crash every 15 s", "two_phases", Change(crashes=1 / 15), seconds=30),
    Scenario(
        "CPU +10 %",
        "two_phases",
        Change(cpu=1.1),
        Asked(cpu=0.1),
        Goal("requests", 3200),
        seconds=30,
    ),
    Scenario("CPU +30 %", "two_phases", Change(cpu=1.3), seconds=30),
)
PASSING = tuple(
    Scenario(f"{name}", profile, NONE, asked, flows=8000, seconds=40.0)
    for name, profile, asked in (
        ("serial", "serial", Asked()),
        ("two_phases", "two_phases", Asked()),
        ("two_phases, history", "two_phases", Asked(history=HISTORY)),
        ("two_phases_hard", "two_phases_hard", Asked()),
        ("two_phases_hard, history", "two_phases_hard", Asked(history=HISTORY)),
        ("concurrent", "concurrent", Asked()),
    )
)
