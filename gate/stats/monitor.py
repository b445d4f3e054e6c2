"""Is the candidate worse? Asked after every event, answered as soon as it is known."""

from collections.abc import Iterable
from dataclasses import replace

from gate.stats.answer import Answer
from gate.stats.asked import Asked, Metric
from gate.stats.batches import WarmUp
from gate.stats.channel import Channel
from gate.stats.clock import Moment
from gate.stats.cpu import Cpu
from gate.stats.crashes import Crashes
from gate.stats.errors import HISTORY_SHARE, Errors
from gate.stats.events import Crash, Event, Flow, Tick, UnderWay, Usage
from gate.stats.intake import Intake
from gate.stats.limits import Limit
from gate.stats.location import Location
from gate.stats.memory import Memory
from gate.stats.readings import Reading, Result
from gate.stats.tail import Tail

WEIGHTS = {
    Metric.P50: 0.30,
    Metric.P95: 0.15,
    Metric.ERRORS: 0.25,
    Metric.CPU: 0.10,
    Metric.MEMORY: 0.10,
    Metric.CRASHES: 0.10,
}
SUSPICION = 10.0
"""No run passes while any metric's evidence for "worse" stands above this."""


class Monitor:
    """Watches a load run event by event; looking after each one is free.

    Each asked metric keeps an e-value against "no worse than tolerated". Their weighted
    mean is one as well, under any dependence (Vovk & Wang, Ann. Statist. 49, 2021), so
    that it reaches 1/false_alarms with a probability of at most false_alarms in a run of
    a good release, over all metrics and looks together (Ville).

    The first answer that is not UNDECIDED stays: what is fed later changes nothing.
    Feeding event by event and `monitored` on all of them give the same result. No event
    raises: what cannot be used is dropped, and makes *trouble* where it matters.
    """

    def __init__(self, asked: Asked) -> None:
        self.asked = asked
        self._answer = Answer.UNDECIDED
        self._doubted = 0.0
        self._moment = Moment()
        metrics = tuple(asked.metrics())
        self._channels = tuple(_channel(each, asked, self._moment) for each in metrics)
        total = sum(WEIGHTS[metric] for metric in metrics)
        # With a history, the chance that its bound is wrong is spent beforehand.
        spent = HISTORY_SHARE if asked.history else 0.0
        self._weighted = tuple(
            (channel, WEIGHTS[channel.metric] / total * (1 - spent))
            for channel in self._channels
        )
        self._crashes = tuple(
            each for each in self._weighted if each[0].metric is Metric.CRASHES
        )
        self._enough = 1 / asked.false_alarms
        self._intake = Intake(paired=asked.paired, workers=asked.workers)
        self._warm_up = WarmUp()

    def feed(self, event: Event) -> Answer:
        """Take in one event and return the answer after it."""
        if self._answer is not Answer.UNDECIDED:
            return self._answer
        usable = self._intake.usable(event)
        if usable is None:
            return self._answer
        self._tell(usable)
        self._answer = self._decide()
        return self._answer

    def _tell(self, event: Event) -> None:
        moment = self._moment
        moment.now = self._intake.clock.elapsed
        match event:
            case Flow():
                moment.warm = self._warm_up.takes(event, moment.now)
                for channel in self._channels:
                    channel.flow(event)
            case Usage():
                for channel in self._channels:
                    channel.usage(event)
            case Crash():
                for channel in self._channels:
                    channel.crash(event)
            case UnderWay() | Tick():
                pass

    def _decide(self) -> Answer:
        evidence = 0.0
        for channel, weight in self._counting():
            evidence += weight * channel.evidence()
        # Doubts take time: they are thought over when there is new evidence.
        if evidence >= self._enough and evidence != self._doubted:
            self._doubted = evidence
            if self._upheld() >= self._enough:
                return Answer.WORSE
        return Answer.NOT_WORSE if self._passes() else self._answer

    def _passes(self) -> bool:
        # From the last on: crashes need the longest, and errors are dear to ask.
        for channel in reversed(self._channels):
            if not channel.passed():
                return False
        return (
            any(channel.told() for channel in self._channels)
            and self._intake.loaded >= self.asked.loaded
            and not any(self._intake.trouble())
            and all(channel.suspicion() <= SUSPICION for channel in self._channels)
        )

    def _counting(self) -> Iterable[tuple[Channel, float]]:
        """Return whose evidence counts: beside a baseline that fails, crashes alone."""
        return self._crashes if self._intake.unstable else self._weighted

    def _upheld(self) -> float:
        """Return the weighted evidence of all that counts and stands up to doubt."""
        total = 0.0
        for channel, weight in self._counting():
            total += weight * channel.upheld()
        return total

    def result(self) -> Result:
        """Return what is known now."""
        cause, trouble = self._intake.trouble()
        return Result(
            answer=self._answer,
            e_value=self._upheld(),
            at=self._intake.clock.at,
            flows=self._intake.flows,
            requests=self._intake.requests,
            readings=tuple(self._readings()),
            trouble=trouble,
            cause=cause,
        )

    def _readings(self) -> Iterable[Reading]:
        worse = self._worse()
        for channel in self._channels:
            reading = channel.reading(worse=channel.metric in worse)
            if channel.metric in worse:
                reading = replace(reading, answer=Answer.WORSE)
            yield reading

    def _worse(self) -> frozenset[Metric]:
        """Return the metric that decided, and each that would have done so alone."""
        if self._answer is not Answer.WORSE:
            return frozenset()
        counting = self._counting()
        most, _ = max(counting, key=lambda each: each[0].upheld() * each[1])
        return frozenset(
            channel.metric
            for channel, _ in counting
            if channel is most or channel.upheld() >= self._enough
        )


def _channel(metric: Metric, asked: Asked, moment: Moment) -> Channel:
    """Return what compares one asked metric; a limit in ms goes before a margin."""
    match metric:
        case Metric.ERRORS:
            return Errors(asked, asked.errors or 0.0, moment)
        case Metric.P50:
            if asked.p50_limit is not None:
                return Limit(asked, metric, asked.p50_limit, moment)
            return Location(asked, asked.p50 or 0.0, moment)
        case Metric.P95:
            if asked.p95_limit is not None:
                return Limit(asked, metric, asked.p95_limit, moment)
            return Tail(asked, asked.p95 or 0.0, moment)
        case Metric.CPU:
            return Cpu(asked, asked.cpu or 0.0, moment)
        case Metric.MEMORY:
            return Memory(asked, asked.memory, moment)
        case Metric.CRASHES:
            return Crashes(asked, asked.crashes or 0.0, moment)


def monitored(events: Iterable[Event], asked: Asked) -> Result:
    """Return what a whole run comes to."""
    monitor = Monitor(asked)
    for event in events:
        if monitor.feed(event) is not Answer.UNDECIDED:
            break
    return monitor.result()
