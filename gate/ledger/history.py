"""What earlier runs have told of a slug's errors under load."""

from collections.abc import Iterator
from pathlib import Path

from pydantic import ValidationError

from gate.ledger.evidence_files import EVIDENCE, NotAsRecorded, recorded
from gate.ledger.records import (
    ActionConfirmed,
    CandidateBound,
    EvidenceCollected,
    Record,
)
from gate.ledger.store import Ledger
from gate.model.evidence import LoadEvidence
from gate.model.release import Release
from gate.stats.events import BASELINE, CANDIDATE, Arm, Flow
from gate.stats.intake import Intake

ENOUGH = 20_000
"""Flows; more would hardly move the bound, and older ones tell less of today."""


def error_history(
    ledger: Ledger, runs_folder: Path, baseline: Release | None, scenario: str
) -> tuple[int, int] | None:
    """Return how many flows of a release's slug failed under load, of how many.

    Counts stored runs of a *scenario* (SHA-256 of its file), the newest first, in which
    the slug was the baseline and well, or the candidate and was promoted. Evidence that
    is gone, or is not what the ledger recorded, does not count. None: there is none.
    """
    if baseline is None or baseline.slug is None:
        return None
    failed = tried = 0
    records = tuple(ledger.records())
    for path, digest, arm in _where(records, runs_folder, baseline.slug.id):
        for flow in _flows(path, digest, scenario):
            tried += 1
            failed += (
                flow.candidate_failed if arm == CANDIDATE else flow.baseline_failed
            )
        if tried >= ENOUGH:
            break
    return (failed, tried) if tried else None


def _where(
    records: tuple[Record, ...], runs_folder: Path, slug: str
) -> Iterator[tuple[Path, str, Arm]]:
    """Yield each piece of evidence that tells of the slug, its digest, as which arm."""
    bound = {r.run: r.subject for r in records if isinstance(r, CandidateBound)}
    promoted = {
        r.run for r in records if isinstance(r, ActionConfirmed) and r.deed == "promote"
    }
    for record in reversed(records):
        if not isinstance(record, EvidenceCollected) or record.evidence != "load":
            continue
        subject = bound.get(record.run)
        if subject is None:
            continue
        path = runs_folder / record.run / "evidence" / "load.json"
        if subject.control_url and _is_of(subject.baseline, slug):
            yield path, record.digest, BASELINE
        if record.run in promoted and _is_of(subject.candidate, slug):
            yield path, record.digest, CANDIDATE


def _is_of(release: Release | None, slug: str) -> bool:
    return release is not None and release.slug is not None and release.slug.id == slug


def _flows(path: Path, digest: str, scenario: str) -> Iterator[Flow]:
    """Yield the flows of a run that came to its end and can be compared with."""
    try:
        evidence = EVIDENCE.validate_json(recorded(path, digest))
    except (OSError, NotAsRecorded, ValidationError):
        return
    if isinstance(evidence, LoadEvidence) and _counts(evidence, scenario):
        yield from (event for event in evidence.events if isinstance(event, Flow))


def _counts(load: LoadEvidence, scenario: str) -> bool:
    """Whether it is the same scenario, told in whole, and the baseline was well."""
    if load.trouble or load.scenario != scenario:
        return False
    intake = Intake(paired=load.paired, workers=load.generator.workers)
    for event in load.events:
        intake.usable(event)
    return not any(intake.trouble())
