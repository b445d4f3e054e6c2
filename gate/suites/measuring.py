"""One suite's evidence, made in the process that pytest runs in."""

from dataclasses import replace
from pathlib import Path

from gate.model.evidence import (
    CaseRun,
    Category,
    ChangedLines,
    Completion,
    ContractEvidence,
    Evidence,
    HealthEvidence,
    IntegrationEvidence,
    LoadEvidence,
    UnitEvidence,
)
from gate.model.plan import UnitPlan
from gate.repository import Repository
from gate.suites.changed_lines import NotMeasured, measure, write_report
from gate.suites.contract import collect_contract
from gate.suites.health import collect_health
from gate.suites.load.collecting import collect_load
from gate.suites.run_folder import RunFolder

MEASURED = (Category.HEALTH, Category.CONTRACT, Category.LOAD)
COVERAGE_FILE = "coverage/data"


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


def conclude_cases(
    category: Category, run: CaseRun, folder: RunFolder, root: Path
) -> Evidence | None:
    """Join the tests of a category with what was measured, and write it.

    Returns None where a measurement was due and never came about.
    """
    evidence: Evidence
    match category:
        case Category.UNIT:
            evidence = _unit(run, folder, root)
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


def _unit(run: CaseRun, folder: RunFolder, root: Path) -> UnitEvidence:
    subject, plan = folder.subject(), folder.plans().unit
    since = subject.baseline_commit
    if subject.baseline is None:
        return UnitEvidence(run, first=True)
    if run.completion is not Completion.COMPLETE:
        return UnitEvidence(run)
    if not since:
        return UnitEvidence(run, trouble="production's release names no commit")
    if not Repository(root).has(since):
        return UnitEvidence(
            run,
            trouble=f"production's commit {since[:8]} is not in this clone: fetch the "
            "whole history (in GitHub Actions: fetch-depth: 0)",
        )
    try:
        return UnitEvidence(run, _changed(folder, root, since, plan))
    except NotMeasured as error:
        return UnitEvidence(run, trouble=str(error))


def _changed(folder: RunFolder, root: Path, since: str, plan: UnitPlan) -> ChangedLines:
    report = folder.scratch / "coverage.xml"
    write_report(folder.scratch / COVERAGE_FILE, root, plan.source, report)
    return measure(root, report, since=since, source=plan.source)
