"""A run told to a person: progress, the verdict table, and one sentence."""

import sys
import time
from typing import TextIO

from rich.box import SIMPLE
from rich.console import Console
from rich.table import Table
from rich.text import Text

from gate.errors import GateError, SettingsInvalid
from gate.ledger.records import (
    ActionConfirmed,
    ActionIntended,
    CandidateBound,
    EvidenceCollected,
    HoldAcknowledged,
    Record,
    RunClosed,
    RunOpened,
    RunSuspended,
)
from gate.model.ending import Ending, Standing
from gate.model.evidence import SUITES, Category
from gate.model.verdict import Action, Finding, Judgement, Result, Verdict
from gate.reports.plain_text import first_line, plain
from gate.reports.steps import step

WIDTH = 110
MARKS = {
    Result.PASSED: ("✓", "green"),
    Result.FAILED: ("✗", "red"),
    Result.INSUFFICIENT: ("?", "yellow"),
    Result.NOT_RUN: ("-", "yellow"),
    Result.ACCEPTED: ("!", "yellow"),
}
MOST_EXAMPLE_LINES = 6
MOST_FINDINGS = 5
MOST_SEEN = 800


def console(file: TextIO) -> Console:
    """Return a console for *file*: its own width on a terminal, plain otherwise."""
    width = None if file.isatty() else WIDTH
    return Console(file=file, width=width, highlight=False, soft_wrap=False)


class Progress:
    """A listener that says what happens: calm lines, one for each step.

    On a terminal a spinner below them says what is being waited for.
    """

    def __init__(self, file: TextIO | None = None) -> None:
        self._out = console(file or sys.stderr)
        self._began = time.monotonic()
        self._suites: tuple[Category, ...] = SUITES
        self._expected: list[str] = []
        self._own: set[str] = set()
        self._left: set[str] = set()
        self._spinner = self._out.status("") if self._out.is_terminal else None

    def __call__(self, record: Record) -> None:
        """Tell one record."""
        if isinstance(record, RunOpened) and record.command == "load":
            self._suites = (Category.LOAD,)
        self._tell_of_left(record)
        self.say(step(record), waiting=self._waiting(record))
        if self._spinner is not None and isinstance(record, RunClosed | RunSuspended):
            self._spinner.stop()

    def say(self, said: str, *, waiting: str = "") -> None:
        """Tell what has happened, and on a terminal what is being waited for now."""
        if said:
            seconds = time.monotonic() - self._began
            _say(self._out, f"{seconds:5.1f}s  {said}")
        if self._spinner is not None and waiting:
            self._spinner.update(Text(waiting))
            self._spinner.start()

    def _tell_of_left(self, record: Record) -> None:
        """Say where a run goes on that an earlier command has left, and how it ends."""
        if isinstance(record, RunOpened):
            self._own.add(record.run)
        if record.run in self._own or isinstance(record, HoldAcknowledged):
            return
        if record.run not in self._left:
            self._left.add(record.run)
            self.say(f"run {record.run} was broken off: settling it")
        if isinstance(record, RunClosed):
            self.say(f"run {record.run} is settled: {record.says}")

    def _waiting(self, record: Record) -> str:
        """Return what comes next."""
        if isinstance(record, ActionIntended):
            return f"{record.deed} on {record.app}"
        if isinstance(record, ActionConfirmed) and record.deed == "promote":
            return "watching production"
        if isinstance(record, CandidateBound):
            self._expected = ["barrier", *(each.value for each in self._suites)]
        elif isinstance(record, EvidenceCollected):
            self._expected = [e for e in self._expected if e != record.evidence]
        else:
            return ""
        return f"collecting evidence: {', '.join(self._expected)}"


