"""Does the release work with the components and services it needs?"""

from dataclasses import replace

from gate.judges.completeness import broken, conclude, missing, red_cases, wanting
from gate.model.evidence import Category, IntegrationEvidence, Outcome
from gate.model.verdict import Judgement

INTEGRATION = Category.INTEGRATION


def judge_integration(
    integration: IntegrationEvidence | None, *, serves: bool
) -> Judgement:
    """Judge the tests; what is red on the baseline too is not this release's doing."""
    if integration is None:
        return missing(INTEGRATION, serves=serves)
    run = integration.run
    findings = broken(INTEGRATION, run)
    shared = _red_on_baseline(integration)
    alone = replace(run, cases=tuple(c for c in run.cases if c.id not in shared))
    findings += red_cases(INTEGRATION, alone)
    if shared:
        findings += (
            wanting(
                INTEGRATION,
                "fails-on-baseline-too",
                f"{len(shared)} integration tests fail on the candidate and on the "
                "baseline alike: the surroundings are at fault, or we cannot tell",
                "\n".join(sorted(shared)),
            ),
        )
    passed = len(run.having(Outcome.PASSED))
    if not findings and not passed:
        findings += (
            wanting(INTEGRATION, "nothing-ran", "no integration test was executed"),
        )
    return conclude(INTEGRATION, findings, f"{passed} tests passed")


def _red_on_baseline(integration: IntegrationEvidence) -> frozenset[str]:
    if integration.control is None:
        return frozenset()
    red = {case.id for case in integration.control.having(Outcome.FAILED)}
    mine = {case.id for case in integration.run.having(Outcome.FAILED)}
    return frozenset(red & mine)
