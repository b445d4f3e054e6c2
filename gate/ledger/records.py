"""What is recorded, one kind for each step of a run."""

from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field, TypeAdapter

from gate.model.subject import Subject
from gate.model.verdict import Judgement, Verdict

Deed = Literal["deploy", "align baseline", "restart", "promote", "roll back"]


@dataclass(frozen=True, slots=True)
class RunOpened:
    """A run begins: nothing has been changed for it yet. Times are RFC 3339, UTC."""

    run: str
    at: str
    command: str
    staging: str
    production: str
    commit: str
    kind: Literal["run opened"] = "run opened"


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
class ActionIntended:
    """A write is about to be sent: what it replaces and what it puts there."""

    run: str
    at: str
    deed: Deed
    app: str
    replaces: str
    puts: str
    kind: Literal["action intended"] = "action intended"


@dataclass(frozen=True, slots=True)
class ActionConfirmed:
    """The platform shows the outcome: the named release serves."""

    run: str
    at: str
    deed: Deed
    app: str
    release: str
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
class RunClosed:
    """How a run ended: the exit code, and one sentence for a person."""

    run: str
    at: str
    exit_code: int
    says: str
    kind: Literal["run closed"] = "run closed"


Record = (
    RunOpened
    | CandidateBound
    | EvidenceCollected
    | VerdictReached
    | ActionIntended
    | ActionConfirmed
    | BuildWarned
    | WatchEnded
    | SlugRejected
    | RunClosed
)

RECORD: TypeAdapter[Record] = TypeAdapter(
    Annotated[Record, Field(discriminator="kind")]
)
