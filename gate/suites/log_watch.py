"""Reading an app's log in the background while something happens to the app.

A session that lost lines (L11), broke off, or could not be opened, is not a clean one.
"""

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Self, TextIO

from gate.errors import PlatformUnavailable
from gate.model.evidence import AppLog
from gate.model.platform import Platform
from gate.suites.platform_log import Account, Line, lost

MOST_LINES = 200_000
PATIENCE = 5.0


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
    that cannot read the log itself.
    """

    app: str
    tee: Path | None = None
    keeps: Callable[[Line], bool] = troubles
    trouble: str = ""

    def __post_init__(self) -> None:
        """Begin with nothing heard."""
        self._lines: list[Line] = []

    @contextmanager
    def reading(self, platform: Platform, *, lines: int = 1) -> Iterator[Self]:
        """Read the log in the background until the context is left.

        *lines* of the past come first.
        """
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

    def heard(self, since: int = 0) -> list[Line]:
        """Return the lines heard so far, from the given index on."""
        return self._lines[since:]

    def told(self, *, since: float = 0.0) -> AppLog:
        """Return what the log has told since a Unix time."""
        account = Account()
        for line in self.heard():
            if line.at >= since:
                account.hear(line)
        return account.told(self.app, lost=self.trouble)

    def _read(
        self, log: Iterator[str], tee: TextIO | None, left: threading.Event
    ) -> None:
        try:
            for text in log:
                line = Line.of(text)
                if line is None or not self.keeps(line):
                    continue
                if len(self._lines) >= MOST_LINES:
                    self._lose(f"more than {MOST_LINES} lines", tee)
                    return
                self._lines.append(line)
                _append(tee, text)
        except PlatformUnavailable as error:
            self._lose(f"the log session broke: {error}", tee)
        else:
            if not left.is_set():
                self._lose("the log session ended before its time", tee)

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
