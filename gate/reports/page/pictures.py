"""The pictures of a load run: latency, its course, memory, and the evidence."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from gate.judges.load.words import milliseconds
from gate.model.evidence import LoadEvidence
from gate.reports.page import captions
from gate.reports.page.drawing import Canvas, canvas
from gate.reports.page.series import (
    ARMS,
    Followed,
    Point,
    answers,
    failures,
    memory,
    quota,
    rolling,
    under_load,
)
from gate.stats.answer import Answer
from gate.stats.asked import Asked
from gate.stats.events import BASELINE, CANDIDATE, Arm
from gate.stats.quantiles import summary

LEAST = 20
LEAST_FAILURES = 3
SHORTEST = 0.001  # ms: what a clock cannot tell from nothing, on an axis of factors
LEAST_EVIDENCE = 0.01
STEPS = 240
SECOND = 1000.0
NEAR_QUOTA = 0.5
LEAST_SPAN = 0.2  # of the highest level: a small difference shall look small
Series = dict[Arm, Sequence[Point]]


@dataclass(frozen=True, slots=True)
class Picture:
    """A drawing as SVG, and the finding that it shows."""

    title: str
    caption: str
    svg: Markup


def pictures(
    load: LoadEvidence, followed: Followed | None, asked: Asked
) -> tuple[Picture, ...]:
    """Draw what this run told; what it did not tell is left out."""
    serial, crowd = (_series(load, alone=alone) for alone in (True, False))
    users = asked.users if (begun := under_load(load.events)) is None else begun[1]
    return tuple(
        picture
        for picture in (
            _shares(serial, "alone", "How long answers took, one request at a time"),
            _shares(crowd, "crowd", f"How long answers took, {users} users at once"),
            _course(load, followed, asked),
            _failures(load, followed, asked),
            _memory(load, followed, asked),
            _evidence(followed, asked),
        )
        if picture is not None
    )


def _series(load: LoadEvidence, *, alone: bool | None) -> Series:
    """Return the latencies of each arm that has enough of them; the candidate must."""
    told = {arm: answers(load.events, arm, alone=alone) for arm in ARMS}
    if len(told[CANDIDATE]) < LEAST:
        return {}
    return {
        arm: [(at, max(ms, SHORTEST)) for at, ms in points]
        for arm, points in told.items()
        if len(points) >= LEAST
    }


def _shares(series: Series, name: str, title: str) -> Picture | None:
    if not series:
        return None
    marks = {arm: summary(ms for _, ms in points) for arm, points in series.items()}
    told = captions.of_shares(marks)
    slowest = max(marks, key=lambda arm: (marks[arm].p50, marks[arm].p95))
    with canvas(name, title, told) as drawn:
        for arm, points in series.items():
            ordered = sorted(ms for _, ms in points)
            drawn.line(arm, [(ordered[0], 0.0), *_stairs(ordered)])
        drawn.factors("x", _tick)
        for arm, mark in marks.items():
            slow = arm == slowest
            # Free are the corners below the curve at its right, above it at its left.
            named = (f"{arm} ", "") if slow else ("", f"{arm} ")
            places = (mark.p50, 50, named[0]), (mark.p95, 95, named[1])
            for at, level, whose in places:
                drawn.mark(arm, at, level)
                drawn.label(arm, (at, level), whose + milliseconds(at), right=slow)
        drawn.axes.set_yticks([0, 25, 50, 75, 95])
        drawn.axes.set_ylim(0, 103)
        drawn.named("y", lambda share: f"{share:.0f} %")
        drawn.axes.set_xlabel("answered within")
        drawn.axes.set_ylabel("share of answers")
    return Picture(title, told, drawn.svg)


def _tick(ms: float) -> str:
    return f"{ms / SECOND:g} s" if ms >= SECOND else f"{ms:g} ms"


def _stairs(ordered: Sequence[float]) -> Iterator[Point]:
    """Yield the cumulative share (in %) at so many of the values, both ends included.

    The upper tail is drawn finer: it is what p95 is about.
    """
    last = len(ordered) - 1
    for n in range(STEPS + 1):
        share = 1 - (1 - n / STEPS) ** 2
        index = round(share * last)
        yield ordered[index], 100 * (index + 1) / len(ordered)


def _course(
    load: LoadEvidence, followed: Followed | None, asked: Asked
) -> Picture | None:
    series = _series(load, alone=None)
    times = [at for points in series.values() for at, _ in points]
    if not times or min(times) == max(times):
        return None
    span = min(times), max(times)
    tails = {arm: rolling(points, 0.95, *span) for arm, points in series.items()}
    middles = {arm: rolling(points, 0.5, *span) for arm, points in series.items()}
    title = "p50 and p95 over the run"
    old = tails.get(BASELINE, ())
    told = captions.of_course(old, tails[CANDIDATE], followed, asked)
    with canvas("course", title, told) as drawn:
        for name, lines in (("p95", tails), ("p50", middles)):
            for arm, points in lines.items():
                drawn.line(arm, points)
                drawn.ends(arm, points, f"{name} {arm}")
        drawn.factors("y", _tick)
        _moments(drawn, load, followed)
    return Picture(title, told, drawn.svg)


def _failures(
    load: LoadEvidence, followed: Followed | None, asked: Asked
) -> Picture | None:
    arms = ARMS if load.paired else (CANDIDATE,)
    series = {arm: failures(load.events, arm) for arm in arms}
    if not series[CANDIDATE] or series[CANDIDATE][-1][1] < LEAST_FAILURES:
        return None
    title = "Failed flows over the run"
    old = series.get(BASELINE, ())
    told = captions.of_failures(old, series[CANDIDATE], followed, asked)
    with canvas("failures", title, told) as drawn:
        for arm, points in series.items():
            drawn.line(arm, list(_corners(points)))
            drawn.ends(arm, points, arm)
        _moments(drawn, load, followed)
    return Picture(title, told, drawn.svg)


def _corners(points: Sequence[Point]) -> Iterator[Point]:
    """Yield where a count changes: the last moment before it and the first after it."""
    last = len(points) - 1
    for n, (at, count) in enumerate(points):
        before, after = points[max(0, n - 1)][1], points[min(last, n + 1)][1]
        if n in {0, last} or before != count or after != count:
            yield at, count


def _memory(
    load: LoadEvidence, followed: Followed | None, asked: Asked
) -> Picture | None:
    dynos = {arm: memory(load.events, arm) for arm in ARMS}
    if not any(dynos.values()):
        return None
    title = "Memory over the run"
    told = captions.of_memory(dynos[BASELINE], dynos[CANDIDATE], followed, asked)
    with canvas("memory", title, told) as drawn:
        for arm in ARMS:
            for points in dynos[arm].values():
                drawn.line(arm, points)
            if dynos[arm]:
                highest = max(dynos[arm].values(), key=lambda points: points[-1][1])
                drawn.ends(arm, highest, arm)
        drawn.named("y", lambda level: f"{level:,.0f} MB")
        levels = [y for lines in dynos.values() for p in lines.values() for _, y in p]
        drawn.at_least("y", LEAST_SPAN * max(levels))
        limit = quota(load.events)
        if limit is not None and max(levels) > NEAR_QUOTA * limit:
            drawn.level(limit, f"quota {limit:.0f} MB")
        _moments(drawn, load, followed)
    return Picture(title, told, drawn.svg)


def _evidence(followed: Followed | None, asked: Asked) -> Picture | None:
    if followed is None or len(followed.evidence) < 2:
        return None
    title = "Evidence that the candidate is worse"
    told = captions.of_evidence(followed, asked)
    needed = 1 / asked.false_alarms
    with canvas("evidence", title, told) as drawn:
        levels = [(at, max(e, LEAST_EVIDENCE)) for at, e in followed.evidence]
        drawn.line(CANDIDATE, levels)
        drawn.axes.set_ylim(LEAST_EVIDENCE / 2, 4 * max(needed, max(levels)[1]))
        drawn.factors("y", "{:g}".format)
        drawn.level(needed, f"worse from {needed:,.0f} on")
        _moments(drawn, None, followed)
    return Picture(title, told, drawn.svg)


def _moments(
    drawn: Canvas, load: LoadEvidence | None, followed: Followed | None
) -> None:
    """Show when several users came at once, and when the answer was known."""
    begun = under_load(load.events) if load else None
    if begun is not None:
        drawn.moment(begun[0], f"{begun[1]} at once", strong=False)
    if followed is not None and followed.result.answer is not Answer.UNDECIDED:
        said = f"{followed.result.at:.1f} s: {followed.result.answer.value}"
        drawn.moment(followed.result.at, said, strong=True)
    drawn.axes.set_xlabel("seconds since the load began")
