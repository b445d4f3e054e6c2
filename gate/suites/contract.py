"""Contract: both documents, and production's consumers on the candidate.

What an old consumer meets on the candidate is a break only when it does not meet
the same on the baseline: each complaint is sent again to the baseline beside it.
"""

import json
from collections.abc import Iterator
from http import HTTPStatus
from pathlib import Path
from typing import Any

import requests

from gate.model.evidence import (
    CaseRun,
    Completion,
    ContractEvidence,
    Exercise,
    LiveBreak,
)
from gate.model.plan import ContractPlan
from gate.model.subject import Subject
from gate.suites.old_consumers import ACCEPTANCE, Complaint, NotPlayed, play
from gate.suites.probing import ask, reason
from gate.suites.replay import Baseline

MOST_DOCUMENT_BYTES = 50_000_000
TIMEOUT = 15.0


def collect_contract(
    subject: Subject, plan: ContractPlan, folder: Path
) -> ContractEvidence:
    """Fetch both documents and play old consumers; scratch files go to *folder*."""
    complete = CaseRun(Completion.COMPLETE)
    new, trouble = _fetch(subject.candidate_url, plan.document)
    if subject.baseline is None or trouble:
        first = subject.baseline is None
        return ContractEvidence(complete, None, new, trouble=trouble, first=first)
    home = subject.control_url or subject.production_url
    old, trouble = _fetch(home, plan.document)
    promised = _openapi(old)
    if old is None or promised is None:
        # What is wrong with a document is for the judge, who reads both.
        return ContractEvidence(complete, old, new, trouble=trouble)
    folder.mkdir(parents=True, exist_ok=True)
    document = folder / "production-openapi.json"
    document.write_text(old)
    try:
        played = play(
            document,
            subject.candidate_url,
            examples=plan.examples,
            folder=folder,
            deadline=plan.deadline,
        )
    except NotPlayed as error:
        return ContractEvidence(complete, old, new, trouble=str(error))
    return ContractEvidence(
        complete,
        old,
        new,
        exercises=_with_unsent(promised, played.exercises),
        breaks=tuple(_confirm(played.complaints, promised, subject.control_url)),
    )


def _fetch(base: str, path: str) -> tuple[str | None, str]:
    try:
        answer = ask(base + path, timeout=TIMEOUT, most_bytes=MOST_DOCUMENT_BYTES)
    except requests.RequestException as error:
        return None, f"{base}{path}: {reason(error)}"
    if answer.status != HTTPStatus.OK:
        return None, f"{base}{path} answered {answer.status}"
    return answer.body.decode(errors="replace"), ""


def _openapi(text: str | None) -> dict[str, Any] | None:
    """Return a document that old consumers can be drawn from, or None."""
    try:
        document = json.loads(text or "")
    except ValueError:
        return None
    return document if isinstance(document, dict) and "paths" in document else None


def _with_unsent(
    document: dict[str, Any], exercises: tuple[Exercise, ...]
) -> tuple[Exercise, ...]:
    """Name also the operations that no request was drawn for."""
    known = {each.operation for each in exercises}
    methods = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
    declared = {
        f"{method.upper()} {path}"
        for path, item in document["paths"].items()
        for method in methods
        if isinstance(item, dict) and method in item
    }
    unsent = tuple(Exercise(each, 0, 0) for each in sorted(declared - known))
    return exercises + unsent


def _confirm(
    complaints: tuple[Complaint, ...], document: dict[str, Any], control_url: str
) -> Iterator[LiveBreak]:
    """Yield, for each operation and check, one break and how the baseline does.

    Complaints are sent again to the baseline until one is the candidate's alone.
    Without a baseline beside it a refusal is no break: nobody can say whether
    production would have accepted that request.
    """
    baseline = Baseline(control_url, document) if control_url else None
    grouped: dict[tuple[str, str], list[Complaint]] = {}
    for complaint in complaints:
        if baseline is not None or complaint.check != ACCEPTANCE:
            key = (complaint.operation, complaint.check)
            grouped.setdefault(key, []).append(complaint)
    for each in grouped.values():
        shared: bool | None = None
        telling = each[0]
        for complaint in each:
            telling = complaint
            shared = baseline.shares(complaint) if baseline else None
            if not shared:
                break
        yield LiveBreak(
            operation=telling.operation,
            check=telling.check,
            message=telling.message,
            reproduce=telling.as_curl(),
            on_baseline=shared,
        )
