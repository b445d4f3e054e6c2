"""Two documents compared, told to a person: at a terminal, or in the lines of a log."""

from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import TextIO

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from gate.judges.grading import Grade, reached
from gate.openapi import Level
from gate.reports.contract_diff import Diff, sentence, several
from gate.reports.payload import proof
from gate.reports.plain_text import plain
from gate.reports.terminal import console

MOST_OPERATIONS = 4
HEADINGS = {
    Level.BREAKS: ("breaks: proved", "red"),
    Level.UNDECIDED: (
        "undecided: neither a break nor compatible could be proved",
        "yellow",
    ),
    Level.MAY_BREAK: ("may break: depends on the consumer", "yellow"),
    Level.NOTICE: ("notice: no consumer that follows the document breaks", "cyan"),
}
NOWHERE = "nowhere"
_LABEL_WIDTH = 12


def show_diff(diff: Diff, file: TextIO, *, least: Level = Level.MAY_BREAK) -> None:
    """Print all changes down to the level *least*, the policy's remarks, the result."""
    out = console(file)
    for level, (heading, colour) in HEADINGS.items():
        grades = diff.graded.standing(level)
        if not grades:
            continue
        if level > least:
            _say(out, f"{heading}: {len(grades)}, see --show {_option(level)}", "dim")
            continue
        _group(out, heading, colour, grades)
    if diff.graded.accepted:
        _group(out, "accepted by the team", "green", diff.graded.accepted)
    for remark in diff.graded.remarks:
        _say(out, f"policy: {remark}", "yellow")
    good = diff.result == "compatible"
    _say(out, diff.last_line(), "bold green" if good else "bold red")


def _option(level: Level) -> str:
    return level.words.replace(" ", "-")


def _group(out: Console, heading: str, colour: str, grades: Iterable[Grade]) -> None:
    _say(out, heading, f"bold {colour}")
    _say(out, "")
    by_place = sorted(grades, key=_place)
    for place, some in groupby(by_place, key=_place):
        _say(out, f"  {place or 'the whole document'}", "bold")
        for each in some:
            _change(out, each, colour)
        _say(out, "")


def _place(grade: Grade) -> str:
    return grade.change.operation


def _change(out: Console, grade: Grade, colour: str) -> None:
    rows = list(_rows(grade))
    says = sentence(grade.change)
    if out.is_terminal:
        grid = Table.grid(padding=(0, 2))
        grid.add_column(style="dim", no_wrap=True, min_width=_LABEL_WIDTH)
        grid.add_column(overflow="fold")
        for label, text in rows:
            grid.add_row(label, Text(plain(text)))
        out.print(Padding(Text(plain(says), style=colour), (0, 0, 0, 4)))
        out.print(Padding(grid, (0, 0, 0, 6)))
        return
    _say(out, f"    {says}")
    for label, text in rows:
        first, *others = text.splitlines() or [""]
        _say(out, f"      {label:{_LABEL_WIDTH}}  {first}")
        for line in others:
            _say(out, f"      {'':{_LABEL_WIDTH}}  {line}")


def _rows(grade: Grade) -> Iterator[tuple[str, str]]:
    change = grade.change
    yield from proof(change)
    if change.pointer_old == change.pointer_new:
        yield "in both", change.pointer_old or "the whole document"
    else:
        yield "old", change.pointer_old or NOWHERE
        yield "new", change.pointer_new or NOWHERE
    others = reached(change)[1:]
    if others:
        yield "also", several(others, MOST_OPERATIONS)
    yield "rule", f"{change.rule} ({grade.id})"
    if grade.was is not change.level:
        yield "graded", f"{change.level.words} by the settings, else {grade.was.words}"
    if grade.accepted:
        yield "accepted", f"until {grade.accepted.until}: {grade.accepted.reason}"
    if grade.left:
        yield "not yet", f"accepted for {several(grade.left, MOST_OPERATIONS)}"
    for each in grade.expired:
        yield "expired", f"accepted until {each.until.isoformat()}: {each.reason}"


def _say(out: Console, text: str, style: str = "") -> None:
    """Print one line, made safe, whole: a log is searched by its phrases."""
    out.print(Text(plain(text), style=style), soft_wrap=True)
