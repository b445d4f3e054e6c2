"""Runs that ended held: named until production is well again, or a person has seen it."""

from gate.errors import ExitCode, UsageProblem
from gate.ledger.chronicle import now
from gate.ledger.holds import Hold, holds
from gate.ledger.records import HoldAcknowledged
from gate.ledger.store import Ledger
from gate.model.ending import Ending, Standing
from gate.model.premises import Premises
from gate.model.rollback import Consent

WAYS = (
    "a person is needed\n"
    "what going back would do: python -m gate rollback --plan\n"
    'once you have seen to it: python -m gate resume --acknowledge "NAME: REASON"'
)


def held(ledger: Ledger, premises: Premises) -> tuple[Ending, ...]:
    """Return how each run ended that was held and is not dealt with, the newest last."""
    return tuple(
        Ending(
            hold.run,
            ExitCode.HELD,
            f"held since {hold.since}: {hold.says}",
            standing=Standing.HELD,
            known=hold.known,
            advice=WAYS,
        )
        for hold in _standing(ledger, premises)
    )


def acknowledge(ledger: Ledger, premises: Premises, person: Consent) -> None:
    """Record that a *person* has seen each hold; raises UsageProblem where there is none.

    They stay what they are: runs that ended held.
    """
    found = _standing(ledger, premises)
    if not found:
        raise UsageProblem(
            "there is no hold to acknowledge",
            why=f"no run on {premises.production} that is known here waits for a person",
            advice="see: python -m gate history",
        )
    for hold in found:
        ledger.append(HoldAcknowledged(hold.run, now(), person.name, person.reason))


def _standing(ledger: Ledger, premises: Premises) -> tuple[Hold, ...]:
    records = tuple(ledger.records())
    return holds(records, premises.production, premises.platform)
