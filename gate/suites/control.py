"""The control: what is red on the candidate is asked of the baseline too."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from gate.model.evidence import Category, IntegrationEvidence, Outcome
from gate.model.plan import Plans
from gate.model.subject import Subject
from gate.suites.pytest_child import run_suite
from gate.suites.run_folder import RunFolder


def with_control(
    evidence: IntegrationEvidence,
    subject: Subject,
    plans: Plans,
    *,
    folder: RunFolder,
    checkout: Path,
) -> IntegrationEvidence:
    """Return *evidence* with its red tests run again on the baseline beside it.

    Where nothing is red, or no baseline runs beside the candidate, it stays as it is.
    """
    red: Sequence[str] = [case.id for case in evidence.run.having(Outcome.FAILED)]
    if not red or not subject.control_url:
        return evidence
    folder.control.prepare(replace(subject, candidate_url=subject.control_url), plans)
    control = run_suite(
        Category.INTEGRATION,
        plans.integration.paths,
        checkout=checkout,
        folder=folder.control,
        deadline=plans.integration.deadline,
        only=red,
    )
    if not isinstance(control, IntegrationEvidence):
        return evidence
    return replace(evidence, control=control.run)
