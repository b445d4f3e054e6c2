"""All that is known of one run: its records, and the evidence that they name."""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from pydantic import TypeAdapter, ValidationError

from gate.errors import EvidenceRefused
from gate.ledger.evidence_files import EVIDENCE, POLICY, POLICY_FILE, WATCH
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
    named = {folder.evidence / f"{k}.json": each.digest for k, each in pieces.items()}
    policy = folder.path / POLICY_FILE, reached.policy if reached else ""
    watch = folder.evidence / "watch.json", watched.digest if watched else ""
    return Account(
        run=run,
        opened=_last(records, RunOpened),
        subject=bound.subject if bound else None,
        verdict=reached.verdict if reached else None,
        watched=watched,
        closed=_last(records, RunClosed),
        rejected=_last(records, SlugRejected),
        pieces=tuple(pieces.values()),
        bundle=EvidenceBundle.of(_all(named, EVIDENCE, gaps)),
        policy=next(_all(dict([policy]), POLICY, gaps), None),
        watch=next(_all(dict([watch]), WATCH, gaps), None),
        gaps=tuple(gaps),
    )


def _last(records: Sequence[Record], kind: type[R]) -> R | None:
    return next((r for r in reversed(records) if isinstance(r, kind)), None)


def _all(
    named: dict[Path, str], adapter: TypeAdapter[T], gaps: list[str]
) -> Iterator[T]:
    """Yield what these files hold; a file without a recorded digest is left alone."""
    for path, digest in named.items():
        if not digest:
            continue
        try:
            content = path.read_bytes()
        except OSError as error:
            gaps.append(f"{path.name} cannot be shown: {error.strerror or error}")
            continue
        found = hashlib.sha256(content).hexdigest()
        if found != digest:
            raise EvidenceRefused(
                f"{path} is not what was recorded",
                why=f"its SHA-256 is {found[:16]}…, recorded is {digest[:16]}…",
                advice="restore the file; or move it away, and the report does without",
            )
        try:
            yield adapter.validate_json(content)
        except ValidationError as error:
            problem = str(error).splitlines()[0]
            gaps.append(f"{path.name} was written by another gate: {problem}")
