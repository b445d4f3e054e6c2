"""What the gate's load statistics find and when, beside the rules that others use.

Simulates runs of good releases (how many alarms?), of bad ones (how many missed, found
after how many requests?) and of good ones that must pass (within how many seconds?),
and measures what the statistics cost.  Prints each figure with the goal it has to
reach; exits 1 if one is missed.  Rules: Kayenta's Mann-Whitney judge at the end, on raw
requests and on 50 points; a Mann-Whitney test at 1 % after every 100 requests; a p95
limit of 1.2 times what the app is known to do, and of 1.2 times the last run's.

    python -m tests_integration.gate.benchmarks.load [--runs N] [--jobs N] [--json]
        [--only WORD] [--no-rivals]
"""

import argparse
import functools
import json
import math
import statistics
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass, field, replace

from gate.stats.answer import Answer
from gate.stats.asked import Asked
from gate.stats.events import Crash, Event
from gate.stats.monitor import Monitor, monitored
from tests_integration.gate.benchmarks import load_rivals as rivals
from tests_integration.gate.benchmarks.load_scenarios import (
    BAD,
    GOOD,
    PASSING,
    Goal,
    Scenario,
)
from tests_unit.gate.stats.noise import alone, stream

RULES = ("kayenta", "50 points", "peeking", "known p95", "stored p95")
SLOWER = 1.2  # what the thresholds allow
RIVAL_RUNS = 300  # they are slow, and their shares large
WITHIN = (20, 30, 40)
MOST_OF_A_CORE = 0.05
RATE = 1000


@dataclass(frozen=True, slots=True)
class Run:
    """How one run ended: requests and seconds until the answer; *by* which metrics.

    Those that are worse; without any, those that were left open.
    """

    answer: Answer
    requests: int
    seconds: float
    by: tuple[str, ...] = ()
    crashed: bool = False
    rivals: tuple[int | None, ...] = ()


@dataclass(slots=True)
class Row:
    """One line of a table."""

    name: str
    runs: int
    figures: dict[str, float] = field(default_factory=dict)
    rivals: dict[str, str] = field(default_factory=dict)
    note: str = ""
    goal: Goal | None = None

    @property
    def reached(self) -> bool | None:
        """Whether the goal is; None without one."""
        if self.goal is None:
            return None
        return self.figures[self.goal.what] <= self.goal.at_most


def events_of(scenario: Scenario, seed: int) -> list[Event]:
    """One run; an unpaired one is the candidate's half of it."""
    events = stream(
        scenario.profile,
        scenario.change,
        seed=seed,
        flows=scenario.flows,
        seconds=scenario.seconds,
    )
    return events if scenario.paired else alone(events)


def judged(events: Sequence[Event], asked: Asked) -> Run:
    """What the gate says, looking after every event."""
    result = monitored(events, asked)
    crashed = any(isinstance(each, Crash) and each.at <= result.at for each in events)
    left, worse = (
        tuple(each.metric for each in result.readings if each.answer is answer)
        for answer in (Answer.UNDECIDED, Answer.WORSE)
    )
    return Run(result.answer, result.requests, result.at, worse or left, crashed)


def simulated(scenario: Scenario, beside: int, seed: int) -> Run:
    """One run, judged by the gate and, for the first *beside* seeds, by the others."""
    events = events_of(scenario, seed)
    run = judged(events, scenario.asked)
    if seed >= beside:
        return run
    seen = rivals.seen(stream(scenario.profile, scenario.change, seed=seed))
    if not scenario.paired:
        earlier = stream(scenario.profile, scenario.change, seed=seed + 50_000)
        seen = rivals.unpaired(seen, rivals.seen(earlier))
    stored = rivals.p95(rivals.seen(stream(scenario.profile, seed=seed + 60_000)))
    said = (
        rivals.kayenta(seen),
        rivals.kayenta_in_buckets(seen),
        rivals.peeking(seen),
        rivals.threshold(seen, SLOWER * known_p95(scenario.profile)),
        rivals.threshold(seen, SLOWER * stored),
    )
    return replace(run, rivals=said)


@functools.cache
def known_p95(profile: str) -> float:
    """What a team that has looked often takes for the app's p95."""
    runs = (rivals.seen(stream(profile, seed=seed)) for seed in range(70_000, 70_020))
    return statistics.median(map(rivals.p95, runs))


def _columns(runs: Sequence[Run]) -> Iterator[tuple[str, tuple[int | None, ...]]]:
    said = [run.rivals for run in runs if run.rivals]
    if said:
        yield from zip(RULES, zip(*said, strict=True), strict=True)


def alarms(scenario: Scenario, runs: Sequence[Run]) -> Row:
    """A good release: the share that is called worse, in %."""
    called = [run for run in runs if run.answer is Answer.WORSE]
    row = Row(scenario.name, len(runs), {"alarms": 100 * len(called) / len(runs)})
    by = Counter(metric for run in called for metric in run.by)
    row.note = ", ".join(f"{metric} {count}" for metric, count in by.items())
    for rule, column in _columns(runs):
        share = 100 * sum(each is not None for each in column) / len(column)
        row.rivals[rule] = f"{share:.1f}"
    row.goal = scenario.goal
    return row


