"""What the platform itself tells of an app, line by line.

Reads log-session lines (``<time> heroku[web.1]: text``), which are the same on
Heroku and on this machine.

One line tells of a crash: ``State changed from … to crashed``. The platform writes it
for every end of a dyno that nobody asked for, whatever its exit status; deploys,
scaling, daily cycling, restarts, idling and the recycling of workers never lead there.
The exit and R15 lines beside it tell the same crash, may come before or after it, and
also come without one: they are not counted.
"""

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Self

from gate.model.evidence import AppLog
from gate.model.watch_evidence import Answered
from gate.stats.events import Arm, Crash, Usage

MOST_ANSWERS = 100_000
MOST_CRASHES = 20
MOST_RESTARTS = 20
_LINE = re.compile(
    r"^(?P<at>\S+) (?P<source>\w+)\[(?P<process>[\w.-]+)\]: (?P<text>.*)"
)
_WEB = re.compile(r"web[.-]")
# Anchored at fields that come before the path, in which a consumer may write anything.
_CODE = re.compile(
    r"^(?:sock=\w+ )?at=\w+ code=(?P<h>H\d\d)\b|^Error (?P<r>[RL]\d\d)\b"
)
# And at the end of the line, which comes after it.
_ANSWER = re.compile(
    r" request_id=(?P<id>\S*) fwd=\".*\" dyno=\S* connect=\S* "
    r"service=(?:(?P<service>\d+)ms)? status=(?P<status>\d*) bytes=\d* protocol=\S+"
    r"(?: tls=\w+)?(?: tls_version=\S+)?(?: agent=\".*\")?$"
)
_CRASHED = re.compile(r"^State changed from \w+ to crashed\b")
_SAMPLE = re.compile(r"\bsample#(\w+)=([\d.]+)(?:MB|s)(?= |$)")
_SAMPLED = re.compile(r"^source=(?P<source>\S+) dyno=(?P<dyno>\S+) sample#")
_GUNICORN = r"^\[[\d-]{10} [\d:]{8} [+-]\d{4}\] \[\d+\] "
# Not those who end with status 0 or were told to: they are recycled, or scaled.
_WORKER_DIED = re.compile(
    _GUNICORN + r"\[(?:ERROR|WARNING)\] Worker (?:\(pid:\d+\) "
    r"(?:exited with code [1-9]\d*\.?|was sent (?!SIGTERM|SIGINT|SIGQUIT)SIG\w+!.*)"
    # gunicorn before 21
    r"|with pid \d+ was terminated due to signal (?!(?:2|3|15)$)\d+)$"
)
_RECYCLED = re.compile(_GUNICORN + r"\[INFO\] Autorestarting worker\b")
_RESTARTED = re.compile(r"^(?:Restarting|Cycling|Idling|Unidling)$")
_CHANGED = re.compile(r"^(?:Scaled to|Deploy|Release v\d+ created|Rollback to)\b")
_BY_WHOM = re.compile(r" by (?:user )?\S+@\S+$")
_LOST = "gate[log]: not whole: "
_LOST_LINES = "the log session lost lines (L11)"


@dataclass(frozen=True, slots=True)
class Line:
    """One line: Unix time, who wrote it (``heroku``, ``app``), about what, and what."""

    at: float
    source: str
    process: str
    text: str

    @classmethod
    def of(cls, line: str) -> Self | None:
        """Return the line in its parts; None where it is none."""
        parts = _LINE.match(line)
        if parts is None:
            return None
        return cls(_unix(parts["at"]), parts["source"], parts["process"], parts["text"])

    @property
    def is_the_platforms(self) -> bool:
        """Whether the platform wrote it; an app cannot accuse or clear itself."""
        return self.source == "heroku"

    @property
    def code(self) -> str:
        """The H, R or L code that it tells of what answers requests; empty: none.

        An R code of another process says nothing of the web dynos: a worker, a one-off
        or scheduled dyno, the release phase.
        """
        found = _CODE.search(self.text) if self.is_the_platforms else None
        code = (found["h"] or found["r"]) if found else ""
        others = code.startswith("R") and not _WEB.match(self.process)
        return "" if others else code

    @property
    def is_fine_answer(self) -> bool:
        """Whether it only says that a request went well with the router."""
        return (
            self.is_the_platforms
            and self.process == "router"
            and self.text.startswith("at=info ")
            and not self.code
        )

    @property
    def is_crash(self) -> bool:
        """Whether it says that a web dyno ended by itself."""
        return (
            self.is_the_platforms
            and _WEB.match(self.process) is not None
            and _CRASHED.search(self.text) is not None
        )

    @property
    def is_of_gunicorn(self) -> bool:
        """Whether gunicorn says in it that one of its workers ended."""
        return (
            self.source == "app"
            and (_WORKER_DIED.search(self.text) or _RECYCLED.search(self.text))
            is not None
        )

    @property
    def restart(self) -> str:
        """The reason of an end of processes that is not the app's; empty: none told."""
        who = (self.source, self.process)
        if self.is_the_platforms and _WEB.match(self.process):
            told = _RESTARTED.search(self.text)
        elif who == ("app", "api"):
            told = _CHANGED.search(self.text)
        else:
            told = _RECYCLED.search(self.text) if self.source == "app" else None
        return f"{self.process}: {_BY_WHOM.sub('', self.text)}" if told else ""


