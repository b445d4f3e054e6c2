"""What a load run tells, in the order in which it was told; the input of a `Monitor`."""

from dataclasses import dataclass
from typing import Final, Literal

Arm = Literal["candidate", "baseline"]
CANDIDATE: Final = "candidate"
BASELINE: Final = "baseline"


@dataclass(frozen=True, slots=True)
class Step:
    """One request of a flow that went well on each arm: its route, and milliseconds.

    *baseline* is None where no baseline runs beside the candidate.
    """

    route: str
    candidate: float
    baseline: float | None = None


@dataclass(frozen=True, slots=True)
class Flow:
    """One run of a task on both arms, back to back, with the same choices.

    *at* is when both were done, in seconds since the load began. *number* counts up
    from 0 for each *worker*, in the order in which flows are told: a gap is a flow that
    was lost on its way. *users* is how many flows may be under way at once (1: serial).
    *steps* are the requests that both arms did alike and answered well, up to the first
    that they did not; *route* is that one's, where it failed on an arm. *late* is by
    how many seconds it started after it should have.

    Single requests, one to each arm: a flow with one step, or with none if one failed.
    """

    at: float
    number: int
    users: int
    steps: tuple[Step, ...]
    candidate_failed: bool = False
    baseline_failed: bool = False
    candidate_requests: int = 1
    baseline_requests: int = 1
    late: float = 0.0
    worker: str = ""
    route: str = ""
    kind: Literal["flow"] = "flow"


@dataclass(frozen=True, slots=True)
class Usage:
    """What one dyno has used: CPU seconds since it came up, megabytes resident now.

    *at* counts like that of flows. None: the platform does not tell.
    """

    at: float
    arm: Arm
    dyno: str
    cpu: float | None = None
    memory: float | None = None
    quota: float | None = None
    kind: Literal["usage"] = "usage"


@dataclass(frozen=True, slots=True)
class Crash:
    """A dyno went down by itself: not for a deploy, by scaling, cycling or recycling."""

    at: float
    arm: Arm
    dyno: str
    said: str
    kind: Literal["crash"] = "crash"


@dataclass(frozen=True, slots=True)
class UnderWay:
    """How many flows have waited for more than a second for one answer of each arm.

    It holds until the next such event. A flow is told only when it ends: without this,
    those that hang would be unknown for as long as they do.
    """

    at: float
    candidate: int = 0
    baseline: int = 0
    kind: Literal["under way"] = "under way"


@dataclass(frozen=True, slots=True)
class Tick:
    """Time has passed, whether or not anything else happened."""

    at: float
    kind: Literal["tick"] = "tick"


Event = Flow | Usage | Crash | UnderWay | Tick
