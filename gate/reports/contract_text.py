"""Two documents compared, told to a person: at a terminal, or in the lines of a log."""

from collections.abc import Iterable, Iterator
from typing import TextIO

from rich.console import Console
from rich.padding import Padding
from rich.text import Text

from gate.judges.grading import Grade
from gate.openapi import Level
from gate.reports.contract_diff import Diff, option, sentence, several, worst_first
from gate.reports.contract_keywords import Keywords
from gate.reports.payload import proof, visible
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
    _say(out, f"old: {visible(diff.old)}")
    _say(out, f"new: {visible(diff.new)}")
    _say(out, "")
    for level, (heading, colour) in HEADINGS.items():
        grades = diff.graded.standing(level)
        if not grades:
            continue
        if level > least:
            _say(out, f"{heading}: {len(grades)}, see --show {option(level)}", "dim")
            continue
        _say(out, heading, f"bold {colour}")
        _group(out, colour, grades, diff)
    if diff.graded.accepted:
        _say(out, "accepted by the team", "bold green")
        _group(out, "green", diff.graded.accepted, diff)
    for remark in diff.graded.remarks:
        _say(out, f"policy: {visible(remark)}", "yellow")
    _say(out, diff.last_line(), "bold red" if diff.fails else "bold green")


def _group(out: Console, colour: str, grades: Iterable[Grade], diff: Diff) -> None:
    """Print changes by operation, first the one with the change that reaches most."""
    by_place: dict[str, list[Grade]] = {}
    for each in worst_first(grades):
        by_place.setdefault(each.change.operation, []).append(each)
    _say(out, "")
    for place, some in by_place.items():
        _say(out, f"  {visible(place) or 'the whole document'}", "bold")
        for each in some:
            _change(out, each, colour, diff)
        _say(out, "")


def _change(out: Console, grade: Grade, colour: str, diff: Diff) -> None:
    """Print one; what may be copied is never folded, the sentence is."""
    says = Text(plain(sentence(grade.change)), style=colour)
    if out.is_terminal:
        out.print(Padding(says, (0, 0, 0, 4)))
    else:
        _say(out, f"    {says}")
    for label, text in _rows(grade, diff):
        first, *others = text.split("\n")
        _say(out, f"      {label:{_LABEL_WIDTH}}  {first}")
        for line in others:
            _say(out, f"      {'':{_LABEL_WIDTH}}  {line}")


def _rows(grade: Grade, diff: Diff) -> Iterator[tuple[str, str]]:
    change = grade.change
    moved = "\n".join(diff.keywords.get(grade.id, Keywords()).lines())
    if moved:
        yield "changed", moved
    yield from proof(change)
    if change.pointer_old == change.pointer_new:
        yield "in both", visible(change.pointer_old) or "the whole document"
    else:
        yield "old", visible(change.pointer_old) or NOWHERE
        yield "new", visible(change.pointer_new) or NOWHERE
    others = change.reached[1:]
    if others:
        yield "also", several(others, MOST_OPERATIONS)
    yield "rule", f"{change.rule} ({grade.id})"
    if grade.was is not change.level:
        yield "graded", f"{change.level.words} by the settings, else {grade.was.words}"
    if grade.accepted:
        yield (
            "accepted",
            f"until {grade.accepted.until}: {visible(grade.accepted.reason)}",
        )
    if grade.left:
        yield "not yet", f"accepted for {several(grade.left, MOST_OPERATIONS)}"
    for each in grade.expired:
        yield (
            "expired",
            f"accepted until {each.until.isoformat()}: {visible(each.reason)}",
        )


def _say(out: Console, text: str, style: str = "") -> None:
    """Print one line, made safe, whole: a log is searched by its phrases."""
    out.print(Text(plain(text), style=style), soft_wrap=True)
