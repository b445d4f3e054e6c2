"""Can every old consumer still send what it sends and read what it gets?"""

import json
from collections.abc import Sequence

from gate.judges.completeness import broken, conclude, missing, red_cases, wanting
from gate.model.evidence import Category, ContractEvidence, LiveBreak
from gate.model.verdict import Finding, Judgement
from gate.openapi import Change, Level, NotOpenApi, compare, parse

CONTRACT = Category.CONTRACT
SERVER_ERROR = "not_a_server_error"


def judge_contract(contract: ContractEvidence | None, *, serves: bool) -> Judgement:
    """Judge the two documents, then what old consumers met on the candidate."""
    if contract is None:
        return missing(CONTRACT, serves=serves)
    findings = broken(CONTRACT, contract.run) + red_cases(CONTRACT, contract.run)
    if contract.trouble:
        findings += (wanting(CONTRACT, "not-measured", contract.trouble),)
    if contract.new_document is None:
        return conclude(CONTRACT, findings or (_no_document(),), "")
    if contract.first:
        findings += _unreadable("the candidate's", contract.new_document)
        return conclude(
            CONTRACT, findings, "nothing to be compatible with: no production release"
        )
    if contract.old_document is None:
        said = "production's OpenAPI document is not known"
        findings += (wanting(CONTRACT, "document-missing", said),)
        return conclude(CONTRACT, findings, "")
    changes, trouble = _compare(contract.old_document, contract.new_document)
    findings += trouble + tuple(
        _declared(c) for c in changes if c.level is Level.BREAKS
    )
    findings += _lived(contract.breaks)
    findings += _unserved(contract)
    return conclude(CONTRACT, findings, _seen(contract, changes))


def _compare(old: str, new: str) -> tuple[tuple[Change, ...], tuple[Finding, ...]]:
    trouble = _unreadable("production's", old) + _unreadable("the candidate's", new)
    if trouble:
        return (), trouble
    return compare(parse(old), parse(new)), ()


def _unreadable(whose: str, text: str) -> tuple[Finding, ...]:
    try:
        parse(text)
    except NotOpenApi as error:
        said = f"{whose} OpenAPI document is not one: {error}"
        if whose.startswith("the candidate"):
            return (Finding(CONTRACT, "contract/document-broken", said),)
        return (wanting(CONTRACT, "document-broken", said),)
    return ()


def _no_document() -> Finding:
    return Finding(
        CONTRACT,
        "contract/document-missing",
        "the candidate serves no OpenAPI document",
    )


def _declared(change: Change) -> Finding:
    place = f"{change.operation}: " if change.operation else ""
    where = f"at {change.pointer_new or change.pointer_old}"
    shown = "" if change.example is None else f"{json.dumps(change.example)} "
    return Finding(
        CONTRACT,
        f"contract/{change.rule}",
        change.summary if change.summary.startswith(place) else place + change.summary,
        f"{shown}{where}",
    )


def _lived(breaks: Sequence[LiveBreak]) -> tuple[Finding, ...]:
    """A break on the candidate alone speaks against it; an outage of both does not.

    Other complaints that the baseline shares are as old as production: not new.
    """
    alone = tuple(
        Finding(
            CONTRACT,
            f"contract/{each.check.replace('_', '-')}",
            f"an old consumer's {each.operation}: {each.message}",
            "",
            each.reproduce,
        )
        for each in breaks
        if not each.on_baseline
    )
    outages = [b for b in breaks if b.on_baseline and b.check == SERVER_ERROR]
    if not outages:
        return alone
    operations = ", ".join(sorted({each.operation for each in outages}))
    return (
        *alone,
        wanting(
            CONTRACT,
            "fails-on-baseline-too",
            f"{operations}: server errors on the candidate and on the baseline alike",
            outages[0].reproduce,
        ),
    )


def _unserved(contract: ContractEvidence) -> tuple[Finding, ...]:
    if not contract.exercises and not contract.trouble:
        said = "no request of an old consumer was sent"
        return (wanting(CONTRACT, "nothing-exercised", said),)
    never = [each.operation for each in contract.exercises if each.sent == 0]
    if not never:
        return ()
    return (
        wanting(
            CONTRACT,
            "operation-not-exercised",
            f"no old consumer's request was drawn for {', '.join(never)}",
        ),
    )


def _seen(contract: ContractEvidence, changes: Sequence[Change]) -> str:
    sent = sum(each.sent for each in contract.exercises)
    told = f"{sent} requests of old consumers, {len(contract.exercises)} operations"
    doubtful = sum(change.level is Level.MAY_BREAK for change in changes)
    if doubtful:
        told += f"; {doubtful} changes may break somebody"
    unserved = [e.operation for e in contract.exercises if e.sent and not e.accepted]
    if unserved:
        told += f"; never answered 2xx: {', '.join(unserved)}"
    return told
