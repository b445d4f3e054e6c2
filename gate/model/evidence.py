"""What the suites saw. Evidence holds no opinion and never changes.

The kinds are closed: a new one makes the type checker name every place to visit.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Literal, assert_never

from gate.model.exchange import WireAnswer, WireRequest
from gate.model.rollback import RollbackEvidence
from gate.stats.events import Arm, Event


class Category(StrEnum):
    """What can speak against a release; evidence is what fails closed.

    Rollback is no suite: it is whether there is a way back from a promotion.
    """

    HEALTH = "health"
    UNIT = "unit"
    CONTRACT = "contract"
    INTEGRATION = "integration"
    LOAD = "load"
    ROLLBACK = "rollback"
    EVIDENCE = "evidence"


SUITES = (
    Category.HEALTH,
    Category.UNIT,
    Category.CONTRACT,
    Category.INTEGRATION,
    Category.LOAD,
)
ASKED = (*SUITES, Category.ROLLBACK)
"""What is asked before a promotion."""


class Completion(StrEnum):
    """Whether a suite came to its end; only complete evidence can pass."""

    COMPLETE = "complete"
    CRASHED = "crashed"
    TIMED_OUT = "timed out"


class Outcome(StrEnum):
    """How one test case ended."""

    PASSED = "passed"
    FAILED = "failed"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class Case:
    """One test; *measured*: it only carries a measurement, which is judged itself."""

    id: str
    outcome: Outcome
    message: str = ""
    measured: bool = False


@dataclass(frozen=True, slots=True)
class CaseRun:
    """The tests of one suite; *trouble* says why it is not complete."""

    completion: Completion
    cases: tuple[Case, ...] = ()
    trouble: str = ""

    def having(self, outcome: Outcome) -> tuple[Case, ...]:
        """Return the cases that ended so."""
        return tuple(case for case in self.cases if case.outcome is outcome)


@dataclass(frozen=True, slots=True)
class BarrierEvidence:
    """Whether only the named release serves, and how that is known.

    *identity* is how answers were recognised: the release header's name, or
    ``platform only``. *asked* is false when the platform could not be asked.
    """

    release: str
    serves: bool
    identity: str
    seen: str
    log_tail: tuple[str, ...] = ()
    asked: bool = True
    kind: Literal["barrier"] = "barrier"


@dataclass(frozen=True, slots=True)
class Probe:
    """One request; *status* is null when there was no answer. Times in seconds."""

    path: str
    at: float
    status: int | None
    good: bool
    seen: str


@dataclass(frozen=True, slots=True)
class HealthEvidence:
    """Many probes of the health path, spread over the hold time in seconds."""

    run: CaseRun
    probes: tuple[Probe, ...]
    hold: float
    kind: Literal["health"] = "health"


@dataclass(frozen=True, slots=True)
class MissedLines:
    """Changed lines of one file that no unit test executed."""

    path: str
    lines: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class ChangedLines:
    """The measurable lines changed since *since*, and those not executed."""

    since: str
    changed: int
    missed: tuple[MissedLines, ...] = ()

    @property
    def missed_count(self) -> int:
        """How many changed lines were not executed."""
        return sum(len(missed.lines) for missed in self.missed)


@dataclass(frozen=True, slots=True)
class UnitEvidence:
    """The unit tests, and whether they executed what changed.

    *first*: there is no production release, so nothing counts as changed. Otherwise
    *changed* is null only when it could not be measured: *trouble* says why.
    """

    run: CaseRun
    changed: ChangedLines | None = None
    trouble: str = ""
    first: bool = False
    kind: Literal["unit"] = "unit"


@dataclass(frozen=True, slots=True)
class Exercise:
    """How often one operation of the old document was asked, and accepted (2xx).

    *withheld* says why it was never asked, where the team's settings forbid it.
    *refused* counts answers that call the request itself wrong, *turned_away* those
    that ask who sends it, or for patience (401, 403, 429).
    """

    operation: str
    sent: int
    accepted: int
    withheld: str = ""
    refused: int = 0
    turned_away: int = 0


@dataclass(frozen=True, slots=True)
class LiveBreak:
    """A request of an old consumer that went wrong on the candidate.

    *check* is a name of Schemathesis, or ``differs_from_baseline``. *on_baseline*: the
    same request goes wrong in the same way on the baseline; null where it could not be
    asked there. *declared*: the new document says so (it refuses that request, or
    allows that answer); null where that cannot be told. *violated* are JSON pointers
    into the old document: the schema keywords that the answer breaks. *replays* is how
    often it was sent again to both sides with the same result; 0 where the same request
    is not taken twice and many different ones show it.
    """

    operation: str
    check: str
    message: str
    request: WireRequest
    candidate: WireAnswer
    baseline: WireAnswer | None = None
    on_baseline: bool | None = None
    declared: bool | None = None
    violated: tuple[str, ...] = ()
    replays: int = 0


class Shown(StrEnum):
    """What became of a declared change when its counterexample was sent."""

    CONFIRMED = "confirmed"
    NOT_CONFIRMED = "not confirmed"
    NOT_SENT = "not sent"


@dataclass(frozen=True, slots=True)
class Trial:
    """The counterexample of one declared change, sent to the candidate.

    *change* is the change's rule, pointers and operation, joined by spaces; *why* says
    what kept it from being sent or confirmed.
    """

    change: str
    operation: str
    shown: Shown
    why: str = ""
    request: WireRequest | None = None
    candidate: WireAnswer | None = None
    baseline: WireAnswer | None = None


@dataclass(frozen=True, slots=True)
class ContractEvidence:
    """Both documents, and old consumers' requests to the candidate.

    *first*: production has no release yet. *trouble* is set when a document could
    not be fetched, or old consumers could not be played. *day* is when it was
    collected (ISO 8601), for what the team accepted until a date. *compared* is
    whether every request went to the baseline too. *unrepeated* are differences that
    did not show again when the request was: no breaks, but worth knowing. *unsettled*
    are those that may be breaks, and nobody could tell.
    """

    run: CaseRun
    old_document: str | None
    new_document: str | None
    exercises: tuple[Exercise, ...] = ()
    breaks: tuple[LiveBreak, ...] = ()
    trials: tuple[Trial, ...] = ()
    trouble: str = ""
    first: bool = False
    day: str = ""
    compared: bool = False
    unrepeated: tuple[str, ...] = ()
    unsettled: tuple[str, ...] = ()
    kind: Literal["contract"] = "contract"


@dataclass(frozen=True, slots=True)
class IntegrationEvidence:
    """The integration tests; *control*: the red ones again, on the baseline."""

    run: CaseRun
    control: CaseRun | None = None
    kind: Literal["integration"] = "integration"


@dataclass(frozen=True, slots=True)
class SlowRequest:
    """One of the slowest answers: its route, when (seconds), ms, and its request id."""

    arm: Arm
    route: str
    at: float
    ms: float
    request_id: str = ""


@dataclass(frozen=True, slots=True)
class Generator:
    """How the load generator itself fared.

    *busy* is the largest share of one core that one of its processes used over a
    second or more, *late* the share of flows that started more than 0.1 s after they
    should have, *rate* how many flows a second were meant to start under load;
    *lowered_from*: at first, before so many were not borne any more; 0: from the start.
    """

    workers: int = 1
    busy: float = 0.0
    late: float = 0.0
    rate: float = 0.0
    lowered_from: float = 0.0


@dataclass(frozen=True, slots=True)
class LoadEvidence:
    """A load run, event by event, so that it can be judged again.

    *events* are in the order in which they were told; their times count from *began*
    (Unix). *paired*: a baseline ran beside the candidate. *history* is how many flows
    failed, of how many, when the baseline's release was loaded earlier. *errors* are
    what went wrong on the candidate and on the baseline, and how often, *error_ids* a
    request id for each on the candidate. *first*: production has no release yet.
    *stopped* is why the run ended: ``worse``, ``not worse``, ``time``, ``requests``.
    *again* is the command that repeats the run. *calibration* says in a sentence what
    `gate calibrate` found on this machine, *scenario* is the SHA-256 of the Locust file.
    """

    run: CaseRun
    events: tuple[Event, ...] = ()
    began: float = 0.0
    ended: float = 0.0
    paired: bool = False
    first: bool = False
    history: tuple[int, int] | None = None
    generator: Generator = Generator()
    errors: Mapping[str, int] = field(default_factory=dict)
    baseline_errors: Mapping[str, int] = field(default_factory=dict)
    error_ids: Mapping[str, str] = field(default_factory=dict)
    slowest: tuple[SlowRequest, ...] = ()
    stopped: str = ""
    again: str = ""
    calibration: str = ""
    scenario: str = ""
    trouble: str = ""
    kind: Literal["load"] = "load"


@dataclass(frozen=True, slots=True)
class AppLog:
    """What the platform told of an app: crashes, restarts that are none, H and R codes.

    *restarts* are ends of processes with a reason that is not the app's: a deploy,
    scaling, daily cycling, a declared recycling of workers. *lost*: why the log is not
    whole; empty: it is. *ahead*: by how many seconds this machine's clock is ahead of
    the platform's (less than 0: behind), for which times are corrected; 0: by too few
    to matter.
    """

    app: str
    crashes: tuple[str, ...] = ()
    restarts: tuple[str, ...] = ()
    codes: Mapping[str, int] = field(default_factory=dict)
    lost: str = ""
    ahead: float = 0.0


@dataclass(frozen=True, slots=True)
class PlatformEvidence:
    """The platform's own account of both arms while the suites ran."""

    candidate: AppLog
    baseline: AppLog | None
    kind: Literal["platform"] = "platform"


