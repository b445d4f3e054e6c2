"""One suite as a pytest run of its own, in a clean checkout of the candidate."""

import sys
from collections.abc import Sequence
from pathlib import Path

from gate.model.evidence import (
    BarrierEvidence,
    CaseRun,
    Category,
    Completion,
    ContractEvidence,
    Evidence,
    HealthEvidence,
    IntegrationEvidence,
    LoadEvidence,
    Outcome,
    PlatformEvidence,
    UnitEvidence,
)
from gate.model.rollback import RollbackEvidence
from gate.suites.child_process import Ended, run_child
from gate.suites.environment import child_environment, named
from gate.suites.run_folder import RunFolder

NO_TESTS = 5
TESTS_FAILED = 1


def run_suite(
    category: Category,
    paths: Sequence[str],
    *,
    checkout: Path,
    folder: RunFolder,
    deadline: float,
    only: Sequence[str] = (),
) -> Evidence | None:
    """Run the tests of *category* under *paths* and return the evidence they left.

    *only* names single tests. Where pytest did not come to its end, or its exit code
    and the tests' own account differ, the evidence says that the suite broke.
    """
    log = folder.scratch / f"pytest-{category}.log"
    present = [path for path in paths if (checkout / path).exists()]
    # Without any of its own, a suite must not find the tests of others.
    wanted = [*(only or present)] or ["--ignore-glob=*"]
    plans = folder.plans()
    needed = plans.contract.headers.values() if category is Category.CONTRACT else ()
    ended = run_child(
        [
            sys.executable,
            "-m",
            "pytest",
            *wanted,
            "-m",
            f"gate and {category}",
            f"--gate-run={folder.path}",
            "-n0",
            "-q",
            "-o",
            f"cache_dir={folder.scratch / 'pytest-cache'}",
            *plans.pytest_options,
        ],
        folder=checkout,
        output=log,
        environment=child_environment(named(needed)),
        deadline=deadline,
    )
    evidence = folder.find(category.value)
    trouble = _trouble(ended, evidence, deadline)
    return evidence if trouble is None else _broken(category, trouble)


def _trouble(
    ended: Ended, evidence: Evidence | None, deadline: float
) -> CaseRun | None:
    """The tests' own account and pytest's exit code must agree."""
    if ended.exit_code is None:
        return CaseRun(Completion.TIMED_OUT, trouble=f"not done after {deadline:g} s")
    if evidence is None or isinstance(
        evidence, BarrierEvidence | PlatformEvidence | RollbackEvidence
    ):
        return CaseRun(Completion.CRASHED, trouble=ended.tail())
    if evidence.run.completion is not Completion.COMPLETE:
        return None
    red = bool(evidence.run.having(Outcome.FAILED))
    expected = {TESTS_FAILED} if red else {0, TESTS_FAILED, NO_TESTS}
    if ended.exit_code in expected:
        return None
    return CaseRun(
        Completion.CRASHED,
        evidence.run.cases,
        f"pytest ended with exit code {ended.exit_code}: {ended.tail()}",
    )


def _broken(category: Category, run: CaseRun) -> Evidence | None:
    """What the tests told still counts; what was measured does not."""
    match category:
        case Category.UNIT:
            return UnitEvidence(run)
        case Category.INTEGRATION:
            return IntegrationEvidence(run)
        case Category.HEALTH:
            return HealthEvidence(run, (), 0.0)
        case Category.CONTRACT:
            return ContractEvidence(run, None, None, trouble=run.trouble)
        case Category.LOAD:
            return LoadEvidence(run)
        case Category.ROLLBACK | Category.EVIDENCE:
            return None
