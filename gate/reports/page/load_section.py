"""The load run as a page tells it: answers by metric, by route, and pictures."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from gate.judges.load.words import NAMES, amount, milliseconds, percent
from gate.model.evidence import LoadEvidence, PlatformEvidence, SlowRequest
from gate.model.load_questions import asked_of
from gate.model.policy import Policy
from gate.reports.page.captions import decision, within
from gate.reports.page.pictures import Picture, pictures
from gate.reports.page.series import Followed, follow
from gate.stats.asked import Asked, Metric
from gate.stats.events import Event, Flow, Step
from gate.stats.quantiles import Summary, summary
from gate.stats.readings import Reading

MOST_ROUTES = 40
MOST_SLOW = 12


@dataclass(frozen=True, slots=True)
class Answered:
    """One metric: what was asked, what was found, what is excluded, on how much."""

    name: str
    answer: str
    margin: str
    found: str
    excluded: str
    samples: int
    wanting: str


@dataclass(frozen=True, slots=True)
class Route:
    """One route's latencies on each arm, as p50 and p95."""

    name: str
    requests: int
    baseline: str
    candidate: str


@dataclass(frozen=True, slots=True)
class LoadSection:
    """All that the page shows of a load run."""

    decision: str
    trouble: tuple[str, ...]
    answered: tuple[Answered, ...]
    pictures: tuple[Picture, ...]
    routes: tuple[Route, ...]
    more_routes: int
    slowest: tuple[SlowRequest, ...]
    errors: tuple[tuple[str, int, str], ...]
    generator: str
    calibration: str
    platform: tuple[tuple[str, str], ...]
    again: str


def load_section(
    load: LoadEvidence, platform: PlatformEvidence | None, policy: Policy | None
) -> LoadSection:
    """Return what is shown; without a policy nothing is judged, only drawn."""
    asked, followed = Asked(), None
    if policy is not None:
        asked = asked_of(
            policy.limits.load,
            paired=load.paired,
            history=load.history,
            first=load.first,
        )
        followed = follow(load.events, asked)
    routes = tuple(_routes(load.events))
    return LoadSection(
        decision=decision(followed),
        trouble=tuple(_trouble(load, followed)),
        answered=tuple(_answered(followed, asked)),
        pictures=pictures(load, followed, asked),
        routes=routes[:MOST_ROUTES],
        more_routes=max(0, len(routes) - MOST_ROUTES),
        slowest=tuple(islice(load.slowest, MOST_SLOW)),
        errors=tuple(_errors(load)),
        generator=_generator(load),
        calibration=_sentence(load.calibration),
        platform=tuple(_logged(platform)) if platform else (),
        again=load.again,
    )


def _sentence(words: str) -> str:
    return f"{words[0].upper()}{words[1:]}." if words else ""


def _trouble(load: LoadEvidence, followed: Followed | None) -> Iterator[str]:
    if load.trouble:
        yield load.trouble
    if followed is not None and followed.result.trouble:
        yield followed.result.trouble
    if load.first:
        yield "Production has no release yet: there is none to compare with."
    elif not load.paired:
        yield "No baseline ran beside the candidate: nothing was compared with one."


def _answered(followed: Followed | None, asked: Asked) -> Iterator[Answered]:
    for each in followed.result.readings if followed else ():
        yield Answered(
            name=NAMES[each.metric],
            answer=each.answer.value if each.told else "not told",
            margin=amount(each.metric, each.margin, asked),
            found=_found(each, asked),
            excluded=_above(each.metric, each.excluded, asked),
            samples=each.samples,
            wanting=each.wanting,
        )


def _above(metric: Metric, excluded: float | None, asked: Asked) -> str:
    return "" if excluded is None else amount(metric, excluded, asked, up=True)


def _found(reading: Reading, asked: Asked) -> str:
    if reading.estimate is None:
        return ""
    told = amount(reading.metric, reading.estimate, asked) if within(reading) else ""
    between = _between(reading, asked)
    told = f"{told} ({between})" if told and between else told or between
    return f"{told} on {reading.route}" if reading.route else told


def _between(reading: Reading, asked: Asked) -> str:
    """Say the interval of the estimate, as far as it is bounded."""
    low, high = (
        amount(reading.metric, end, asked)
        if end is not None and math.isfinite(end)
        else ""
        for end in (reading.low, reading.high)
    )
    if low and high:
        return f"{low} to {high}"
    return f"at least {low}" if low else f"at most {high}" if high else ""


def _routes(events: Sequence[Event]) -> Iterator[Route]:
    """Yield the routes, the most asked first."""
    steps: dict[str, list[Step]] = {}
    for event in events:
        for step in event.steps if isinstance(event, Flow) else ():
            steps.setdefault(step.route, []).append(step)
    for name, taken in sorted(steps.items(), key=lambda each: (-len(each[1]), each[0])):
        old = [step.baseline for step in taken if step.baseline is not None]
        new = [step.candidate for step in taken]
        baseline = _summarised(summary(old)) if old else ""
        yield Route(name, len(taken), baseline, _summarised(summary(new)))


def _summarised(numbers: Summary) -> str:
    return f"{milliseconds(numbers.p50)} / {milliseconds(numbers.p95)}"


def _errors(load: LoadEvidence) -> Iterator[tuple[str, int, str]]:
    for arm, errors in (
        ("candidate", load.errors),
        ("baseline", load.baseline_errors),
    ):
        for said, times in sorted(errors.items(), key=lambda each: (-each[1], each[0])):
            yield arm, times, said


def _logged(platform: PlatformEvidence) -> Iterator[tuple[str, str]]:
    """Yield what the platform's log told of each app."""
    for log in (platform.candidate, platform.baseline):
        if log is None:
            continue
        told = [f"crashed: {crash}" for crash in log.crashes]
        told += [f"{code} {times}×" for code, times in sorted(log.codes.items())]
        told += [f"restarted, no crash: {restart}" for restart in log.restarts]
        told += [f"not whole: {log.lost}"] if log.lost else []
        yield log.app, "; ".join(told) or "no crash and no error code"


def _generator(load: LoadEvidence) -> str:
    own = load.generator
    by = "one process" if own.workers == 1 else f"{own.workers} processes"
    told = [
        f"Generated by {by}, at most {percent(own.busy)} of a core busy",
        f"{percent(own.late)} of the flows started late",
    ]
    if own.rate:
        lowered = f", {own.lowered_from:.0f} at first" if own.lowered_from else ""
        told.append(f"{own.rate:.0f} a second were meant to start under load{lowered}")
    return f"{'; '.join(told)}."
