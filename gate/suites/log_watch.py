"""Reading an app's log in the background while something happens to the app.

A session that lost lines (L11), broke off, could not be opened, or in which nobody
spoke, is not a clean one.
"""

import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, Self, TextIO

from gate.errors import PlatformUnavailable
from gate.model.evidence import AppLog
from gate.model.platform import Platform
from gate.suites.platform_log import Account, Line, lost

MOST_LINES = 200_000
PATIENCE = 5.0
SILENT: Final = "the platform has not said a line in it"


class Lateness:
    """How late lines come by this machine's clock: it is ahead, or they took long.

    The least of all says how far ahead it is. The first *past* lines of a session were
    written before it, and come late for that reason, unless they come after the first
    `REPLAY` seconds; what comes before it was written is told by a clock behind.
    """

    REPLAY: Final = 1.0
    MATTERS: Final = 1.0

    def __init__(self, past: int) -> None:
        self.is_known = False
        self._past = past
        self._opened = time.monotonic()
        self._least = 0.0

    def hear(self, line: Line) -> None:
        """Take in one line, when it comes."""
        self._past -= 1
        if not line.is_the_platforms:
            return
        late = time.time() - line.at
        live = self._past < 0 or time.monotonic() > self._opened + self.REPLAY
        if live:
            self._least = min(self._least, late) if self.is_known else late
            self.is_known = True
        elif not self.is_known:
            self._least = min(self._least, late)

    @property
    def ahead(self) -> float:
        """Seconds by which this clock is ahead of the platform's; 0: no matter."""
        return round(self._least, 3) if abs(self._least) > self.MATTERS else 0.0


def troubles(line: Line) -> bool:
    """Whether it is the platform's and tells more than that a request went well.

    Or gunicorn's word on a worker of its own: app output else may hold secrets.
    """
    if line.is_the_platforms:
        return not line.is_fine_answer
    return line.is_of_gunicorn or bool(line.restart)


def answers_too(line: Line) -> bool:
    """Whether it is the platform's."""
    return line.is_the_platforms or bool(line.restart)


@dataclass
class LogWatch:
    """The log of one app: the lines that *keeps* wants, and why it is not whole.

    *tee* is a file to which these lines are also appended as they come, for a process
    that cannot read the log itself; their times are by this machine's clock there.
    """

    app: str
    tee: Path | None = None
    keeps: Callable[[Line], bool] = troubles
    trouble: str = ""

    def __post_init__(self) -> None:
        """Begin with nothing heard."""
        self._lines: list[Line] = []
        self._late = Lateness(0)

    @contextmanager
    def reading(self, platform: Platform, *, lines: int = 1) -> Iterator[Self]:
        """Read the log in the background until the context is left.

        *lines* of the past come first.
        """
        self._late = Lateness(lines)
        with self._opened() as tee, ExitStack() as stack:
            try:
                log = stack.enter_context(platform.open_log(self.app, lines=lines))
            except PlatformUnavailable as error:
                self._lose(str(error), tee)
                yield self
                return
            left = threading.Event()
            thread = threading.Thread(
                target=self._read,
                args=(log, tee, left),
                name=f"log {self.app}",
                daemon=True,
            )
            thread.start()
            try:
                yield self
            finally:
                left.set()
                stack.close()
                thread.join(timeout=PATIENCE)

    @property
    def ahead(self) -> float:
        """Seconds by which this machine's clock is ahead of the platform's."""
        return self._late.ahead

    @property
    def missing(self) -> str:
        """Why it is not whole; empty: it is. Silence is not whole."""
        return self.trouble or ("" if self._late.is_known else SILENT)

    def heard(self, since: int = 0) -> list[Line]:
        """Return the lines heard so far, from the given index on.

        Their times are by the platform's clock.
        """
        return self._lines[since:]

    def here(self, line: Line) -> Line:
        """Return a line with its time by this machine's clock, as far as is known."""
        return replace(line, at=line.at + self.ahead) if self.ahead else line

    def told(self, *, since: float = 0.0) -> AppLog:
        """Return what the log has told since a Unix time of this machine."""
        account = Account.of(map(self.here, self.heard()), since=since)
        return account.told(self.app, lost=self.missing, ahead=self.ahead)

    def _read(
        self, log: Iterator[str], tee: TextIO | None, left: threading.Event
    ) -> None:
        try:
            for text in log:
                line = Line.of(text)
                if line is None:
                    continue
                self._late.hear(line)
                if not self.keeps(line):
                    continue
                if len(self._lines) >= MOST_LINES:
                    self._lose(f"more than {MOST_LINES} lines", tee)
                    return
                self._lines.append(line)
                _append(tee, self._stamped(line, text))
        except PlatformUnavailable as error:
            self._lose(f"the log session broke: {error}", tee)
        else:
            if not left.is_set():
                self._lose("the log session ended before its time", tee)

    def _stamped(self, line: Line, text: str) -> str:
        if not self.ahead:
            return text
        at = datetime.fromtimestamp(self.here(line).at, UTC).isoformat()
        return f"{at} {text.partition(' ')[2]}"

    def _lose(self, why: str, tee: TextIO | None) -> None:
        self.trouble = self.trouble or why
        _append(tee, lost(why))

    @contextmanager
    def _opened(self) -> Iterator[TextIO | None]:
        if self.tee is None:
            yield None
            return
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT
        with os.fdopen(os.open(self.tee, flags, 0o600), "a", errors="replace") as file:
            yield file


def _append(tee: TextIO | None, line: str) -> None:
    """Write a line where another process waits for it."""
    if tee is not None:
        tee.write(f"{line}\n")
        tee.flush()
