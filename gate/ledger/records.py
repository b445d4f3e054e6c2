"""What is recorded, one kind for each step of a run."""

from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import ConfigDict, Field, TypeAdapter

from gate.model.rollback import RollbackPlan
from gate.model.subject import Subject
from gate.model.verdict import Judgement, Verdict

Deed = Literal[
    "deploy", "align baseline", "restart", "rehearse", "promote", "roll back"
]


@dataclass(frozen=True, slots=True)
class RunOpened:
    """A run begins: nothing has been changed for it yet. Times are RFC 3339, UTC.

    *committed* is when the commit was made, *platform* where the apps live; both are
    empty where that is not known.
    """

    run: str
    at: str
    command: str
    staging: str
    production: str
    commit: str
    committed: str = ""
    platform: str = ""
    kind: Literal["run opened"] = "run opened"

    def is_of(self, production: str | None, platform: str = "") -> bool:
        """Whether it is of that *production* app on that *platform*, where named."""
        here = not platform or self.platform in ("", platform)
        return here and production in (None, self.production)


@dataclass(frozen=True, slots=True)
class CandidateBound:
    """What exactly is judged, against what."""

    run: str
    at: str
    subject: Subject
    kind: Literal["candidate bound"] = "candidate bound"


@dataclass(frozen=True, slots=True)
class EvidenceCollected:
    """One piece of evidence lies on disk, with its SHA-256."""

    run: str
    at: str
    evidence: str
    path: str
    digest: str
    kind: Literal["evidence collected"] = "evidence collected"


@dataclass(frozen=True, slots=True)
class VerdictReached:
    """The answer, before anything follows from it; *policy* is the policy's SHA-256."""

    run: str
    at: str
    verdict: Verdict
    policy: str = ""
    kind: Literal["verdict reached"] = "verdict reached"


@dataclass(frozen=True, slots=True)
class RollbackPlanned:
    """The way back, before anything is changed in production."""

    run: str
    at: str
    plan: RollbackPlan
    kind: Literal["rollback planned"] = "rollback planned"


@dataclass(frozen=True, slots=True)
class RollbackAccepted:
    """A person takes it upon them that there is no safe way back."""

    run: str
    at: str
    name: str
    reason: str
    kind: Literal["rollback accepted"] = "rollback accepted"


@dataclass(frozen=True, slots=True)
class ActionIntended:
    """A write is about to be sent: what it replaces and what it puts there.

    *slug* is what shows when it has taken effect, above the version *floor*, the
    newest of the app when it was looked at last; with *mark* as its description where
    the request carries one.
    """

    run: str
    at: str
    deed: Deed
    app: str
    replaces: str
    puts: str
    slug: str = ""
    floor: int = 0
    mark: str = ""
    kind: Literal["action intended"] = "action intended"


@dataclass(frozen=True, slots=True)
class ActionSent:
    """The write was answered: it was accepted, as *reference* (a promotion's id).

    *mark* is that of its intent, here and below.
    """

    run: str
    at: str
    deed: Deed
    app: str
    reference: str
    mark: str = ""
    kind: Literal["action sent"] = "action sent"


@dataclass(frozen=True, slots=True)
class ActionUnanswered:
    """The write has no answer, and is not under way here any more.

    If it takes effect, then within the time that is allowed for from here: counted by
    *ticks*, the seconds since the start *boot* of a machine, which nobody sets back.
    """

    run: str
    at: str
    deed: Deed
    app: str
    mark: str
    boot: str
    ticks: float
    kind: Literal["action unanswered"] = "action unanswered"


@dataclass(frozen=True, slots=True)
class ActionFailed:
    """The write came to nothing, and will not: refused, failed, or never executed."""

    run: str
    at: str
    deed: Deed
    app: str
    why: str
    mark: str = ""
    kind: Literal["action failed"] = "action failed"


@dataclass(frozen=True, slots=True)
class ActionConfirmed:
    """The platform shows the outcome: the named release is there.

    *adopted*: it was found among the releases, the write's own answer was lost.
    """

    run: str
    at: str
    deed: Deed
    app: str
    release: str
    version: int = 0
    adopted: bool = False
    mark: str = ""
    kind: Literal["action confirmed"] = "action confirmed"


@dataclass(frozen=True, slots=True)
class BuildWarned:
    """A build that succeeded said what its owner ought to know."""

    run: str
    at: str
    app: str
    warnings: tuple[str, ...]
    kind: Literal["build warned"] = "build warned"


@dataclass(frozen=True, slots=True)
class WatchEnded:
    """What production showed after the promotion; *digest* is the evidence's SHA-256."""

    run: str
    at: str
    judgement: Judgement
    seconds: float
    digest: str = ""
    kind: Literal["watch ended"] = "watch ended"


@dataclass(frozen=True, slots=True)
class SlugRejected:
    """This slug failed in production and is not promoted again by accident."""

    run: str
    at: str
    slug: str
    checksum: str
    commit: str
    because: str
    kind: Literal["slug rejected"] = "slug rejected"


@dataclass(frozen=True, slots=True)
class RunSuspended:
    """A run stopped before it was known what became of production; it can be resumed."""

    run: str
    at: str
    exit_code: int
    says: str
    kind: Literal["run suspended"] = "run suspended"


@dataclass(frozen=True, slots=True)
class RunClosed:
    """How a run ended: the exit code, and one sentence for a person.

    *standing* is what then held in production, and *known* how that is known; empty: it
    was no matter of this run.
    """

    run: str
    at: str
    exit_code: int
    says: str
    standing: str = ""
    known: str = ""
    kind: Literal["run closed"] = "run closed"


@dataclass(frozen=True, slots=True)
class HoldAcknowledged:
    """A person has seen that the run ended held, and takes it from here."""

    run: str
    at: str
    name: str
    reason: str
    kind: Literal["hold acknowledged"] = "hold acknowledged"


Record = (
    RunOpened
    | CandidateBound
    | EvidenceCollected
    | VerdictReached
    | RollbackPlanned
    | RollbackAccepted
    | ActionIntended
    | ActionSent
    | ActionUnanswered
    | ActionFailed
    | ActionConfirmed
    | BuildWarned
    | WatchEnded
    | SlugRejected
    | RunSuspended
    | RunClosed
    | HoldAcknowledged
)

RECORD: TypeAdapter[Record] = TypeAdapter(
    Annotated[Record, Field(discriminator="kind")],
    config=ConfigDict(defer_build=True),
)