def show_ending(ending: Ending, file: TextIO) -> None:
    """Print the verdict table, what speaks against it, and how the run ended."""
    out = console(file)
    if ending.verdict is not None:
        show_verdict(ending.verdict, file)
    if ending.watched is not None:
        show_watched(ending.watched, file)
    accepted = ending.verdict.accepted if ending.verdict else ()
    for row in accepted:
        _say(out, f"{MARKS[row.result][0]} {row.category.value} {row.seen}", "yellow")
    good = "bold yellow" if accepted else "bold green"
    _say(out, ending.says, good if ending.exit_code == 0 else "bold red")
    if ending.standing is not None:
        _say_standing(out, ending.standing, ending.known)
    _say_next(out, ending.advice)
    for line in plain(ending.last_words).splitlines():
        _say(out, f"    {line}", "dim")
    there = [ending.staging] if ending.standing else [ending.staging, ending.production]
    if any(there):
        _say(out, "; ".join(f"{name} serves" for name in there if name))
    if ending.evidence:
        _say(out, f"evidence: {ending.evidence}")
        _say(out, f"more: python -m gate explain {ending.run}")


def show_watched(watched: Judgement, file: TextIO) -> None:
    """Print what production showed after a promotion."""
    mark, colour = MARKS[watched.result]
    _say(console(file), f"{mark} watch: {watched.seen}", colour)


def show_verdict(verdict: Verdict, file: TextIO, *, whole: bool = False) -> None:
    """Print the table category × result × seen × action, then what speaks against.

    *whole* shows every finding with its example and how to reproduce it.
    """
    out = console(file)
    table = Table(box=SIMPLE, expand=False, title=None)
    follows = ("action",) if verdict.whole else ()
    for heading in ("category", "result", "what was seen", *follows):
        table.add_column(heading, overflow="fold")
    for row in verdict.rows:
        mark, colour = MARKS[row.result]
        action = "" if row.action is Action.PROMOTE else row.action.words
        table.add_row(
            row.category.value,
            Text(f"{mark} {row.result.value}", style=colour),
            Text(first_line(row.seen, most=MOST_SEEN)),
            *([Text(action, style=colour)] if follows else []),
        )
    out.print(table)
    shown = verdict.gravest_first[: None if whole else MOST_FINDINGS]
    for finding in shown:
        _show_finding(out, finding, whole=whole)
    if more := len(verdict.because) - len(shown):
        _say(out, f"and {more} more finding{'' if more == 1 else 's'}")


def _show_finding(out: Console, finding: Finding, *, whole: bool) -> None:
    summary = first_line(finding.summary, most=400)
    _say(out, f"{finding.rule}: {summary}")
    standing = f"{finding.standing}; " if finding.standing else ""
    _say(out, f"    {standing}more: python -m gate explain {finding.id}", "dim")
    lines = plain(finding.example).strip().splitlines()
    shown = lines if whole else lines[:MOST_EXAMPLE_LINES]
    for line in shown:
        _say(out, f"    {line}", "dim")
    if finding.reproduce:
        _say(out, f"    reproduce: {finding.reproduce}", "dim")


def _say_standing(out: Console, standing: str, known: str) -> None:
    """Print which of the three holds in production, and how it is known."""
    style = "bold red" if standing == Standing.HELD else "bold"
    _say(out, f"production: {': '.join(filter(None, (standing, known)))}", style)


def _say_next(out: Console, advice: str) -> None:
    """Print what to do next; where there is a choice, each way on a line of its own."""
    for number, line in enumerate(advice.splitlines()):
        _say(out, f"        {line}" if number else f"  next: {line}")


def _say(out: Console, text: str, style: str = "") -> None:
    """Print text, made safe, as whole lines: a log is searched by its phrases."""
    out.print(Text(plain(text), style=style), soft_wrap=True)


def show_error(error: GateError, file: TextIO) -> None:
    """Print what happened, why, and what to do next."""
    out = console(file)
    _say(out, f"gate: {error.what}", "bold red")
    if isinstance(error, SettingsInvalid):
        for mistake in error.mistakes:
            _say(out, f"  why: {mistake}")
    elif error.why:
        _say(out, f"  why: {error.why}")
    if error.standing:
        _say_standing(out, error.standing, error.known)
    _say_next(out, error.advice)
