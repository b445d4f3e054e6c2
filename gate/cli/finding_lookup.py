"""From an id to a finding of a run, and to what its evidence adds."""

from collections.abc import Iterable, Iterator, Sequence

from gate.errors import StateDamaged, UsageProblem
from gate.judges.contract import account_of
from gate.judges.joining import Joined
from gate.judges.unsent import request_of
from gate.ledger.records import CandidateBound, Record, VerdictReached, WatchEnded
from gate.model.evidence import Category, ContractEvidence
from gate.model.subject import Subject
from gate.model.verdict import Finding
from gate.openapi import Document, NotOpenApi, parse
from gate.reports.expectation import expectation
from gate.reports.finding import Told
from gate.reports.plain_text import first_line
from gate.reports.reproduction import as_test_file
from gate.suites.run_folder import RunFolder

MOST_NAMED = 8
CONTRACT = Category.CONTRACT


def find(records: Sequence[Record], name: str) -> tuple[str, Finding]:
    """Return the finding whose id begins with *name*, of the newest run that has one.

    Raises UsageProblem where there is none, or several in that run.
    """
    found: dict[str, dict[str, Finding]] = {}
    for record in records:
        for finding in _findings(record):
            if finding.id.startswith(name.lower()):
                found.setdefault(record.run, {}).setdefault(finding.id, finding)
    if not found:
        raise UsageProblem(
            f"there is no run {name}, and no finding whose id begins so",
            advice=_advice(records),
        )
    run, chosen = list(found.items())[-1]
    if len(chosen) > 1:
        raise UsageProblem(
            f"{len(chosen)} findings of run {run} have an id that begins with {name}",
            why=_listed(chosen.values()),
            advice="give more of the id",
        )
    return run, chosen.popitem()[1]


def _findings(record: Record) -> tuple[Finding, ...]:
    if isinstance(record, VerdictReached):
        return record.verdict.because
    return record.judgement.findings if isinstance(record, WatchEnded) else ()


def _advice(records: Sequence[Record]) -> str:
    for record in reversed(records):
        if findings := _findings(record):
            return f"the last run with findings, {record.run}, has {_listed(findings)}"
    return "see: python -m gate status"


def _listed(findings: Iterable[Finding]) -> str:
    told = [f"{each.id} ({first_line(each.rule)})" for each in findings]
    more = len(told) - MOST_NAMED
    return ", ".join(told[:MOST_NAMED]) + (f" and {more} more" if more > 0 else "")


def look_up(
    records: Iterable[Record], run: str, finding: Finding, folder: RunFolder
) -> tuple[Told, Document | None]:
    """Return a finding with what its run's evidence adds, and production's document.

    Evidence is judged again, which gives the same answer for ever; where it is gone,
    or was written by another gate, what the ledger holds is told, and why no more.
    """
    subject = next(
        (r.subject for r in records if isinstance(r, CandidateBound) and r.run == run),
        None,
    )
    if CONTRACT not in (finding.category, finding.about):
        return Told(run, finding), None
    try:
        joined, old = _judged_again(finding, folder)
    except _Gone as gone:
        return Told(run, finding, gap=str(gone)), None
    told = Told(run, finding, joined, request_of(joined, old), *_addresses(subject))
    return told, old


class _Gone(Exception):
    """The evidence of a finding is not there, in words for a person."""


def _judged_again(finding: Finding, folder: RunFolder) -> tuple[Joined, Document]:
    try:
        evidence = folder.find("contract")
        plan = folder.plans().contract
    except StateDamaged as error:
        raise _Gone(f"{error}; what the ledger holds is all there is") from error
    if not isinstance(evidence, ContractEvidence):
        raise _Gone(f"the evidence of this run is not in {folder.evidence} any more")
    try:
        old, new = (
            parse(evidence.old_document or ""),
            parse(evidence.new_document or ""),
        )
    except NotOpenApi:
        raise _Gone("") from None  # the finding itself says what is wrong with them
    for joined in account_of(evidence, old, new, plan).joined:
        if joined.id == finding.id:
            return joined, old
    raise _Gone("")


def _addresses(subject: Subject | None) -> Iterator[str]:
    """Yield where candidate, baseline and production are asked."""
    if subject is not None:
        yield from (subject.candidate_url, subject.control_url, subject.production_url)


def as_test(told: Told, old: Document | None) -> str:
    """Return the finding as a pytest file.

    Raises UsageProblem where no request is known that tells the two sides apart.
    """
    joined = told.joined
    expected = expectation(joined, old) if joined and old else None
    if joined is None or told.request is None or expected is None:
        raise UsageProblem(
            f"finding {told.finding.id} cannot be written as a test",
            why=told.gap or "no request is known that shows it",
            advice=f"see: python -m gate explain {told.finding.id}",
        )
    title = f"{told.finding.rule}: {told.finding.summary}"
    return as_test_file(
        title,
        told.request,
        expected,
        candidate=told.candidate,
        seen=joined.sent is not None,
    )
