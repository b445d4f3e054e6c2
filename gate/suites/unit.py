"""The unit suite: its tests, and the changed lines that none of them executed."""

from pathlib import Path

from gate.model.evidence import CaseRun, ChangedLines, Completion, UnitEvidence
from gate.model.plan import UnitPlan
from gate.repository import Repository
from gate.suites.changed_lines import NotMeasured, measure, write_report
from gate.suites.run_folder import RunFolder


def unit_evidence(run: CaseRun, folder: RunFolder, root: Path) -> UnitEvidence:
    """Return what the unit tests came to, and which changed lines they executed."""
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
    write_report(folder.coverage, root, plan.source, report)
    return measure(root, report, since=since, source=plan.source)
