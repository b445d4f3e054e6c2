"""What holds in production now: looked at, not inferred from what was done."""

from typing import NamedTuple

from gate.actions.acting import Acting, Outcome
from gate.actions.writing import same_slug
from gate.errors import (
    ExitCode,
    Held,
    MovedMeanwhile,
    NotFound,
    PlatformUnavailable,
    Unresolved,
)
from gate.interrupts import out_of_patience
from gate.ledger.journal import Journal
from gate.model.ending import Standing
from gate.model.release import Release


class Stands(NamedTuple):
    """What holds, in one word of three, and how it is known.

    *foreign*: what is live is of somebody else.
    """

    words: Standing
    known: str
    foreign: bool = False


def in_production(
    acting: Acting, *, kept: bool = False, yet_to_be: bool = False
) -> Stands:
    """Return what holds in production; never raises what the platform does.

    *kept*: by the account of the run its release is to stay. *yet_to_be*: there need not
    be such an app.
    """
    try:
        return _looked(acting, kept=kept)
    except PlatformUnavailable as error:
        if yet_to_be and isinstance(error, NotFound):
            app = acting.premises.production
            return Stands(Standing.OLD_SERVES, f"there is no app {app} yet")
        return Stands(Standing.HELD, f"production could not be asked: {error}")


def at_the_end(acting: Acting, outcome: Outcome) -> Stands:
    """Return what holds in production, which must be what *outcome* says.

    Raises Held where somebody else has released there since, Unresolved where it could
    not be asked, MovedMeanwhile where nothing was done and nothing is as it was found.
    """
    journal = acting.journal()
    kept = outcome.exit_code is ExitCode.PASSED
    stands = in_production(acting, kept=kept, yet_to_be=not journal.at_stake)
    app = acting.premises.production
    promised = _promised(journal, app, outcome.exit_code)
    if promised is None and kept and stands.foreign:
        raise MovedMeanwhile(
            "production moved in the meantime",
            why=stands.known,
            advice="look who released it, and run the command again",
        )
    if promised is None or stands.words is promised:
        return stands
    if not stands.foreign:  # not known yet: whoever resumes looks again
        raise Unresolved(
            f"{outcome.says}; it cannot be seen to last",
            why=stands.known,
            advice="run: python -m gate resume",
        )
    raise Held(
        f"{outcome.says}; but then production changed",
        why=stands.known,
        advice="a person is needed: look who released it, and whether it is wanted",
    )


def _promised(journal: Journal, app: str, code: ExitCode) -> Standing | None:
    """Return what must hold in the production *app* when a run that changed it ends so.

    None: it changed nothing, or promises nothing.
    """
    if journal.may_be_promoted:
        ends = {
            ExitCode.PASSED: Standing.NEW_SERVES,
            ExitCode.ROLLED_BACK: Standing.OLD_SERVES,
        }
        return ends.get(code)
    asked = journal.by_hand and journal.writes("roll back", app)
    return Standing.OLD_SERVES if asked and code is ExitCode.PASSED else None


def held_by(acting: Acting, error: BaseException) -> Stands:
    """Return what holds in production when *error* has broken the run off.

    Whoever interrupts does not wait long: what cuts the look short ends it.
    """
    journal, app = acting.run.remembered(), acting.premises.production
    try:
        stands = None if out_of_patience() else in_production(acting)
    except KeyboardInterrupt:
        stands = None
    if stands is None:
        left = "what became of it was not asked any more"
        nothing = "it was not asked; this run has sent nothing to it"
        return Stands(Standing.HELD, left if journal.at_stake else nothing)
    writes = (*journal.writes("promote"), *journal.writes("roll back", app))
    if any(write.open for write in writes):
        known = f"{stands.known}; but a request of this run may still take effect"
        return stands._replace(words=Standing.HELD, known=known)
    if isinstance(error, Held):
        return stands._replace(words=Standing.HELD)
    return stands


def _looked(acting: Acting, *, kept: bool) -> Stands:
    journal = acting.journal()
    live = acting.platform.current_release(acting.premises.production)
    if live is None or live.slug is None:
        return Stands(Standing.OLD_SERVES, "production has no release yet")
    if _is_ours(journal, live):
        watched = journal.watched
        if kept and watched is not None:
            return Stands(Standing.NEW_SERVES, f"{live.name}: {watched.seen}")
        seen = f"the watch: {watched.seen}" if watched else "it was not watched"
        return Stands(Standing.HELD, f"{live.name} is live; {seen}")
    if _is_foreign(journal, live):
        known = f"{live.name} is live, which somebody else released"
        return Stands(Standing.HELD, f"{known} ({live.description})", foreign=True)
    barrier = acting.await_serving(live)
    if not barrier.serves:
        newest = acting.platform.current_release(live.app)
        if newest is not None and newest.id != live.id:
            return _looked(acting, kept=kept)  # it was replaced meanwhile
        known = f"{live.name} is live and does not serve: {barrier.seen}"
        return Stands(Standing.HELD, known)
    return Stands(Standing.OLD_SERVES, f"{live.name}: {barrier.seen}")


def _is_ours(journal: Journal, live: Release) -> bool:
    subject = journal.subject
    if subject is None or journal.promotion is None:
        return False
    return same_slug(subject.candidate.slug, live.slug)


def _is_foreign(journal: Journal, live: Release) -> bool:
    """Whether the live slug is neither what the run found there nor what it put there."""
    writes = journal.writes("roll back", live.app)
    put_back = writes[-1].intent.slug if writes else ""
    if put_back and live.slug is not None and live.slug.id == put_back:
        return False
    if journal.subject is None:  # a rollback by hand: what it replaces was there before
        return bool(put_back) and live.name != writes[-1].intent.replaces
    baseline = journal.subject.baseline
    return not same_slug(baseline.slug if baseline else None, live.slug)
