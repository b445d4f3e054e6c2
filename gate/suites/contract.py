"""Contract: both documents, and production's consumers on the candidate.

What an old consumer meets on the candidate is a break only when it does not meet
the same on the baseline: each request goes to the baseline beside it as well.
"""

from datetime import UTC, datetime
from pathlib import Path

import requests

from gate.model.evidence import CaseRun, Completion, ContractEvidence
from gate.model.plan import ContractPlan
from gate.model.subject import Subject
from gate.openapi import NotOpenApi, parse
from gate.suites.consumers.job import Job
from gate.suites.old_consumers import Played, play
from gate.suites.probing import ask, reason

MOST_DOCUMENT_BYTES = 50_000_000
TIMEOUT = 15.0
OK = 200
ASKS_WHO = (401, 403)


def collect_contract(
    subject: Subject, plan: ContractPlan, folder: Path, root: Path | None = None
) -> ContractEvidence:
    """Fetch both documents and play old consumers; scratch files go to *folder*.

    *root* is the checkout of the candidate, in which the team's hooks lie.
    """
    complete = CaseRun(Completion.COMPLETE)
    day = _today()
    new, trouble = _fetch(subject.candidate_url, plan.document)
    if subject.baseline is None:
        return ContractEvidence(
            complete, None, new, trouble=trouble, first=True, day=day
        )
    home = subject.control_url or subject.production_url
    old, missing = _fetch(home, plan.document)
    trouble = trouble or missing
    played = Played(trouble=trouble)
    if not trouble and old is not None and _is_openapi(old):
        played = _play(subject, plan, (old, new), folder, root or Path.cwd())
    return ContractEvidence(
        complete,
        old,
        new,
        exercises=played.exercises,
        breaks=played.breaks,
        trials=played.trials,
        trouble=played.trouble,
        day=day,
        compared=played.compared,
        unrepeated=played.unrepeated,
        unsettled=played.unsettled,
    )


def _play(
    subject: Subject,
    plan: ContractPlan,
    documents: tuple[str, str | None],
    folder: Path,
    root: Path,
) -> Played:
    hooks = root / plan.hooks if plan.hooks else None
    if hooks is not None and not hooks.is_file():
        said = f"contract.hooks names {plan.hooks}, which is no file of this checkout"
        return Played(trouble=said)
    folder.mkdir(parents=True, exist_ok=True)
    old, new = folder / "production-openapi.txt", folder / "candidate-openapi.txt"
    for file, text in zip((old, new), documents, strict=True):
        file.write_text(text or "", encoding="utf-8")
    job = Job(
        old=str(old),
        # What is wrong with a document is for the judge, who reads both.
        new=str(new) if _is_openapi(documents[1] or "") else "",
        candidate=subject.candidate_url,
        control=subject.control_url,
        plan=plan,
        hooks=str(hooks.resolve()) if hooks else "",
        day=_today(),
    )
    return play(job, folder)


def _fetch(base: str, path: str) -> tuple[str | None, str]:
    try:
        answer = ask(base + path, timeout=TIMEOUT, most_bytes=MOST_DOCUMENT_BYTES)
    except requests.RequestException as error:
        return None, f"{base}{path}: {reason(error)}"
    if answer.status in ASKS_WHO:
        said = f"{base}{path} answered {answer.status}: the document must be readable "
        return (
            None,
            f"{said}without credentials (contract.headers go to operations only)",
        )
    if answer.status != OK:
        return None, f"{base}{path} answered {answer.status}"
    return answer.body.decode(errors="replace"), ""


def _is_openapi(text: str) -> bool:
    try:
        parse(text)
    except NotOpenApi:
        return False
    return True


def _today() -> str:
    return datetime.now(UTC).date().isoformat()
