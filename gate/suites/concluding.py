"""One suite's tests joined with what was measured, in the process that pytest runs in."""

from dataclasses import replace
from pathlib import Path

from gate.model.evidence import (
    CaseRun,
    Category,
    ContractEvidence,
    Evidence,
    HealthEvidence,
    IntegrationEvidence,
    LoadEvidence,
)
from gate.suites.run_folder import RunFolder


def conclude_cases(
    category: Category, run: CaseRun, folder: RunFolder, root: Path
) -> Evidence | None:
    """Join the tests of a category with what was measured, and write it.

    Returns None where a measurement was due and never came about.
    """
    evidence: Evidence
    match category:
        case Category.UNIT:
            # Late, because coverage.py is for the unit suite alone.
            from gate.suites.unit import unit_evidence  # noqa: PLC0415

            evidence = unit_evidence(run, folder, root)
        case Category.INTEGRATION:
            evidence = IntegrationEvidence(run)
        case Category.HEALTH | Category.CONTRACT | Category.LOAD:
            measured = folder.find(category.value)
            if not isinstance(
                measured, HealthEvidence | ContractEvidence | LoadEvidence
            ):
                return None
            evidence = replace(measured, run=run)
        case Category.ROLLBACK | Category.EVIDENCE:
            return None
    folder.write(evidence)
    return evidence
