"""Runs that are watched for their answer alone, which most tests ask no more than."""

from collections.abc import Iterable

from gate.stats.answer import Answer
from gate.stats.asked import Asked
from gate.stats.events import Event
from gate.stats.monitor import Monitor


def answered(events: Iterable[Event], asked: Asked) -> tuple[Answer, int]:
    """Return the answer, looked for after each event, and how many events it took."""
    monitor, number = Monitor(asked), 0
    for number, event in enumerate(events, 1):
        if (found := monitor.feed(event)) is not Answer.UNDECIDED:
            return found, number
    return Answer.UNDECIDED, number
