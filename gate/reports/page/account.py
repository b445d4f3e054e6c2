"""All that is known of one run: its records, and the evidence that they name."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from pydantic import TypeAdapter, ValidationError

from gate.errors import EvidenceRefused
from gate.ledger.evidence_files import (
    EVIDENCE,
    POLICY,
    POLICY_FILE,
    WATCH,
    NotAsRecorded,
    recorded,
)
from gate.ledger.records import (
    CandidateBound,
    EvidenceCollected,
    Record,
    RunClosed,
    RunOpened,
    SlugRejected,
    VerdictReached,
    WatchEnded,
)
from gate.model.evidence import EvidenceBundle
from gate.model.policy import Policy
from gate.model.subject import Subject
from gate.model.verdict import Verdict
from gate.model.watch_evidence import WatchEvidence
from gate.suites.run_folder import RunFolder

T = TypeVar("T")
R = TypeVar("R", bound=Record)


@dataclass(frozen=True, slots=True)
class Account:
    """One run; what it never reached, or what is gone, is null.

    *gaps* says, in words for a person, which pieces cannot be shown, and why.
    """

    run: str
    opened: RunOpened | None
    subject: Subject | None
    verdict: Verdict | None
    watched: WatchEnded | None
    closed: RunClosed | None
    rejected: SlugRejected | None
    pieces: tuple[EvidenceCollected, ...]
    bundle: EvidenceBundle
    policy: Policy | None
    watch: WatchEvidence | None
    gaps: tuple[str, ...]


def account_of(run: str, records: Sequence[Record], folder: RunFolder) -> Account:
    """Return what the records of a run and its folder hold.

    A piece that is gone, or that another gate has written, leaves a gap. Raises
    EvidenceRefused where a piece is not what was recorded: it would tell lies.
    """
    reached = _last(records, VerdictReached)
    bound = _last(records, CandidateBound)
    watched = _last(records, WatchEnded)
    gaps: list[str] = []
    collected = [r for r in records if isinstance(r, EvidenceCollected)]
    pieces = {piece.evidence: piece for piece in collected}
    evidence = (
        _read(folder.evidence / f"{kind}.json", piece.digest, EVIDENCE, gaps)
        for kind, piece in pieces.items()
    )
    policy, watch = folder.path / POLICY_FILE, folder.evidence / "watch.json"
    return Account(
        run=run,
        opened=_last(records, RunOpened),
        subject=bound.subject if bound else None,
        verdict=reached.verdict if reached else None,
        watched=watched,
        closed=_last(records, RunClosed),
        rejected=_last(records, SlugRejected),
        pieces=tuple(pieces.values()),
        bundle=EvidenceBundle.of(each for each in evidence if each is not None),
        policy=_read(policy, reached.policy, POLICY, gaps) if reached else None,
        watch=_read(watch, watched.digest, WATCH, gaps) if watched else None,
        gaps=tuple(gaps),
    )


def _last(records: Sequence[Record], kind: type[R]) -> R | None:
    return next((r for r in reversed(records) if isinstance(r, kind)), None)


def _read(
    path: Path, digest: str, adapter: TypeAdapter[T], gaps: list[str]
) -> T | None:
    """Return what a file holds; one without a recorded digest is left alone."""
    if not digest:
        return None
    try:
        return adapter.validate_json(recorded(path, digest))
    except NotAsRecorded as error:
        raise EvidenceRefused(
            f"{path} is not what was recorded",
            why=str(error),
            advice="restore the file; or move it away, and the report does without",
        ) from error
    except OSError as error:
        gaps.append(f"{path.name} cannot be shown: {error.strerror or error}")
    except ValidationError as error:
        problem = str(error).splitlines()[0]
        gaps.append(f"{path.name} was written by another gate: {problem}")
    return None
