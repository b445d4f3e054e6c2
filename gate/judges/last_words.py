"""What the end of an app's log says of why the app does not serve, in few lines."""

import re
from collections.abc import Sequence

MOST_LINES = 6

_LINE = re.compile(r"^(?:\S+ )??(?P<told>(?P<source>\w+\[[\w.-]+\]): ?(?P<text>.*))$")
_TRACEBACK = "Traceback (most recent call last)"
_ROUTINE = re.compile(
    r"^(?:State changed from|Starting process with command|source=\S+ dyno=\S+ sample)\b"
    r"|^[ ^~]*$"  # or markers
)


def last_words(log: Sequence[str]) -> str:
    """Return the lines of a log's end that tell most.

    Where an exception was raised and with what message, else what was printed last;
    then how the process ended.
    """
    found = [match for match in map(_LINE.match, log) if match]
    lines = [match for match in found if not _ROUTINE.match(match["text"])]
    raised = _raised(lines)
    if raised is None:
        return "\n".join(match["told"] for match in lines[-MOST_LINES:])
    ends = [each for each in lines[raised + 1 :] if each["source"].startswith("heroku")]
    kept = ends[-2:]
    first = max(0, raised + 1 - (MOST_LINES - len(kept)))
    shown = [*lines[first : raised + 1], *kept]
    return "\n".join(match["told"] for match in shown)


def _raised(lines: Sequence[re.Match[str]]) -> int | None:
    """The index of the last traceback's first line that is not indented: its error."""
    error: int | None = None
    source = ""
    for index, line in enumerate(lines):
        if _TRACEBACK in line["text"]:
            source = line["source"]
        elif line["source"] == source and line["text"][:1].strip():
            error, source = index, ""
    return error
