"""Two documents compared: the result in a word, in a line, and as plain data."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

from gate.judges.grading import Grade, Graded, reached
from gate.openapi import Change, Counterexample, Level

SCHEMA = 1


@dataclass(frozen=True, slots=True)
class Diff:
    """What was compared, and what came of it.

    *old* and *new* are the documents as the user named them; *operations* is how many
    the old one has.
    """

    old: str
    new: str
    operations: int
    graded: Graded

    @property
    def result(self) -> str:
        """Whether old consumers are safe: breaks, undecided or compatible."""
        for level in (Level.BREAKS, Level.UNDECIDED):
            if self.graded.standing(level):
                return level.words
        return "compatible"

    @property
    def counts(self) -> dict[str, int]:
        """How many changes there are of each level, and how many are accepted."""
        counts = {each.words: len(self.graded.standing(each)) for each in Level}
        return {**counts, "accepted": len(self.graded.accepted)}

    def last_line(self) -> str:
        """Return the result and the counts in one line."""
        counts = self.counts
        told = {
            Level.BREAKS.words: _times(counts["breaks"], "break"),
            Level.UNDECIDED.words: f"{counts['undecided']} undecided",
            Level.MAY_BREAK.words: f"{counts['may break']} may break",
            Level.NOTICE.words: _times(counts["notice"], "notice"),
            "accepted": f"{counts['accepted']} accepted",
        }
        some = ", ".join(told[name] for name, count in counts.items() if count)
        if self.result != "compatible":
            return f"not compatible: {some}"
        proved = f"compatible: proved for {_times(self.operations, 'operation')}"
        return f"{proved}; {some}" if some else proved


def _times(count: int, thing: str) -> str:
    return f"{count} {thing}" + ("" if count == 1 else "s")


def sentence(change: Change) -> str:
    """Return the summary alone, where its operations are told beside it."""
    text = change.summary.removeprefix(f"{change.operation}: ")
    others = reached(change)[1:]
    end = text.rfind(f" (also {others[0]}") if others else -1
    text = text if end < 0 else text[:end]
    return text.rstrip(".") + "."


def several(names: Iterable[str], most: int) -> str:
    """Return the first names, and how many more there are."""
    names = tuple(names)
    told = ", ".join(names[:most])
    return told + (f" and {len(names) - most} more" if len(names) > most else "")


def diff_document(diff: Diff) -> dict[str, Any]:
    """Return a comparison as plain data.

    An independent validator can check each ``value``: it is valid under the schema at
    ``schema_old`` of the old document and refused by the one at ``schema_new`` of the
    new one where ``direction`` is request, and the other way round for a response.
    """
    return {
        "schema": SCHEMA,
        "result": diff.result,
        "old": diff.old,
        "new": diff.new,
        "operations": diff.operations,
        "counts": diff.counts,
        "changes": [_change(each) for each in diff.graded.changes],
        "remarks": list(diff.graded.remarks),
    }


def _change(grade: Grade) -> dict[str, Any]:
    change = grade.change
    return {
        "id": grade.id,
        "rule": change.rule,
        "level": change.level.words,
        "direction": change.direction,
        "operation": change.operation,
        "operations": list(reached(change)),
        "pointer_old": change.pointer_old,
        "pointer_new": change.pointer_new,
        "summary": change.summary,
        "counterexample": _counterexample(change.counterexample),
        "request": asdict(change.request) if change.request else None,
        "accepted": asdict(grade.accepted) if grade.accepted else None,
    }


def _counterexample(shown: Counterexample | None) -> dict[str, Any] | None:
    return asdict(shown) if shown else None