def detection(scenario: Scenario, runs: Sequence[Run]) -> Row:
    """A bad one: the share missed in %, requests and seconds until it was found."""
    if scenario.change.crashes:
        # Nothing can be found in a run in which nothing happened.
        runs = [run for run in runs if run.crashed]
    found = [run for run in runs if run.answer is Answer.WORSE]
    passed = sum(run.answer is Answer.NOT_WORSE for run in runs)
    row = Row(scenario.name, len(runs), note=f"{passed} passed" if passed else "")
    requests = sorted(float(run.requests) for run in found) or [math.inf]
    row.figures = {
        "missed": 100 * (1 - len(found) / len(runs)) if runs else math.nan,
        "requests": statistics.median(requests),
        "p95": requests[math.ceil(0.95 * len(requests)) - 1],
        "seconds": statistics.median([run.seconds for run in found] or [math.inf]),
    }
    for rule, column in _columns(runs):
        used = [each for each in column if each is not None]
        missed = 100 * (1 - len(used) / len(column))
        median = f"; {statistics.median(used):.0f}" if used else ""
        row.rivals[rule] = f"{missed:.0f}{median}"
    row.goal = scenario.goal
    return row


def passes(scenario: Scenario, runs: Sequence[Run]) -> Row:
    """A good one: the share that passes within so many seconds, and what is open."""
    good = [run.seconds for run in runs if run.answer is Answer.NOT_WORSE]
    row = Row(scenario.name, len(runs))
    for limit in WITHIN:
        share = 100 * sum(at <= limit for at in good) / len(runs)
        row.figures[f"in {limit} s"] = share
    row.figures["seconds"] = statistics.median(good or [math.inf])
    left = [run for run in runs if run.answer is Answer.UNDECIDED]
    by = Counter(metric for run in left for metric in run.by)
    row.note = ", ".join(f"{metric} {count}" for metric, count in by.most_common())
    return row


def cost(flows: int = 10_000) -> Row:
    """The share of one core that the statistics take at 1,000 flows a second."""
    events = stream("two_phases", seed=1, flows=flows, seconds=math.inf)
    # A question that stays open: an answered Monitor would rest.
    monitor = Monitor(Asked(crashes=1e-9))
    began = time.process_time()
    for event in events:
        monitor.feed(event)
    spent = time.process_time() - began
    share = 100 * spent / flows * RATE
    goal = Goal("% of a core", 100 * MOST_OF_A_CORE)
    return Row(f"{RATE} flows/s", 1, {"% of a core": share}, goal=goal)


def told(row: Row, *, title: str = "") -> None:
    """Print one line of a table; with a title, first its head."""
    others, figures = list(row.rivals), list(row.figures)
    if title:
        head = "".join(f"{name:>13}" for name in [*others, *figures])
        print(f"\n{title}\n{'':30}{head}")
    cells = [f"{row.rivals[name]:>13}" for name in others]
    cells += [f"{row.figures[name]:13.1f}" for name in figures]
    verdict = {True: "reached", False: "NOT REACHED", None: ""}[row.reached]
    goal = f"{row.goal.what} <= {row.goal.at_most:g}: " if row.goal else ""
    line = f"{row.name:30}{''.join(cells)}  {goal}{verdict}  {row.note}"
    print(line.rstrip(), flush=True)


def main() -> int:
    """Simulate and print; returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--runs", type=int, default=200, help="of each scenario")
    parser.add_argument("--jobs", type=int, default=2, help="processes")
    parser.add_argument("--only", default="", help="scenarios with this in their name")
    parser.add_argument("--no-rivals", action="store_true", help="the gate alone")
    parser.add_argument("--json", action="store_true", help="as one JSON document")
    options = parser.parse_args()
    beside = 0 if options.no_rivals else RIVAL_RUNS
    tables = (
        (
            "False alarms on good releases, % of runs (last column: the gate)",
            GOOD,
            alarms,
        ),
        ("Detection: % missed; median requests (last four: the gate)", BAD, detection),
        ("Good releases that pass, % of runs", PASSING, passes),
    )
    rows: dict[str, list[Row]] = {}
    with ProcessPoolExecutor(options.jobs) as pool:
        for title, scenarios, table in tables:
            lines = rows[title] = []
            for scenario in scenarios:
                if options.only not in scenario.name:
                    continue
                aside = beside if table is not passes else 0
                one = functools.partial(simulated, scenario, aside)
                runs = list(pool.map(one, range(options.runs), chunksize=5))
                lines.append(table(scenario, runs))
                if not options.json:
                    told(lines[-1], title="" if lines[1:] else title)
    rows["Cost"] = [cost()]
    if options.json:
        print(
            json.dumps({title: [asdict(row) for row in rows[title]] for title in rows})
        )
    else:
        told(rows["Cost"][0], title="Cost")
    missed = [row for table in rows.values() for row in table if row.reached is False]
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