Evidence = (
    BarrierEvidence
    | HealthEvidence
    | UnitEvidence
    | ContractEvidence
    | IntegrationEvidence
    | LoadEvidence
    | PlatformEvidence
    | RollbackEvidence
)


@dataclass(frozen=True, slots=True)
class EvidenceBundle:
    """All evidence of one run, one piece of each kind at most."""

    barrier: BarrierEvidence | None = None
    health: HealthEvidence | None = None
    unit: UnitEvidence | None = None
    contract: ContractEvidence | None = None
    integration: IntegrationEvidence | None = None
    load: LoadEvidence | None = None
    platform: PlatformEvidence | None = None
    rollback: RollbackEvidence | None = None

    @classmethod
    def of(cls, items: Iterable[Evidence]) -> "EvidenceBundle":
        """Return the bundle of these items; a later one replaces an earlier one."""
        bundle = cls()
        for item in items:
            match item:
                case BarrierEvidence():
                    bundle = replace(bundle, barrier=item)
                case HealthEvidence():
                    bundle = replace(bundle, health=item)
                case UnitEvidence():
                    bundle = replace(bundle, unit=item)
                case ContractEvidence():
                    bundle = replace(bundle, contract=item)
                case IntegrationEvidence():
                    bundle = replace(bundle, integration=item)
                case LoadEvidence():
                    bundle = replace(bundle, load=item)
                case PlatformEvidence():
                    bundle = replace(bundle, platform=item)
                case RollbackEvidence():
                    bundle = replace(bundle, rollback=item)
                case _:
                    assert_never(item)
        return bundle
