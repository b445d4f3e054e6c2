"""Two answers to one request, line by line, with the lines marked that differ."""

import difflib
import json
from dataclasses import dataclass
from itertools import zip_longest

from gate.model.exchange import WireAnswer
from gate.reports.plain_text import plain

MOST_LINES = 200


@dataclass(frozen=True, slots=True)
class Line:
    """One line of both answers; null where one of them has none there."""

    old: str | None
    new: str | None

    @property
    def same(self) -> bool:
        """Whether both sides say the same; a comma more says nothing."""
        return _bare(self.old) == _bare(self.new)


def _bare(line: str | None) -> str | None:
    return None if line is None else line.removesuffix(",")


def lines_of(answer: WireAnswer | None) -> list[str]:
    """Return an answer as lines that are safe to show: status, format, body.

    JSON is laid out with one member to a line.
    """
    if answer is None:
        return ["was not asked"]
    if answer.status is None:
        return [plain(f"no answer: {answer.trouble}".rstrip(": "))]
    head = f"{answer.status} {answer.content_type}".strip()
    lines = plain("\n".join([head, *_body(answer.body)]), most=100_000).split("\n")
    more = len(lines) - MOST_LINES
    return [*lines[:MOST_LINES], f"… {more} more lines"] if more > 0 else lines


def _body(body: str) -> list[str]:
    try:
        told = json.dumps(json.loads(body), indent=2, ensure_ascii=False)
    except (ValueError, RecursionError):  # no JSON, or only the beginning of one
        told = body
    return told.splitlines()


def side_by_side(old: WireAnswer | None, new: WireAnswer | None) -> list[Line]:
    """Return the lines of both, the equal ones beside each other."""
    before, after = lines_of(old), lines_of(new)
    matcher = difflib.SequenceMatcher(
        a=[_bare(line) for line in before],
        b=[_bare(line) for line in after],
        autojunk=False,
    )
    lines: list[Line] = []
    for _, from_old, to_old, from_new, to_new in matcher.get_opcodes():
        pairs = zip_longest(before[from_old:to_old], after[from_new:to_new])
        lines += [Line(was, now) for was, now in pairs]
    return lines
