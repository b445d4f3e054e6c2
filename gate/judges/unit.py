"""Was the released code unit tested?"""

from gate.judges.completeness import broken, conclude, missing, red_cases, wanting
from gate.model.evidence import Category, ChangedLines, Outcome, UnitEvidence
from gate.model.policy import Limits
from gate.model.verdict import Finding, Judgement

UNIT = Category.UNIT
MOST_PLACES = 5


def judge_unit(unit: UnitEvidence | None, limits: Limits) -> Judgement:
    """Judge the tests, that any ran, and that they executed what changed."""
    if unit is None:
        return missing(UNIT)
    findings = broken(UNIT, unit.run) + red_cases(UNIT, unit.run)
    if not findings:
        findings += _nothing_ran(unit)
    if unit.changed is not None:
        findings += _untested(unit.changed, limits.changed_lines)
    elif not unit.first and not findings:
        said = unit.trouble or "changed lines were not measured"
        findings += (wanting(UNIT, "changed-lines-unknown", said),)
    passed = len(unit.run.having(Outcome.PASSED))
    return conclude(UNIT, findings, f"{passed} tests passed; {_covered(unit.changed)}")


def _nothing_ran(unit: UnitEvidence) -> tuple[Finding, ...]:
    if unit.run.having(Outcome.PASSED):
        return ()
    skipped = unit.run.having(Outcome.SKIPPED)
    if skipped:
        return (
            Finding(
                UNIT,
                "unit/all-skipped",
                f"all {len(skipped)} unit tests were skipped",
                skipped[0].message,
            ),
        )
    return (Finding(UNIT, "unit/nothing-ran", "no unit test ran"),)


def _untested(changed: ChangedLines, least: float) -> tuple[Finding, ...]:
    if changed.changed - changed.missed_count >= least * changed.changed:
        return ()
    places = [
        f"{missed.path}:{','.join(map(str, missed.lines[:10]))}"
        for missed in changed.missed[:MOST_PLACES]
    ]
    return (
        Finding(
            UNIT,
            "unit/changed-lines-untested",
            f"{changed.missed_count} of {changed.changed} lines changed since "
            f"{changed.since[:8]} are not executed by unit tests",
            "\n".join(places),
        ),
    )


def _covered(changed: ChangedLines | None) -> str:
    if changed is None:
        return "no production release: nothing counts as changed"
    if changed.changed == 0:
        return f"no measurable line changed since {changed.since[:8]}"
    executed = changed.changed - changed.missed_count
    return f"{executed} of {changed.changed} changed lines executed"
