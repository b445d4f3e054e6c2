"""What the evidence of a run cannot speak of, whatever its verdict is."""

from collections.abc import Iterator

from gate.judges.load.words import count, joined
from gate.model.evidence import (
    SUITES,
    ContractEvidence,
    EvidenceBundle,
    Outcome,
    PlatformEvidence,
)
from gate.reports.page.account import Account

MOST_NAMED = 12


def blind_spots(account: Account) -> Iterator[str]:
    """Yield them, one sentence each."""
    rows = account.verdict.rows if account.verdict else ()
    unasked = [each.value for each in SUITES if each not in {r.category for r in rows}]
    if rows and unasked:
        yield f"Not asked in this run: {joined(unasked)}."
    barrier = account.bundle.barrier
    if barrier is not None and barrier.identity == "platform only":
        yield (
            "Answers did not name their release: that only the candidate served is "
            "known from the platform alone."
        )
    yield from _skipped(account.bundle)
    if account.bundle.contract is not None:
        yield from _unexercised(account.bundle.contract)
    if account.bundle.platform is not None:
        yield from _unheard(account.bundle.platform)
    if account.verdict and account.watched is None:
        yield "Production was not watched in this run."


def _skipped(bundle: EvidenceBundle) -> Iterator[str]:
    for suite in (
        bundle.health,
        bundle.unit,
        bundle.contract,
        bundle.integration,
        bundle.load,
    ):
        if suite is None:
            continue
        skipped = suite.run.having(Outcome.SKIPPED)
        if skipped:
            named = _named([case.id for case in skipped])
            yield f"{count(len(skipped), f'{suite.kind} test')} skipped: {named}."


def _unexercised(contract: ContractEvidence) -> Iterator[str]:
    idle = [
        f"{each.operation} ({each.withheld})" if each.withheld else each.operation
        for each in contract.exercises
        if not each.accepted
    ]
    if idle:
        what = count(len(idle), "operation")
        yield f"{what} accepted no request of an old consumer: {_named(idle)}."


def _unheard(platform: PlatformEvidence) -> Iterator[str]:
    for log in (platform.candidate, platform.baseline):
        if log is not None and log.lost:
            yield f"The log of {log.app} is not whole: {log.lost}."


def _named(names: list[str]) -> str:
    more = len(names) - MOST_NAMED
    return ", ".join(names[:MOST_NAMED]) + (f" and {more} more" if more > 0 else "")
