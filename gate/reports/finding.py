"""One finding, whole: what is wrong, what proves it, and how to see it again."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from pydantic import TypeAdapter
from rich.console import Console
from rich.table import Table
from rich.text import Text

from gate.judges.curl import as_curl
from gate.judges.joining import Joined
from gate.judges.live_rules import LIVE_RULES
from gate.model.exchange import WireAnswer, WireRequest
from gate.model.verdict import Finding
from gate.openapi import Change
from gate.reports.answers import Line, side_by_side
from gate.reports.machine import SCHEMA
from gate.reports.payload import proof
from gate.reports.plain_text import plain

NARROW = 80
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


@dataclass(frozen=True, slots=True)
class Told:
    """A finding of a run and what the evidence adds to it.

    *joined* is null where it is not about the contract, or where its evidence cannot
    be read any more; *gap* says why. *request* is the one that shows it.
    """

    run: str
    finding: Finding
    joined: Joined | None = None
    request: WireRequest | None = None
    candidate: str = ""
    baseline: str = ""
    production: str = ""
    gap: str = ""

    @property
    def old_side(self) -> str:
        """Where the baseline is asked: never production, for what is not safe there."""
        safe = self.request is not None and self.request.method in SAFE
        return self.baseline or (self.production if safe else "")

    @property
    def answers(self) -> tuple[WireAnswer | None, WireAnswer | None]:
        """What the baseline and the candidate answered."""
        sent = self.joined.sent if self.joined else None
        return (sent.baseline, sent.candidate) if sent else (None, None)


def finding_document(told: Told) -> dict[str, Any]:
    """Return all that is known of a finding as plain data."""
    joined = told.joined
    old, new = told.answers
    return {
        "schema": SCHEMA,
        "run": told.run,
        "finding": _plain(told.finding),
        "change": _plain(joined.change) if joined else None,
        "trial": _plain(joined.trial) if joined else None,
        "live": [_plain(each) for each in joined.lived] if joined else [],
        "request": _plain(told.request),
        "curl": dict(_commands(told)),
        "answers": {"baseline": _plain(old), "candidate": _plain(new)},
        "gap": told.gap,
    }


def _plain(value: Any) -> Any:
    """Return a dataclass as plain data, and None as it is."""
    if value is None:
        return None
    return TypeAdapter(type(value)).dump_python(value, mode="json")


def _commands(told: Told) -> Iterator[tuple[str, str]]:
    if told.request is None:
        return
    if told.old_side:
        yield "baseline", as_curl(told.request, told.old_side)
    if told.candidate:
        yield "candidate", as_curl(told.request, told.candidate)


def show_finding(told: Told, out: Console) -> None:
    """Print a finding; both answers side by side where there is room for it."""
    finding = told.finding
    _say(out, f"{finding.rule} ({finding.id}, run {told.run})", "bold")
    _say(out, finding.summary)
    meaning = LIVE_RULES.get(finding.rule.removeprefix("contract/"))
    if meaning:
        _say(out, meaning)
    if finding.standing:
        _say(out, f"standing: {finding.standing}{_why(told)}")
    if told.joined is None:
        _say(out, finding.example)
        if finding.reproduce:
            _heading(out, "reproduce", finding.reproduce)
    else:
        _show_places(out, told.joined.change)
        for label, text in proof(told.joined.change):
            _heading(out, label, text)
    for name, line in _commands(told):
        _heading(out, f"ask the {name}", line)
    old, new = told.answers
    if old or new:
        _show_answers(out, side_by_side(old, new))
    if told.gap:
        _say(out, f"\n{told.gap}")


def _why(told: Told) -> str:
    if told.joined is None:
        return ""
    trial, lived = told.joined.trial, told.joined.lived
    parts = []
    if trial and trial.why and not lived:
        parts.append(f"{trial.shown.value}: {trial.why}")
    if lived:
        count = f"{len(lived)} request{'' if len(lived) == 1 else 's'}"
        parts.append(f"met by {count} of old consumers")
    replays = max((each.replays for each in lived), default=0)
    if replays:
        parts.append(f"the same again in {replays} replays on both sides")
    return f" ({'; '.join(parts)})" if parts else ""


def _show_places(out: Console, change: Change) -> None:
    places = {
        "in production's document": change.pointer_old,
        "in the candidate's document": change.pointer_new,
    }
    for name, pointer in places.items():
        if pointer:
            _say(out, f"{name}: {pointer}")
    if len(change.operations) > 1:
        _say(out, f"operations: {', '.join(change.operations)}")


def _heading(out: Console, label: str, text: str) -> None:
    _say(out, f"\n{label}:", "bold")
    for line in plain(text).splitlines():
        _say(out, f"    {line}")


def _show_answers(out: Console, lines: list[Line]) -> None:
    """Two columns on a terminal; one after the other in a log. `!`: they differ."""
    if out.is_terminal and out.width >= NARROW:
        table = Table(box=None, padding=(0, 1), pad_edge=False, title=None)
        table.add_column("baseline answered", ratio=1, overflow="fold")
        table.add_column(" ")
        table.add_column("candidate answered", ratio=1, overflow="fold")
        for line in lines:
            mark, style = (" ", "") if line.same else ("!", "yellow")
            cells = (line.old or "", mark, line.new or "")
            table.add_row(*(Text(cell, style=style) for cell in cells))
        out.print()
        out.print(table)
        return
    for name, side in (
        ("baseline", [(line.old, line.same) for line in lines]),
        ("candidate", [(line.new, line.same) for line in lines]),
    ):
        _say(out, f"\n{name} answered:", "bold")
        for text, same in side:
            if text is not None:
                _say(out, f"{' ' if same else '!'}   {text}", "" if same else "yellow")


def _say(out: Console, text: str, style: str = "") -> None:
    out.print(Text(plain(text, most=20_000), style=style), soft_wrap=True)
