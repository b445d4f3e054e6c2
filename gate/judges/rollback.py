"""Is there a way back, before anything is promoted?

An unsafe one blocks, unless a person accepts it by name and with a reason. What cannot
be told, and a candidate that does not come back itself, is nobody's to accept.
"""

from collections.abc import Iterator

from gate.judges.completeness import conclude, missing, wanting
from gate.judges.last_words import last_words
from gate.judges.shortening import shortened
from gate.model.evidence import Category
from gate.model.rollback import (
    NOT_FORTH,
    Rehearsal,
    RollbackEvidence,
    RollbackPlan,
    Stop,
    WayBack,
)
from gate.model.verdict import Finding, Judgement, Result

ROLLBACK = Category.ROLLBACK
UNSAFE = "rollback/unsafe"
NOT_BACK = "rollback/old-release-does-not-serve"
OLD_CODE = "rollback/old-code-fails-on-new-schema"
REHEARSE = "python -m gate rehearse"
ACCEPT = 'or accept it: python -m gate promote --accept-rollback "NAME: REASON"'
HELD = "a bad release would be held for a person, not taken back"


def judge_rollback(evidence: RollbackEvidence | None) -> Judgement:
    """Judge the plan and the rehearsal; what consent covers is accepted, not passed."""
    if evidence is None:
        return missing(ROLLBACK)
    findings = (*_planned(evidence.plan), *_rehearsed(evidence))
    consent = evidence.consent
    if consent is None or not consent.stands:
        return conclude(ROLLBACK, findings, _seen(evidence))
    left = tuple(each for each in findings if not _acceptable(each))
    if left or not findings:
        return conclude(ROLLBACK, left, _seen(evidence))
    unsafe = "; ".join(each.summary for each in findings)
    said = f"accepted by {consent.name}: {consent.reason} (unsafe: {unsafe}; {HELD})"
    return Judgement(ROLLBACK, Result.ACCEPTED, said)


def _acceptable(finding: Finding) -> bool:
    return finding.category is ROLLBACK and finding.rule != NOT_FORTH


def _planned(plan: RollbackPlan) -> Iterator[Finding]:
    if plan.way is WayBack.UNSAFE:
        for each in plan.because:
            advice = f"next: {each.advice}\n{ACCEPT}" if each.advice else ACCEPT
            yield Finding(ROLLBACK, each.rule, each.says, advice, each.shown_by)
        if not plan.because:
            yield Finding(ROLLBACK, UNSAFE, "the way back is unsafe", ACCEPT)
    elif plan.way is not WayBack.NONE_NEEDED and not plan.slug:
        yield wanting(ROLLBACK, "no-plan", "the plan names no slug to go back to")


def _rehearsed(evidence: RollbackEvidence) -> Iterator[Finding]:
    rehearsal = evidence.rehearsal
    if rehearsal is None:
        if evidence.calls_for:
            called = shortened(evidence.calls_for)
            summary = (
                f"a rollback was not rehearsed, and the change calls for it: {called}"
            )
            yield wanting(ROLLBACK, "rehearsal-missing", summary)
        return
    if rehearsal.broken:
        summary = "the rehearsal of a rollback could not be done"
        yield wanting(ROLLBACK, "rehearsal-broken", summary, rehearsal.broken)
    yield from _stopped(rehearsal, evidence.plan.target)


def _stopped(rehearsal: Rehearsal, old: str) -> Iterator[Finding]:
    back, forth = rehearsal.back, rehearsal.forth
    if back is not None and not back.serves:
        summary = f"{_code(back, old)} does not serve after the candidate: {back.seen}"
        yield Finding(ROLLBACK, NOT_BACK, summary, _advice(back), REHEARSE)
    if back is not None and back.troubles:
        summary = f"{_code(back, old)} fails its own checks on what the candidate left"
        yield Finding(ROLLBACK, OLD_CODE, summary, _advice(back), REHEARSE)
    if forth is not None and not forth.serves:
        summary = f"the candidate does not come back as {forth.release}: {forth.seen}"
        yield Finding(ROLLBACK, NOT_FORTH, summary, last_words(forth.log), REHEARSE)
    if not rehearsal.broken and (back is None or forth is None):
        summary = "the rehearsal of a rollback did not come to its end"
        yield wanting(ROLLBACK, "rehearsal-broken", summary)


def _code(back: Stop, old: str) -> str:
    """Name production's release, and what it was on staging if it came to that."""
    if not old or back.release == old:
        return back.release
    return f"the code of {old} (on staging as {back.release})"


def _advice(back: Stop) -> str:
    """Return what was seen of it, and how such a change is released nevertheless."""
    return "\n".join(
        (
            *back.troubles,
            *last_words(back.log).splitlines(),
            "next: split the change: first one that the old code can live with,",
            "the rest once nobody needs the old code any more",
            ACCEPT,
        )
    )


def _seen(evidence: RollbackEvidence) -> str:
    plan = evidence.plan
    if plan.way is WayBack.NONE_NEEDED:
        return f"{plan.way.value}: it is the first release of {plan.app}; {HELD}"
    said = [f"back to {plan.target} ({plan.verified})", *_timed(evidence.rehearsal)]
    if plan.differs:
        said.append(f"{plan.way.value}: {shortened(plan.differs)}")
    return "; ".join(said)


def _timed(rehearsal: Rehearsal | None) -> Iterator[str]:
    if rehearsal is None:
        yield "not rehearsed, since nothing in the change calls for it"
    elif rehearsal.back is not None and rehearsal.forth is not None:
        back, forth = rehearsal.back.seconds, rehearsal.forth.seconds
        yield f"rehearsed: back in {back:.1f} s, forth in {forth:.1f} s"
