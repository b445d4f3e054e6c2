"""What was seen of production after a promotion, and what it is held against."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar

from gate.model.evidence import AppLog, BarrierEvidence, Probe
from gate.model.reading import DEFERRED
from gate.model.verdict import Judgement


@dataclass(frozen=True, slots=True)
class Answered:
    """One request as the router logged it: Unix time, status, H code, milliseconds."""

    at: float
    status: int
    code: str = ""
    service: float | None = None


@dataclass(frozen=True, slots=True)
class Traffic:
    """What the platform logged of one release in so many seconds of its log.

    *answers* are those to consumers, not to the gate's own probes. *lost* is why the
    log is not whole; empty: it is.
    """

    release: str
    seconds: float
    answers: tuple[Answered, ...] = ()
    lost: str = ""
    crashes: int = 0
    codes: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class WatchEvidence:
    """Production after a promotion.

    *traffic* is what consumers met, *before* what they met of the old release while
    the candidate was tested; *promised* is how many flows failed, of how many, when the
    release was loaded on staging; null: unknown. *crash_times* are seconds into the
    watch. It *began* at that Unix time, when only the release served. *excused* are
    probes that the platform itself, or the way to it, failed. All times are by this
    machine's clock. *trouble* is why it is not known that the release still serves:
    the platform could not be asked, or another one was released; empty: it does.
    """

    __pydantic_config__: ClassVar = DEFERRED

    barrier: BarrierEvidence
    probes: tuple[Probe, ...]
    log: AppLog
    seconds: float
    traffic: Traffic | None = None
    before: Traffic | None = None
    promised: tuple[int, int] | None = None
    crash_times: tuple[float, ...] = ()
    began: float = 0.0
    excused: tuple[Probe, ...] = ()
    trouble: str = ""


@dataclass(frozen=True, slots=True)
class Watched:
    """What a watch came to, in so many seconds; *digest*: its evidence's SHA-256."""

    judgement: Judgement
    seconds: float
    digest: str
