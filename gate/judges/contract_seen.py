"""What the contract's row tells: how much was seen, what was not, what is accepted."""

from collections import Counter
from collections.abc import Iterator, Sequence

from gate.judges.joining import Account
from gate.judges.shortening import shortened
from gate.model.evidence import ContractEvidence, Exercise, Shown
from gate.openapi import Level

TURNED_AWAY = "401, 403 or 429"


def seen(contract: ContractEvidence, account: Account) -> str:
    """Return one line for a person: the evidence first, then what limits it."""
    return "; ".join(
        part
        for part in (
            _asked(contract),
            _counted(account),
            *_gaps(contract.exercises),
            _untried(contract),
            _unrepeated(contract),
            policy_told(account),
        )
        if part
    )


def policy_told(account: Account) -> str:
    """Return what the team accepted until when and why, and what is wrong with that."""
    accepted = Counter(
        (each.grade.accepted.until, each.grade.accepted.reason)
        for each in account.joined
        if each.grade.accepted
    )
    told = [
        f"{_many(count, 'change')} accepted until {until}: {reason}"
        for (until, reason), count in accepted.items()
    ]
    return "; ".join((*told, *account.graded.remarks))


def turned_away(exercises: Sequence[Exercise]) -> list[str]:
    """Return the operations that never came to look at a request."""
    return [e.operation for e in exercises if e.sent and e.turned_away == e.sent]


def _asked(contract: ContractEvidence) -> str:
    sent = sum(each.sent for each in contract.exercises)
    served = sum(each.accepted > 0 for each in contract.exercises)
    beside = "each" if contract.compared else "not"
    return (
        f"{_many(sent, 'request')} of old consumers, {served} of "
        f"{_many(len(contract.exercises), 'operation')} answered 2xx, "
        f"{beside} compared with the baseline"
    )


def _counted(account: Account) -> str:
    """What breaks nobody for sure, and observed breaks that policy lets pass."""
    may = account.counting(Level.MAY_BREAK)
    lived = [e for e in account.counting(Level.NOTICE) if e.lived]
    parts = []
    if may:
        parts.append(f"{_many(len(may), 'change')} may break somebody")
    if lived:
        parts.append(f"{_many(len(lived), 'break')} seen that policy only notes")
    return "; ".join(parts)


def _gaps(exercises: Sequence[Exercise]) -> Iterator[str]:
    away = turned_away(exercises)
    if away:
        yield f"not exercised, answered nothing but {TURNED_AWAY}: {shortened(away)}"
    unserved = [
        each.operation
        for each in exercises
        if each.sent and not each.accepted and each.operation not in away
    ]
    if unserved:
        yield f"never answered 2xx: {shortened(unserved)}"
    withheld = [f"{e.operation} ({e.withheld})" for e in exercises if e.withheld]
    if withheld:
        yield f"withheld: {shortened(withheld)}"


def _untried(contract: ContractEvidence) -> str:
    unsent = sum(each.shown is Shown.NOT_SENT for each in contract.trials)
    return f"{_many(unsent, 'counterexample')} not sent" if unsent else ""


def _unrepeated(contract: ContractEvidence) -> str:
    if not contract.unrepeated:
        return ""
    count = _many(len(contract.unrepeated), "difference")
    return f"{count} did not show again: {contract.unrepeated[0]}"


def _many(count: int, what: str) -> str:
    return f"{count} {what}{'' if count == 1 else 's'}"
