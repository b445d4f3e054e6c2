"""What the platform itself tells of an app: crashes, H and R codes, memory.

Reads log-session lines (``<time> heroku[web.1]: text``), which are the same on
Heroku and on this machine. A session that lost lines (L11), or could not be opened,
is not a clean one.
"""

import re
import threading
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime

from gate.errors import PlatformUnavailable
from gate.model.evidence import AppLog, MemorySample
from gate.model.platform import Platform

LINE = re.compile(r"^(?P<at>\S+) (?P<source>\w+)\[(?P<process>[\w.-]+)\]: (?P<text>.*)")
# Anchored at fields that come before the path, in which a consumer may write anything.
CODE = re.compile(r"^(?:sock=\w+ )?at=\w+ code=(?P<h>H\d\d)\b|^Error (?P<r>[RL]\d\d)\b")
MEMORY = re.compile(r"\bsample#memory_rss=(?P<mb>[\d.]+)MB")
CRASH = re.compile(r"State changed from \w+ to crashed")
MOST_LINES = 200_000
MOST_CRASHES = 20
PATIENCE = 5.0


class LogWatch:
    """The log of one app while something happens to it."""

    def __init__(self, app: str) -> None:
        self.app = app
        self.trouble = ""
        self._lines: list[str] = []
        self._opened = threading.Event()

    @contextmanager
    def reading(self, platform: Platform) -> Iterator["LogWatch"]:
        """Read the app's log in the background until the context is left."""
        with ExitStack() as stack:
            try:
                lines = stack.enter_context(platform.open_log(self.app))
            except PlatformUnavailable as error:
                self.trouble = str(error)
                yield self
                return
            thread = threading.Thread(
                target=self._read, args=(lines,), name=f"log {self.app}", daemon=True
            )
            thread.start()
            yield self
            stack.close()
            thread.join(timeout=PATIENCE)

    def told(self, *, since: float = 0.0) -> AppLog:
        """Return what the log has told since a Unix time."""
        return parse_log(self.app, tuple(self._lines), since=since, lost=self.trouble)

    def _read(self, lines: Iterator[str]) -> None:
        try:
            for line in lines:
                if len(self._lines) >= MOST_LINES:
                    self.trouble = f"more than {MOST_LINES} lines"
                    return
                self._lines.append(line)
        except PlatformUnavailable as error:
            self.trouble = self.trouble or f"the log session broke: {error}"


def parse_log(
    app: str, lines: Iterable[str], *, since: float = 0.0, lost: str = ""
) -> AppLog:
    """Return what the lines of one app's log tell, from *since* (Unix time) on."""
    crashes: list[str] = []
    codes: Counter[str] = Counter()
    memory: list[MemorySample] = []
    for line in lines:
        parts = LINE.match(line)
        if parts is None or parts["source"] != "heroku":
            continue
        at = _unix(parts["at"])
        if at < since:
            continue
        text, process = parts["text"], parts["process"]
        code = CODE.search(text)
        if code is not None:
            codes[code["h"] or code["r"]] += 1
        if process.startswith("web") and CRASH.search(text):
            crashes.append(f"{process}: {text}")
        sample = MEMORY.search(text)
        if sample is not None:
            memory.append(MemorySample(at, process, float(sample["mb"])))
    if codes["L11"] and not lost:
        lost = "the log session lost lines (L11)"
    return AppLog(
        app=app,
        crashes=tuple(crashes[:MOST_CRASHES]),
        codes=dict(sorted(codes.items())),
        memory=tuple(memory),
        lost=lost,
    )


def _unix(text: str) -> float:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return 0.0
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
