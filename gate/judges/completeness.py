"""What every category has in common: absence and breakage are never success."""

from typing import assert_never

from gate.model.evidence import CaseRun, Category, Completion, Outcome
from gate.model.verdict import Finding, Judgement, Result

MOST_SHOWN = 3
MOST_LINES = 6


def wanting(category: Category, rule: str, summary: str, example: str = "") -> Finding:
    """Return the finding that evidence about a category is wanting."""
    return Finding(
        Category.EVIDENCE, f"evidence/{rule}", summary, example, "", category
    )


def missing(category: Category, *, serves: bool = True) -> Judgement:
    """Return the judgement on a category of which there is no evidence at all."""
    if not serves:
        return Judgement(
            category,
            Result.NOT_RUN,
            "the release does not serve",
            (wanting(category, "not-run", f"{category}: nothing could be asked"),),
        )
    finding = wanting(category, "missing", f"there is no evidence about {category}")
    return Judgement(category, Result.INSUFFICIENT, finding.summary, (finding,))


def broken(category: Category, run: CaseRun) -> tuple[Finding, ...]:
    """Return a finding when the suite did not come to its end."""
    match run.completion:
        case Completion.COMPLETE:
            return ()
        case Completion.CRASHED:
            broke = f"the {category} suite broke"
        case Completion.TIMED_OUT:
            broke = f"the {category} suite was not done in time"
        case _:
            assert_never(run.completion)
    return (wanting(category, "suite-broken", broke, run.trouble),)


def red_cases(category: Category, run: CaseRun) -> tuple[Finding, ...]:
    """Return a finding for each red test; measurements are judged by themselves."""
    return tuple(
        Finding(
            category,
            f"{category}/test-failed",
            f"{case.id} failed",
            _telling(case.message),
            f"pytest -m 'gate and {category}' '{case.id}'",
        )
        for case in run.having(Outcome.FAILED)
        if not case.measured
    )


def _telling(message: str) -> str:
    """Return the lines of a failure that say what went wrong, as pytest marks them."""
    lines = message.strip().splitlines()
    marked = [line[1:].strip() for line in lines if line.startswith("E ")]
    return "\n".join((marked or lines[-MOST_LINES:])[:MOST_LINES])


def conclude(category: Category, findings: tuple[Finding, ...], seen: str) -> Judgement:
    """Return the judgement that follows from findings; *seen* is told on a pass."""
    if not findings:
        return Judgement(category, Result.PASSED, seen)
    regressions = [f for f in findings if f.category is not Category.EVIDENCE]
    telling = regressions or list(findings)
    told = "; ".join(finding.summary for finding in telling[:MOST_SHOWN])
    more = len(telling) - MOST_SHOWN
    result = Result.FAILED if regressions else Result.INSUFFICIENT
    return Judgement(
        category, result, f"{told}; and {more} more" if more > 0 else told, findings
    )
