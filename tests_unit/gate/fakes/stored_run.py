"""A run that was judged, as it lies on disk and in the ledger."""

from collections.abc import Sequence
from dataclasses import replace

from gate.judges import judge
from gate.ledger.evidence_files import write_policy
from gate.ledger.records import (
    CandidateBound,
    EvidenceCollected,
    Record,
    RunOpened,
    VerdictReached,
)
from gate.model.evidence import Evidence, EvidenceBundle
from gate.suites.run_folder import RunFolder
from tests_unit.gate.fakes.good_run import ASKED, EVIDENCE, POLICY, subject

AT = "2025-01-02T03:04:05.000+00:00"


def judged(
    folder: RunFolder, evidence: Sequence[Evidence] = EVIDENCE
) -> tuple[list[Record], VerdictReached]:
    """Write what a run collected; return its records so far, and the last of them.

    The run is called like its *folder*.
    """
    run = folder.path.name
    about = replace(subject(), run=run)
    records: list[Record] = [
        RunOpened(run, AT, "promote", "shop-staging", "shop-production", "c" * 40),
        CandidateBound(run, AT, about),
    ]
    for item in evidence:
        path, digest = folder.write(item)
        records.append(EvidenceCollected(run, AT, item.kind, str(path), digest))
    verdict = judge(about, EvidenceBundle.of(evidence), POLICY, ASKED)
    reached = VerdictReached(run, AT, verdict, write_policy(folder.path, POLICY))
    return [*records, reached], reached
