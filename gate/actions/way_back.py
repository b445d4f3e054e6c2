"""The way back from a promotion: planned, and rehearsed where the change calls for it."""

from typing import NamedTuple

from gate.actions.acting import Acting
from gate.actions.plan_rollback import plan_rollback
from gate.actions.rehearse import rehearse, what_calls_for_it
from gate.actions.waiting import live_release
from gate.actions.writing import same_slug
from gate.ledger.chronicle import now
from gate.ledger.records import RollbackAccepted, RollbackPlanned
from gate.model.release import Release
from gate.model.rollback import Consent, Rehearsal, RollbackEvidence
from gate.repository import Repository


class Found(NamedTuple):
    """The way back, and the candidate: a rehearsal releases its slug anew."""

    way_back: RollbackEvidence
    candidate: Release


def find_way_back(
    acting: Acting,
    repository: Repository,
    candidate: Release,
    consent: Consent | None = None,
    *,
    asked: bool = False,
) -> Found:
    """Plan a rollback of production from *candidate*; rehearse it where that is due.

    It is due where the change calls for it, or where somebody *asked*. Raises what
    `rehearse` does.
    """
    production = acting.premises.production
    live = live_release(acting.platform, production, clock=acting.clock)
    plan = plan_rollback(acting, production, live, candidate)
    acting.run.append(RollbackPlanned(acting.run.run, now(), plan))
    if consent is not None:
        acting.run.append(
            RollbackAccepted(acting.run.run, now(), consent.name, consent.reason)
        )
    rehearsal: Rehearsal | None = None
    calls_for: tuple[str, ...] = ()
    if live is not None and plan.slug and not same_slug(live.slug, candidate.slug):
        calls_for = what_calls_for_it(acting, repository, live, candidate)
        if calls_for or asked:
            calls_for = calls_for or ("it was asked for",)
            rehearsal, candidate = rehearse(acting, live, candidate)
    evidence = RollbackEvidence(plan, calls_for, rehearsal, consent)
    return Found(evidence, candidate)
