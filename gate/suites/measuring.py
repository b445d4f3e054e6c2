"""What the gate measures itself, made in the process that pytest runs in."""

from pathlib import Path

from gate.model.evidence import Category, Evidence
from gate.suites.contract import collect_contract
from gate.suites.health import collect_health
from gate.suites.load.collecting import collect_load
from gate.suites.run_folder import RunFolder


def take(category: Category, folder: RunFolder, root: Path) -> Evidence:
    """Measure one of the categories that the gate measures itself, and write it."""
    subject, plans = folder.subject(), folder.plans()
    evidence: Evidence
    match category:
        case Category.HEALTH:
            evidence = collect_health(subject.candidate_url, plans.health)
        case Category.CONTRACT:
            evidence = collect_contract(subject, plans.contract, folder.scratch, root)
        case Category.LOAD:
            evidence = collect_load(subject, plans.load, root, folder)
        case (
            Category.UNIT | Category.INTEGRATION | Category.ROLLBACK | Category.EVIDENCE
        ):
            raise ValueError(f"{category} is not measured by a suite")
    folder.write(evidence)
    return evidence
