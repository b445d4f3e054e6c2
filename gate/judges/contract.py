"""Can every old consumer still send what it sends and read what it gets?"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from gate.judges.completeness import broken, conclude, missing, red_cases, wanting
from gate.judges.contract_findings import as_finding
from gate.judges.contract_seen import TURNED_AWAY, seen, turned_away
from gate.judges.curl import as_curl
from gate.judges.joining import Account, join
from gate.judges.shortening import shortened
from gate.model.evidence import Category, ContractEvidence, LiveBreak
from gate.model.plan import ContractPlan
from gate.model.policy import Limits
from gate.model.verdict import Finding, Judgement
from gate.openapi import Document, Level, NotOpenApi, compare, parse

CONTRACT = Category.CONTRACT
SERVER_ERROR = "not_a_server_error"
DEFAULT = Limits()
_NOT_THERE = re.compile(r"answered (404|410)\b")


def judge_contract(
    contract: ContractEvidence | None,
    limits: Limits = DEFAULT,
    *,
    serves: bool,
    url: str = "",
) -> Judgement:
    """Judge the two documents, then what old consumers met on the candidate.

    *url* is the candidate's, for the command that shows a finding.
    """
    if contract is None:
        return missing(CONTRACT, serves=serves)
    findings = broken(CONTRACT, contract.run) + red_cases(CONTRACT, contract.run)
    if contract.new_document is None:
        return conclude(CONTRACT, findings + _no_document(contract), "")
    if contract.trouble:
        findings += (wanting(CONTRACT, "not-measured", contract.trouble),)
    new = _read("the candidate's", contract.new_document)
    if contract.first:
        told = "nothing to be compatible with: no production release"
        return conclude(CONTRACT, findings + _unreadable(new), told)
    if contract.old_document is None:
        said = "production's OpenAPI document is not known"
        findings += (wanting(CONTRACT, "document-missing", said),)
        return conclude(CONTRACT, findings + _unreadable(new), "")
    old = _read("production's", contract.old_document)
    findings += _unreadable(old) + _unreadable(new)
    if isinstance(old, Finding) or isinstance(new, Finding):
        return conclude(CONTRACT, findings, "")
    account = account_of(contract, old, new, limits.contract)
    findings += tuple(
        as_finding(each, old, url)
        for level in (Level.BREAKS, Level.UNDECIDED)
        for each in account.counting(level)
    )
    findings += _outages(contract.breaks, url) + _unserved(contract)
    findings += _unsettled(contract)
    told = seen(contract, account)
    judgement = conclude(CONTRACT, findings, told)
    if not findings:
        return judgement
    return replace(judgement, seen=f"{judgement.seen}; {told}")


def account_of(
    contract: ContractEvidence, old: Document, new: Document, plan: ContractPlan
) -> Account:
    """Return what is declared between two documents, joined with what was observed."""
    changes = compare(old, new, contract.day or None)
    return join(contract, changes, plan)


def _read(whose: str, text: str) -> Document | Finding:
    try:
        return parse(text)
    except NotOpenApi as error:
        said = f"{whose} OpenAPI document is not one: {error}"
        if whose.startswith("the candidate"):
            return Finding(CONTRACT, "contract/document-broken", said)
        return wanting(CONTRACT, "document-broken", said)


def _unreadable(read: Document | Finding) -> tuple[Finding, ...]:
    return (read,) if isinstance(read, Finding) else ()


def _no_document(contract: ContractEvidence) -> tuple[Finding, ...]:
    """A candidate that answers, with no document where production has one, is worse."""
    answered = _NOT_THERE.search(contract.trouble)
    known_to_be_gone = contract.old_document is not None and answered
    if contract.trouble and not known_to_be_gone:
        return (wanting(CONTRACT, "not-measured", contract.trouble),)
    return (
        Finding(
            CONTRACT,
            "contract/document-missing",
            "the candidate serves no OpenAPI document",
            contract.trouble,
        ),
    )


def _outages(breaks: Sequence[LiveBreak], url: str) -> tuple[Finding, ...]:
    """Server errors of both sides accuse nobody, and hide what the release would do.

    Other complaints that the baseline shares are as old as production: not new.
    """
    outages = [b for b in breaks if b.on_baseline and b.check == SERVER_ERROR]
    if not outages:
        return ()
    operations = shortened(sorted({each.operation for each in outages}))
    said = f"{operations}: server errors on the candidate and on the baseline alike"
    shown = as_curl(outages[0].request, url) if url else ""
    return (wanting(CONTRACT, "fails-on-baseline-too", said, shown),)


def _unsettled(contract: ContractEvidence) -> tuple[Finding, ...]:
    """What was seen once and could not be seen again may still be a break."""
    if not contract.unsettled:
        return ()
    more = len(contract.unsettled) - 1
    said = "an old consumer met what may be a break, and nobody could tell: "
    said += contract.unsettled[0] + (f" (and {more} more)" if more else "")
    return (wanting(CONTRACT, "unsettled", said, "\n".join(contract.unsettled)),)


def _unserved(contract: ContractEvidence) -> tuple[Finding, ...]:
    if contract.trouble:
        return ()
    if not any(each.accepted for each in contract.exercises):
        return (wanting(CONTRACT, "nothing-exercised", _why_nothing(contract)),)
    return tuple(_unexercised(contract))


def _unexercised(contract: ContractEvidence) -> Iterator[Finding]:
    never = [e.operation for e in contract.exercises if not (e.sent or e.withheld)]
    if never:
        said = f"no old consumer's request was drawn for {shortened(never)}"
        yield wanting(CONTRACT, "operation-not-exercised", said, "\n".join(never))
    accused = {each.operation for each in contract.breaks if not each.on_baseline}
    away = [each for each in turned_away(contract.exercises) if each not in accused]
    if away and 2 * len(away) >= sum(each.sent > 0 for each in contract.exercises):
        said = f"most operations answered nothing but {TURNED_AWAY}: {shortened(away)}"
        said += "; are contract.headers set, and is there a limit of requests?"
        yield wanting(CONTRACT, "turned-away", said, "\n".join(away))
    refused = [
        each.operation
        for each in contract.exercises
        if each.sent and each.refused == each.sent
    ]
    if refused and not contract.compared:
        said = (
            f"every valid request was refused: {shortened(refused)}; without a "
            "baseline beside it nobody can say whether production does the same"
        )
        yield wanting(CONTRACT, "only-refused", said, "\n".join(refused))


def _why_nothing(contract: ContractEvidence) -> str:
    exercises = contract.exercises
    if not any(each.sent for each in exercises):
        withheld = next((e.withheld for e in exercises if e.withheld), "")
        said = "no request of an old consumer was sent"
        return f"{said}: {withheld}" if withheld else said
    sent = sum(each.sent for each in exercises)
    return f"none of {sent} requests of old consumers was answered 2xx"
