"""One joined break as a finding: the sentence, what proves it, how to see it again."""

import json
from collections.abc import Iterator
from typing import Any

from gate.judges.curl import as_curl
from gate.judges.joining import Joined, Sent, Standing
from gate.judges.unsent import request_of
from gate.model.evidence import Category, Shown
from gate.model.exchange import WireAnswer
from gate.model.verdict import Finding
from gate.openapi import Document, Level

MOST_CHARACTERS = 300


def as_finding(joined: Joined, old: Document, url: str) -> Finding:
    """Return the finding of a break, or that evidence is wanting where undecided.

    *old* is production's document; *url* the candidate's address, if it is known.
    """
    change = joined.change
    undecided = joined.level is Level.UNDECIDED
    request = request_of(joined, old) if url else None
    return Finding(
        category=Category.EVIDENCE if undecided else Category.CONTRACT,
        rule="contract/undecided" if undecided else f"contract/{change.rule}",
        summary=f"{_summary(joined)}{_acceptance(joined)}",
        example="\n".join(_example(joined)),
        reproduce=as_curl(request, url) if request else "",
        about=Category.CONTRACT if undecided else None,
        operation=change.operation,
        pointers=tuple(filter(None, (change.pointer_old, change.pointer_new))),
        standing=joined.standing.value,
        id=joined.id,
    )


def _summary(joined: Joined) -> str:
    change = joined.change
    more = len(joined.lived) - 1
    if joined.standing is Standing.OBSERVED and more > 0:
        return f"{change.summary} (and {more} more requests like it)"
    if change.operation in change.summary:
        return change.summary
    return f"{change.operation}: {change.summary}"


def _acceptance(joined: Joined) -> str:
    """Say why an acceptance does not cover it, where somebody may think it does."""
    told = [
        f" (its acceptance expired on {each.until.isoformat()}: {each.reason})"
        for each in joined.grade.expired
    ]
    if joined.grade.left:
        told.append(f" (not accepted for {', '.join(joined.grade.left[:5])})")
    return "".join(told)


def _example(joined: Joined) -> Iterator[str]:
    change = joined.change
    proof = change.counterexample
    where = change.pointer_new or change.pointer_old
    if joined.level is Level.UNDECIDED and change.pointer_old not in ("", where):
        where += f", in production's document {change.pointer_old}"
    shown = "" if proof is None else f"{_short(proof.value)} "
    if where and joined.standing is not Standing.OBSERVED:
        yield f"{shown}at {where}"
    elif where:
        yield f"against {where}"
    trial = joined.trial
    if trial is not None and trial.shown is not Shown.CONFIRMED and not joined.lived:
        yield f"{trial.shown.value}: {trial.why}"
    elif joined.sent is not None:
        yield from _answers(joined.sent)


def _answers(sent: Sent) -> Iterator[str]:
    if sent.candidate is not None:
        yield f"candidate: {_answer(sent.candidate)}"
    if sent.baseline is not None:
        yield f"baseline: {_answer(sent.baseline)}"


def _answer(answer: WireAnswer) -> str:
    if answer.status is None:
        return answer.trouble or "no answer"
    return _bounded(f"{answer.status} {' '.join(answer.body.split())}".strip())


def _short(value: Any) -> str:
    return _bounded(json.dumps(value, ensure_ascii=False))


def _bounded(text: str) -> str:
    cut = len(text) > MOST_CHARACTERS
    return text[: MOST_CHARACTERS - 1] + "…" if cut else text
