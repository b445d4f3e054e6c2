"""The log of each app: the last 1,500 lines, and those who follow it."""

import asyncio
import re
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field

from gate.local_platform import clock

KEPT_LINES = 1_500
LONGEST = 10_000  # bytes of one line
TAIL_BUFFER = 8 * 1024 * 1024  # bytes that wait for one follower
_BATCH = 64 * 1024
_WIDEST = 4  # bytes of one character
_OVERHEAD = 250  # bytes that a line needs beside its text
_BREAKS = re.compile(r"[\n\r\v\f\x1c-\x1e\x85\u2028\u2029]")


@dataclass(slots=True)
class Line:
    """One line; `source` is app or heroku, `process` a dyno, router or api."""

    number: int
    at: str
    source: str
    process: str
    text: str

    @property
    def weight(self) -> int:
        """About how many bytes of memory it takes."""
        return _OVERHEAD + len(self.text)

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


@dataclass(slots=True)
class Loss:
    """Lines that a tail session did not show, until it is told (L11)."""

    count: int = 0
    since: str = ""
    number: int = 0

    def add(self, line: Line) -> None:
        """One more."""
        self.since = self.since or line.at
        self.count, self.number = self.count + 1, line.number

    def told(self) -> list[Line]:
        """The line that says so, once; none if nothing was lost."""
        if not self.count:
            return []
        said = f"dropped {self.count} messages since {self.since}."
        number, self.count, self.since = self.number, 0, ""
        return [overflow(number, said)]


@dataclass(eq=False, slots=True)
class Tail:
    """One follower of a log; a slow one loses lines and is told.

    What waits for it is bounded in bytes: the app never waits, nor does memory grow.
    """

    filter: Filter
    _waiting: deque[Line] = field(default_factory=deque)
    _size: int = 0
    _loss: Loss = field(default_factory=Loss)
    _arrived: asyncio.Event = field(default_factory=asyncio.Event)

    def offer(self, line: Line) -> None:
        """Queue the line if the filter shows it; a slow reader loses it."""
        if not self.filter.shows(line):
            return
        if self._size >= TAIL_BUFFER:
            self._loss.add(line)
            return
        for each in (*self._loss.told(), line):
            self._waiting.append(each)
            self._size += each.weight
        self._arrived.set()

    async def take(self) -> list[Line]:
        """The next lines, as many as are worth one write, as soon as there are any."""
        await self._arrived.wait()
        taken: list[Line] = []
        weight = 0
        while self._waiting and weight < _BATCH:
            taken.append(self._waiting.popleft())
            weight += taken[-1].weight
        self._size -= weight
        if not self._waiting:
            taken += self._loss.told()
            self._arrived.clear()
        return taken


@dataclass(slots=True)
class AppLog:
    """One app's lines and followers."""

    lines: deque[Line] = field(default_factory=lambda: deque(maxlen=KEPT_LINES))
    tails: set[Tail] = field(default_factory=set)
    count: int = 0

    def write(self, source: str, process: str, text: str) -> None:
        """Append one line; over-long ones are split, line breaks become spaces."""
        text = _BREAKS.sub(" ", text)
        if not text.isascii():  # what is no character could not be sent to anybody
            text = text.encode(errors="replace").decode()
        for piece in pieces(text):
            self.count += 1
            line = Line(self.count, clock.log_time(), source, process, piece)
            self.lines.append(line)
            for tail in self.tails:
                tail.offer(line)

    def recent(self, wanted: Filter, limit: int) -> list[Line]:
        """The last lines that match, oldest first."""
        found = [line for line in self.lines if wanted.shows(line)]
        return found[-limit:][:limit]

    def after(self, wanted: Filter, number: int) -> list[Line]:
        """The lines that match after that of a number, and what is not kept any more."""
        found = [line for line in self.lines if line.number > number]
        gap = found[0].number - 1 - number if found else 0
        shown = [line for line in found if wanted.shows(line)]
        if not gap:
            return shown
        said = f"dropped up to {gap} messages before {found[0].at}."
        return [overflow(number + gap, said), *shown]


def pieces(text: str) -> Iterator[str]:
    """The text in lines that are not too long; an empty one is a line as well."""
    if len(text) * _WIDEST <= LONGEST:
        yield text
        return
    data, start = text.encode(), 0
    while start < len(data):
        end = cut(data, start)
        yield data[start:end].decode()
        start = end


def cut(data: bytes, start: int) -> int:
    """Where a line that begins at *start* ends: in UTF-8, within the longest allowed."""
    end = min(start + LONGEST, len(data))
    for back in range(_WIDEST if end < len(data) else 0):
        if data[end - back] & 0xC0 != 0x80:  # not inside a character
            return end - back
    return end


def overflow(number: int, said: str) -> Line:
    """The line that tells a tail session of what it lost."""
    text = f"Error L11 (Tail buffer overflow) -> This tail session {said}"
    return Line(number, clock.log_time(), "heroku", "logplex", text)


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
