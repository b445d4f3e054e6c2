"""Two documents compared, told in a comment on a pull request (GitHub's Markdown)."""

import html
import re
from collections.abc import Iterator

from gate.judges.grading import Grade
from gate.openapi import Level
from gate.reports.contract_diff import Diff, sentence, several, worst_first
from gate.reports.contract_keywords import Keywords
from gate.reports.payload import proof, visible
from gate.reports.plain_text import plain

MOST_CHARACTERS = 60_000  # GitHub refuses a comment of more than 65,536
MOST_OPERATIONS = 10
_MOST_OF_ONE = 1_000  # names come from the documents, and can be of any length
_RESERVE = 2_000
_SECTIONS = {
    Level.BREAKS: "Breaks",
    Level.UNDECIDED: "Undecided",
    Level.MAY_BREAK: "May break",
    Level.NOTICE: "Notices",
}
_RUN = re.compile("`+")
_NAME = re.compile(r"(?<![^\s(])`(.+?)`(?![^\s,;:.)])")  # it may hold backticks itself
_SPECIAL = re.compile(r"([\\`*_\[\]|~$]|:(?=//))")  # in the middle of a line


def markdown(diff: Diff, *, least: Level = Level.MAY_BREAK) -> str:
    """Return the comment; where not all fits into one, it says what was left out."""
    lines = [
        f"### API contract: {diff.last_line()}",
        f"{code(diff.old)} → {code(diff.new)}",
    ]
    sections = [
        (_SECTIONS[level], diff.graded.standing(level), level <= Level.UNDECIDED)
        for level in Level
        if level <= least
    ]
    room = MOST_CHARACTERS - _RESERVE - sum(map(len, lines))
    for title, grades, is_open in [
        *sections,
        ("Accepted", diff.graded.accepted, False),
    ]:
        some, left = _fitting(worst_first(grades), diff, room)
        if some or left:
            told = "\n\n".join([*some, *([_left_out(left)] if left else [])])
            lines.append(_section(f"{title} ({len(grades)})", told, is_open))
            room -= len(lines[-1])
    remarks = diff.graded.remarks
    shown = [f"- {prose(remark)}" for remark in remarks[:MOST_OPERATIONS]]
    if len(shown) < len(remarks):
        shown.append(f"- and {len(remarks) - len(shown)} more remarks")
    lines += [_section("Policy", "\n".join(shown), True)] * bool(shown and room > 0)
    return "\n\n".join(lines) + "\n"


def _section(title: str, told: str, is_open: bool) -> str:
    if is_open:
        return f"#### {title}\n\n{told}"
    return f"<details><summary>{title}</summary>\n\n{told}\n\n</details>"


def _fitting(grades: list[Grade], diff: Diff, room: int) -> tuple[list[str], int]:
    """Return the first changes that fit, and how many do not."""
    some: list[str] = []
    for grade in grades:
        told = "\n\n".join(_change(grade, diff))
        room -= len(told) + 2
        if room < 0:
            break
        some.append(told)
    return some, len(grades) - len(some)


def _left_out(count: int) -> str:
    return f"_{count} more left out here; `python -m gate contract diff` prints all._"


def _change(grade: Grade, diff: Diff) -> Iterator[str]:
    change = grade.change
    where = code(change.operation) if change.operation else "the whole document"
    yield f"**{where}**: {prose(sentence(change))}"
    moved = ", ".join(map(code, diff.keywords.get(grade.id, Keywords()).lines()))
    if moved:
        yield f"changed: {moved}"
    for label, text in proof(change):
        yield f"{label}:\n{fenced(text)}"
    at = {"old": change.pointer_old, "new": change.pointer_new}
    facts = [f"{name} {code(pointer)}" for name, pointer in at.items() if pointer]
    facts.append(f"rule {code(change.rule)} ({grade.id})")
    others = change.reached[1:]
    if others:
        facts.append(f"also {code(several(others, MOST_OPERATIONS))}")
    if grade.accepted:
        reason = prose(grade.accepted.reason)
        facts.append(f"accepted until {grade.accepted.until}: {reason}")
    if grade.left:
        left = code(several(grade.left, MOST_OPERATIONS))
        facts.append(f"not yet accepted for {left}")
    yield "\n".join(f"- {fact}" for fact in facts)


def prose(text: str) -> str:
    """Return a sentence of which nothing but its `quoted names` is markup."""
    text = " ".join(plain(text, most=_MOST_OF_ONE).split())
    return "".join(
        (code(piece) if number % 2 else _escaped(piece))
        for number, piece in enumerate(_NAME.split(text))
    )


def _escaped(text: str) -> str:
    """Return text without markup; `@` in code, for it would call somebody."""
    return html.escape(_SPECIAL.sub(r"\\\1", text), quote=False).replace("@", "`@`")


def code(text: str) -> str:
    """Return text as code in a line, whatever it holds."""
    text = " ".join(plain(visible(text), most=_MOST_OF_ONE).split())
    if not text:
        return "` `"
    fence = "`" * (_longest_run(text) + 1)
    space = " " if "`" in (text[0], text[-1]) else ""
    return f"{fence}{space}{text}{space}{fence}"


def fenced(text: str) -> str:
    """Return text as a block of code, whatever it holds."""
    fence = "`" * max(3, _longest_run(text) + 1)
    return f"{fence}text\n{plain(text)}\n{fence}"


def _longest_run(text: str) -> int:
    return max((len(run) for run in _RUN.findall(text)), default=0)
