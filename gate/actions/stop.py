"""Stopping a release: blocked on staging, taken back there, or rejected for good.

Only a regression takes anything back; where we cannot tell, everything stays.
"""

from collections.abc import Iterable

from gate.actions.acting import Acting, Outcome
from gate.actions.choosing import last_good
from gate.actions.from_platform import look
from gate.actions.roll_back import roll_back
from gate.actions.writing import same_slug
from gate.errors import ExitCode, MovedMeanwhile
from gate.ledger.chronicle import now
from gate.ledger.records import Record, RunClosed, RunOpened, SlugRejected
from gate.model.ending import Standing
from gate.model.subject import Subject
from gate.model.verdict import Action, Judgement, Verdict


def stop(acting: Acting, subject: Subject, verdict: Verdict) -> Outcome:
    """Block; and where the verdict says so, take staging back to its last good slug."""
    bad = subject.candidate
    if verdict.action is not Action.ROLL_BACK:
        says = f"blocked: {bad.name} stays on staging, production is untouched"
        return Outcome(verdict.exit_code, says)
    live = acting.platform.current_release(bad.app)
    begun = acting.journal().writes("roll back", bad.app)
    if not begun and (live is None or live.id != bad.id):
        still = live.name if live else "nothing"
        says = f"blocked: {bad.name} is not live, {still} is; production is untouched"
        return Outcome(ExitCode.BLOCKED, says)
    good = subject.baseline.slug if subject.baseline else None
    restore = last_good(acting.platform, bad, good)
    if restore is None:
        says = f"blocked: {bad.name} is bad and staging had no good release before it"
        return Outcome(ExitCode.BLOCKED, says)
    try:
        restored = roll_back(acting, bad, restore)
    except MovedMeanwhile as error:
        return Outcome(ExitCode.BLOCKED, f"blocked: {error}; production is untouched")
    says = (
        f"staging rolled back: {restored.name} serves in place of {bad.name}; "
        "production is untouched"
    )
    return Outcome(ExitCode.ROLLED_BACK, says)


def reject(acting: Acting, subject: Subject, watched: Judgement) -> None:
    """Record that the slug went bad in production: it is not promoted by accident."""
    slug = subject.candidate.slug
    assert slug is not None, "a subject is bound to a slug"
    acting.run.append(
        SlugRejected(
            acting.run.run,
            now(),
            slug.id,
            slug.checksum or "",
            subject.commit,
            watched.seen,
        )
    )


def settled_before(acting: Acting, commit: str, *, again: bool) -> Outcome | None:
    """Return how it stands with a commit that is in production, or was rejected.

    Raises Held where it is live, and it is not known that it was judged and is good.
    """
    live = acting.platform.current_release(acting.premises.production)
    if live is not None and live.commit == commit:
        look(acting)
        says = f"{commit[:8]} is already in production ({live.name}): nothing to do"
        return Outcome(ExitCode.PASSED, says)
    rejected = _rejected(acting.run.ledger.records(), commit)
    if rejected is not None and not again:
        says = (
            f"blocked: {commit[:8]} was rejected by run {rejected.run} "
            f"({rejected.because}); promote --again has it judged once more"
        )
        return Outcome(ExitCode.BLOCKED, says)
    return None


def _rejected(records: Iterable[Record], commit: str) -> SlugRejected | None:
    """Return the rejection of a commit, unless it was promoted and kept since."""
    commits: dict[str, str] = {}
    found: SlugRejected | None = None
    for record in records:
        match record:
            case RunOpened():
                commits[record.run] = record.commit
            case SlugRejected(commit=rejected) if rejected == commit:
                found = record
            case RunClosed(standing=Standing.NEW_SERVES):
                found = None if commits.get(record.run) == commit else found
    return found


def already_there(subject: Subject) -> Outcome | None:
    """Return that there is nothing to do where production runs the very same slug."""
    baseline = subject.baseline
    if baseline is None or not same_slug(subject.candidate.slug, baseline.slug):
        return None
    says = (
        f"{baseline.name} is the same slug as {subject.candidate.name}: nothing to do"
    )
    return Outcome(ExitCode.PASSED, says)
