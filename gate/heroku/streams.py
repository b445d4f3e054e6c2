"""Lines that arrive one by one: build output, release output, logs."""

import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager
from types import TracebackType
from typing import Final

from gate.errors import PlatformUnavailable
from gate.heroku.wire import Exchange, NoAnswerError

LONGEST_LINE: Final = 64 * 1024


class LineStream(AbstractContextManager[Iterator[str]], Iterator[str]):
    """The lines of an open answer, for one reader.

    `close`, also from another thread, ends the reader's iteration promptly.
    Raises `PlatformUnavailable` if the stream breaks off by itself.
    """

    def __init__(self, answer: Exchange, *, name: str) -> None:
        self._answer = answer
        self._name = name
        self._closed = threading.Event()
        self._reading = threading.Lock()
        self._lines = self._read_lines()

    def __enter__(self) -> Iterator[str]:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        problem: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def __next__(self) -> str:
        return next(self._lines)

    def close(self) -> None:
        """End the stream; a reader that waits for a line wakes up."""
        self._closed.set()
        self._answer.link.cut()
        with self._reading:
            self._answer.close()

    def _read_lines(self) -> Iterator[str]:
        rest = b""
        while piece := self._next_piece():
            # Some servers send NUL bytes to keep a quiet connection alive.
            *lines, rest = (rest + piece.replace(b"\0", b"")).split(b"\n")
            if len(rest) > LONGEST_LINE:
                lines.append(rest)
                rest = b""
            for line in lines:
                yield _text(line)
        if rest and not self._closed.is_set():
            yield _text(rest)

    def _next_piece(self) -> bytes:
        """Return what has arrived; empty at the end or once closed."""
        with self._reading:
            if self._closed.is_set():
                return b""
            try:
                return self._answer.piece()
            except NoAnswerError as broken:
                why = broken.why
        if self._closed.is_set():
            return b""
        raise PlatformUnavailable(
            f"{self._name} broke off",
            why=why,
            advice="what it would still have said is unknown: ask the platform",
        )


def _text(line: bytes) -> str:
    return line.removesuffix(b"\r").decode("utf-8", errors="replace")
