"""What a load run told, as series of numbers over the time of the run."""

import math
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from gate.stats.answer import Answer
from gate.stats.asked import Asked
from gate.stats.events import BASELINE, CANDIDATE, Arm, Event, Flow, Usage
from gate.stats.monitor import Monitor
from gate.stats.quantiles import quantile
from gate.stats.readings import Result

ARMS: tuple[Arm, ...] = (BASELINE, CANDIDATE)
Point = tuple[float, float]
LOOKS = 40
WINDOWS = 60
WINDOW_SHARE = 1 / 15
LEAST_IN_WINDOW = 8
ENOUGH = 24  # answers in a window, so that a short run is drawn without holes
LEAST_SAMPLES = 3
MOST = 1e9


@dataclass(frozen=True, slots=True)
class Followed:
    """What a run came to, and the evidence for *worse* on the way: (seconds, e)."""

    result: Result
    evidence: tuple[Point, ...]


def follow(events: Sequence[Event], asked: Asked) -> Followed:
    """Judge a run again, and look at the evidence now and then while it goes on."""
    monitor = Monitor(asked)
    stride = max(1, len(events) // LOOKS)
    looks = []
    for number, event in enumerate(events, 1):
        answer = monitor.feed(event)
        if answer is not Answer.UNDECIDED:
            break
        if number % stride == 0:
            looks.append(monitor.result())
    looks.append(monitor.result())
    evidence = tuple(_told((each.at, each.e_value) for each in looks))
    return Followed(looks[-1], evidence)


def answers(
    events: Iterable[Event], arm: Arm, *, alone: bool | None = None
) -> tuple[Point, ...]:
    """Return when (seconds) an arm's requests were answered, and in how many ms.

    *alone*: only those of one user at a time, or only those of several; None: all.
    """
    flows = (
        event
        for event in events
        if isinstance(event, Flow) and alone in (None, event.users <= 1)
    )
    return tuple(sorted(_told(_answers(flows, arm))))


def _answers(flows: Iterable[Flow], arm: Arm) -> Iterator[Point]:
    for flow in flows:
        for step in flow.steps:
            took = step.candidate if arm == CANDIDATE else step.baseline
            if took is not None:
                yield flow.at, took


def failures(events: Iterable[Event], arm: Arm) -> tuple[Point, ...]:
    """Return how many of an arm's flows had failed after each of them."""
    failed, points = 0, []
    for event in events:
        if isinstance(event, Flow) and math.isfinite(event.at):
            mine = event.candidate_failed if arm == CANDIDATE else event.baseline_failed
            failed += mine
            points.append((event.at, float(failed)))
    return tuple(points)


def memory(events: Iterable[Event], arm: Arm) -> dict[str, tuple[Point, ...]]:
    """Return the megabytes of each of an arm's dynos over the run, by dyno."""
    series: dict[str, list[Point]] = {}
    for event in events:
        if isinstance(event, Usage) and event.arm == arm and event.memory is not None:
            series.setdefault(event.dyno, []).append((event.at, event.memory))
    told = {dyno: tuple(sorted(_told(series[dyno]))) for dyno in sorted(series)}
    return {
        dyno: points for dyno, points in told.items() if len(points) >= LEAST_SAMPLES
    }


def quota(events: Iterable[Event]) -> float | None:
    """Return the memory quota of the candidate's dynos in MB, where one is told."""
    quotas = [
        event.quota
        for event in events
        if isinstance(event, Usage) and event.arm == CANDIDATE and event.quota
    ]
    return min(quotas, default=None)


def under_load(events: Iterable[Event]) -> tuple[float, int] | None:
    """Return from when on several users came at once, and how many; None: never."""
    flows = [event for event in events if isinstance(event, Flow)]
    if not flows or flows[0].users > 1:
        return None
    first = next((flow for flow in flows if flow.users > 1), None)
    return (first.at, first.users) if first else None


def rolling(
    points: Sequence[Point], share: float, begin: float, end: float
) -> tuple[Point, ...]:
    """Return a quantile over time, of the answers in a window around each moment.

    NaN where the window holds too few of them. *points* are in order of time.
    """
    times = [at for at, _ in points]
    share_of_time = max(WINDOW_SHARE, ENOUGH / max(1, len(points)))
    half = (end - begin) * share_of_time / 2
    moments = (begin + (end - begin) * (n + 0.5) / WINDOWS for n in range(WINDOWS))
    return tuple((at, _around(points, times, (at, half), share)) for at in moments)


def _around(
    points: Sequence[Point], times: Sequence[float], window: Point, share: float
) -> float:
    at, half = window
    first, last = bisect_left(times, at - half), bisect_left(times, at + half)
    within = [value for _, value in points[first:last]]
    return quantile(within, share) if len(within) >= LEAST_IN_WINDOW else math.nan


def _told(points: Iterable[Point]) -> Iterator[Point]:
    """Leave out what no run measures: it can be judged, but not drawn."""
    for at, value in points:
        if math.isfinite(at) and abs(value) < MOST:  # NaN is not below it either
            yield at, value
