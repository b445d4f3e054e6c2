"""The log of each app: the last 1,500 lines, and those who follow it."""

import asyncio
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field

from gate.local_platform import clock

KEPT_LINES = 1_500
_TAIL_BACKLOG = 10_000
_LONGEST = 10_000


@dataclass(frozen=True, slots=True)
class Line:
    """One line; `source` is app or heroku, `process` a dyno, router or api."""

    number: int
    at: str
    source: str
    process: str
    text: str

    def __str__(self) -> str:
        return f"{self.at} {self.source}[{self.process}]: {self.text}"


@dataclass(frozen=True, slots=True)
class Filter:
    """Which lines a log session shows; None shows all."""

    source: str | None = None
    dyno: str | None = None

    def shows(self, line: Line) -> bool:
        """Whether source matches, and dyno by its name or its process type."""
        if self.source is not None and line.source != self.source:
            return False
        kind = line.process.partition(".")[0]
        return self.dyno is None or self.dyno in (line.process, kind)


@dataclass(eq=False, slots=True)
class Tail:
    """One follower of a log; a slow one loses lines and is told (L11)."""

    filter: Filter
    queue: asyncio.Queue[Line] = field(
        default_factory=lambda: asyncio.Queue(_TAIL_BACKLOG)
    )
    lost: int = 0

    def offer(self, line: Line) -> None:
        """Queue the line if the filter shows it; a slow reader loses it."""
        if not self.filter.shows(line):
            return
        try:
            self.queue.put_nowait(line)
        except asyncio.QueueFull:
            self.lost += 1


@dataclass(slots=True)
class AppLog:
    """One app's lines and followers."""

    lines: deque[Line] = field(default_factory=lambda: deque(maxlen=KEPT_LINES))
    tails: set[Tail] = field(default_factory=set)
    count: int = 0

    def write(self, source: str, process: str, text: str) -> None:
        """Append one line; over-long ones are split, line breaks become spaces."""
        text = text.replace("\n", " ").replace("\r", " ")
        for start in range(0, max(1, len(text)), _LONGEST):
            self.count += 1
            piece = text[start : start + _LONGEST]
            line = Line(self.count, clock.log_time(), source, process, piece)
            self.lines.append(line)
            for tail in self.tails:
                tail.offer(line)

    def recent(
        self, wanted: Filter, limit: int | None, after: int | None = None
    ) -> Iterable[Line]:
        """The last lines that match, oldest first; all of them after a number."""
        found = [
            line
            for line in self.lines
            if wanted.shows(line) and (after is None or line.number > after)
        ]
        return found if limit is None or after is not None else found[-limit:][:limit]


class Logplex:
    """The logs of all apps; kept in memory only, as history is short anyway."""

    def __init__(self) -> None:
        self._logs: dict[str, AppLog] = {}

    def of(self, app_id: str) -> AppLog:
        """The log of one app."""
        return self._logs.setdefault(app_id, AppLog())

    def forget(self, app_id: str) -> None:
        """The app is gone."""
        self._logs.pop(app_id, None)
