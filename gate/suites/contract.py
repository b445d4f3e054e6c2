"""Contract: both documents, and production's consumers on the candidate.

What an old consumer meets on the candidate is a break only when it does not meet
the same on the baseline: each complaint is sent again to the baseline beside it.
"""

import json
from collections.abc import Iterator
from http import HTTPStatus
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

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

MOST_DOCUMENT_BYTES = 50_000_000
TIMEOUT = 15.0
SERVER_ERROR = 500


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
    if old is None or not _is_openapi(old):
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
        exercises=_with_unsent(old, played.exercises),
        breaks=tuple(_confirm(played.complaints, json.loads(old), subject)),
    )


def _fetch(base: str, path: str) -> tuple[str | None, str]:
    try:
        answer = ask(base + path, timeout=TIMEOUT, most_bytes=MOST_DOCUMENT_BYTES)
    except requests.RequestException as error:
        return None, f"{base}{path}: {reason(error)}"
    if answer.status != HTTPStatus.OK:
        return None, f"{base}{path} answered {answer.status}"
    return answer.body.decode(errors="replace"), ""


def _is_openapi(text: str) -> bool:
    try:
        document = json.loads(text)
    except ValueError:
        return False
    return isinstance(document, dict) and "paths" in document


def _with_unsent(
    document: str, exercises: tuple[Exercise, ...]
) -> tuple[Exercise, ...]:
    """Name also the operations that no request was drawn for."""
    known = {each.operation for each in exercises}
    paths = json.loads(document)["paths"]
    methods = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
    declared = {
        f"{method.upper()} {path}"
        for path, item in paths.items()
        for method in methods
        if isinstance(item, dict) and method in item
    }
    unsent = tuple(Exercise(each, 0, 0) for each in sorted(declared - known))
    return exercises + unsent


def _confirm(
    complaints: tuple[Complaint, ...], document: Any, subject: Subject
) -> Iterator[LiveBreak]:
    """Yield, for each operation and check, one break and how the baseline does.

    Complaints are sent again to the baseline until one is the candidate's alone.
    Without a baseline beside it a refusal is no break: nobody can say whether
    production would have accepted that request.
    """
    grouped: dict[tuple[str, str], list[Complaint]] = {}
    for complaint in complaints:
        if subject.control_url or complaint.check != ACCEPTANCE:
            key = (complaint.operation, complaint.check)
            grouped.setdefault(key, []).append(complaint)
    for each in grouped.values():
        shared: bool | None = None
        telling = each[0]
        for complaint in each:
            telling = complaint
            shared = _same_on_baseline(complaint, document, subject.control_url)
            if not shared:
                break
        yield LiveBreak(
            operation=telling.operation,
            check=telling.check,
            message=telling.message,
            reproduce=telling.as_curl(),
            on_baseline=shared,
        )


def _same_on_baseline(complaint: Complaint, document: Any, base: str) -> bool | None:
    if not base:
        return None
    try:
        response = _send_again(complaint, base)
    except requests.RequestException:
        return complaint.check == "not_a_server_error" or None
    match complaint.check:
        case "positive_data_acceptance":
            return not bool(response.ok)
        case "not_a_server_error":
            return response.status_code >= SERVER_ERROR
        case "status_code_conformance":
            return response.status_code == complaint.status
        case "content_type_conformance":
            return response.headers.get("content-type", "") == complaint.content_type
        case _:
            return not _conforms(complaint, document, response)


def _send_again(complaint: Complaint, base: str) -> requests.Response:
    there, here = urlsplit(complaint.url), urlsplit(base)
    url = urlunsplit(
        (here.scheme, here.netloc, here.path + there.path, there.query, "")
    )
    return requests.request(
        complaint.method,
        url,
        data=complaint.body,
        headers=complaint.headers,
        timeout=TIMEOUT,
        allow_redirects=False,
    )


def _conforms(complaint: Complaint, document: Any, response: requests.Response) -> bool:
    """Whether an answer keeps what the old document says about it."""
    import schemathesis  # noqa: PLC0415 - slow, and needed only after a complaint

    schema = schemathesis.openapi.from_dict(document)
    operation = schema[complaint.path][complaint.method.upper()]
    return bool(operation.is_valid_response(response))