def usage_of(line: str, arm: Arm, *, began: float = 0.0) -> Usage | None:
    """Return what a runtime-metrics line tells of a web dyno's use; None: nothing.

    *began* (Unix) is when its times count from. Its dyno is another one after a
    restart: CPU seconds begin anew there.
    """
    told = Line.of(line)
    if told is None or not told.is_the_platforms or not _WEB.match(told.process):
        return None
    whose = _SAMPLED.match(told.text)
    samples = {key: float(value) for key, value in _SAMPLE.findall(told.text)}
    cpu, memory = samples.get("cpu_total"), samples.get("memory_rss")
    if whose is None or (cpu is None and memory is None):
        return None
    dyno = f"{whose['source']}/{whose['dyno'].rpartition('.')[2][:8]}"
    quota = samples.get("memory_quota")
    return Usage(round(told.at - began, 3), arm, dyno, cpu, memory, quota)


def crash_of(line: str, arm: Arm, *, began: float = 0.0) -> Crash | None:
    """Return the crash that a line tells; None: none.

    Also that of a worker of the app's own server, where gunicorn says so itself. That
    stands in the app's output, in which consumers may have a hand: good enough where
    only the gate asks, as under load, not where production is judged.
    """
    told = Line.of(line)
    if told is None:
        return None
    died = told.source == "app" and _WORKER_DIED.search(told.text) is not None
    if not (died or told.is_crash):
        return None
    return Crash(round(told.at - began, 3), arm, told.process, told.text)


def answered_of(line: Line) -> tuple[str, Answered] | None:
    """Return request id and answer that a router line tells; None: it is none."""
    if not line.is_the_platforms or line.process != "router":
        return None
    found = _ANSWER.search(line.text)
    if found is None:
        return None
    service = float(found["service"]) if found["service"] else None
    status = int(found["status"] or 0)
    return found["id"], Answered(round(line.at, 3), status, line.code, service)


def lost(why: str) -> str:
    """Return the line that says why the log is not whole from here on."""
    return f"{datetime.now(UTC).isoformat()} {_LOST}{why}"


def lost_of(line: str) -> str:
    """Return why the log is not whole, where a line says so; empty: it does not."""
    told = Line.of(line)
    if told is None:
        return ""
    if told.code == "L11":
        return _LOST_LINES
    return line.partition(_LOST)[2] if told.source == "gate" else ""


@dataclass
class Account:
    """What the lines of an app's log come to.

    A crash or a restart that is told twice counts once.
    """

    crashes: dict[tuple[float, str], str] = field(default_factory=dict)
    restarts: dict[tuple[float, str], None] = field(default_factory=dict)
    codes: Counter[str] = field(default_factory=Counter)

    @classmethod
    def of(cls, lines: Iterable[Line], *, since: float = 0.0) -> Self:
        """Return the account of lines from *since* (Unix time) on."""
        account = cls()
        for line in lines:
            if line.at >= since:
                account.hear(line)
        return account

    def hear(self, line: Line) -> None:
        """Take in one line."""
        code = line.code
        if code:
            self.codes[code] += 1
        if line.is_crash:
            self.crashes[line.at, line.process] = f"{line.process}: {line.text}"
        restart = line.restart
        if restart:
            self.restarts[line.at, restart] = None

    def told(self, app: str, *, lost: str = "", ahead: float = 0.0) -> AppLog:
        """Return the account of *app*; *lost* is why its log is not whole.

        *ahead* is by how much times were corrected.
        """
        if self.codes["L11"] and not lost:
            lost = _LOST_LINES
        return AppLog(
            app=app,
            crashes=tuple(self.crashes.values())[:MOST_CRASHES],
            restarts=tuple(what for _, what in self.restarts)[:MOST_RESTARTS],
            codes=dict(sorted(self.codes.items())),
            lost=lost,
            ahead=ahead,
        )


def _unix(text: str) -> float:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return 0.0
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
