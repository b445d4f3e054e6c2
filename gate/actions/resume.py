"""Settling what an interrupted run has left: asked of the platform, never repeated."""

from gate.actions.acting import Acting, Outcome
from gate.actions.by_hand import came_of
from gate.actions.protocol import finish
from gate.actions.stop import stop
from gate.errors import ExitCode
from gate.ledger.journal import Journal
from gate.model.verdict import Action


def settle(acting: Acting) -> Outcome:
    """Bring an open run to its end; raises what `gate.actions.protocol.finish` does.

    A run that intended no promotion is over: it is judged anew by the next one. Only a
    rollback is still carried out that its verdict called for, or that was asked for.
    """
    journal = acting.journal()
    if journal.may_be_promoted:
        return finish(acting)
    if journal.by_hand and (begun := journal.writes("roll back")):
        return came_of(acting, begun)
    verdict, subject = journal.verdict, journal.subject
    if verdict is None or subject is None or journal.promotion is not None:
        return Outcome(ExitCode.INTERRUPTED, _says(journal))
    if verdict.action is Action.ROLL_BACK and verdict.whole:
        return stop(acting, subject, verdict)
    return Outcome(ExitCode.INTERRUPTED, _says(journal))


def _says(journal: Journal) -> str:
    promotion = journal.promotion
    if promotion is not None and promotion.failed is not None:
        return f"its promotion came to nothing: {promotion.failed.why}"
    if journal.by_hand:
        return "it was broken off before it asked for a rollback: nothing was changed"
    return "it was broken off before its promotion: nothing was promoted"
