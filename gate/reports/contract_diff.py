"""Two documents compared: the result in a word, in a line, and as plain data."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from itertools import product
from typing import Any

from gate.judges.grading import Grade, Graded
from gate.openapi import Change, Counterexample, Level
from gate.reports.contract_keywords import Keywords
from gate.reports.payload import visible

SCHEMA = 1
GRAVE = (Level.BREAKS, Level.UNDECIDED)


@dataclass(frozen=True, slots=True)
class Diff:
    """What was compared, and what came of it.

    *old* and *new* are the documents as the user named them; *operations* is how many
    the old one has. From the level *fail_on* upwards a change fails. *keywords* are
    those of a schema that changed, by the id of the change. *same*: the documents are
    one, byte for byte.
    """

    old: str
    new: str
    operations: int
    graded: Graded
    fail_on: Level = Level.UNDECIDED
    keywords: Mapping[str, Keywords] = field(default_factory=dict)
    same: bool = False

    @property
    def result(self) -> str:
        """Whether old consumers are safe: breaks, undecided, passes or compatible.

        It *passes* where the team alone says so of what was proved or is undecided;
        *compatible* is what nothing was found against.
        """
        for level in GRAVE:
            if self.graded.standing(level):
                return level.words
        found = any(each.was in GRAVE for each in self.graded.changes)
        return "passes" if found else "compatible"

    @property
    def fails(self) -> bool:
        """Whether something counts at the level *fail_on* or above."""
        levels = [each for each in Level if each <= self.fail_on]
        return any(self.graded.standing(each) for each in levels)

    @property
    def counts(self) -> dict[str, int]:
        """How many changes there are of each level, and how many are accepted."""
        counts = {each.words: len(self.graded.standing(each)) for each in Level}
        return {**counts, "accepted": len(self.graded.accepted)}

    def last_line(self) -> str:
        """Return the result and the counts in one line."""
        told = [*self._counted(), *self._graded_down(), *self._accepted()]
        some = ", ".join(told)
        moved = self.fail_on is not Level.UNDECIDED
        why = f" (--fail-on {option(self.fail_on)})" if moved and some else ""
        if self.fails:
            broken = self.result in {each.words for each in GRAVE}
            return f"{'not compatible' if broken else 'fails'}: {some}{why}"
        if self.result != "compatible":
            return f"passes: {some}{why}"
        return f"{self._proved()}; {some}{why}" if some else self._proved()

    def _proved(self) -> str:
        if not self.operations:
            return "compatible, but OLD has no operations: is it the right document?"
        times = _times(self.operations, "operation")
        if self.same:
            return f"compatible: the same document twice, byte for byte, of {times}"
        return f"compatible: proved for {times}"

    def _counted(self) -> Iterator[str]:
        for level in Level:
            some = [e for e in self.graded.standing(level) if not _is_lowered(e)]
            if some:
                yield _some(level, len(some))

    def _graded_down(self) -> Iterator[str]:
        for was, now in product(GRAVE, Level):
            some = [e for e in self.graded.standing(now) if e.was is was]
            lowered = [each for each in some if _is_lowered(each)]
            if lowered:
                proved = _some(was, len(lowered), "proved ")
                yield f"{proved} graded {now.words} by the settings"

    def _accepted(self) -> Iterator[str]:
        for level in Level:
            some = [
                e.accepted.until
                for e in self.graded.accepted
                if e.accepted and e.was is level
            ]
            if some:
                first = "" if len(set(some)) == 1 else "the first "
                proved = _some(level, len(some), "proved ")
                yield f"{proved} accepted {first}until {min(some)}"


def _is_lowered(grade: Grade) -> bool:
    """Whether the settings alone keep a break, or what is undecided, from being one."""
    return grade.was in GRAVE and grade.change.level > grade.was


def _some(level: Level, count: int, proved: str = "") -> str:
    """Return how many there are of a level."""
    match level:
        case Level.BREAKS:
            return _times(count, f"{proved}break")
        case Level.NOTICE:
            return _times(count, "notice")
        case Level.UNDECIDED | Level.MAY_BREAK:
            return f"{count} {level.words}"


def option(level: Level) -> str:
    """Return a level as it is spelt on the command line."""
    return level.words.replace(" ", "-")


def worst_first(grades: Iterable[Grade]) -> list[Grade]:
    """Return changes of one level by how many operations they reach."""
    return sorted(grades, key=lambda each: -len(each.change.reached))


def _times(count: int, thing: str) -> str:
    return f"{count} {thing}" + ("" if count == 1 else "s")


def sentence(change: Change) -> str:
    """Return the summary alone, where its operations are told beside it."""
    text = change.summary.removeprefix(f"{change.operation}: ")
    others = change.reached[1:]
    end = text.rfind(f" (also {others[0]}") if others else -1
    text = text if end < 0 else text[:end]
    return visible(text.rstrip(".") + ".")


def several(names: Iterable[str], most: int) -> str:
    """Return the first names, and how many more there are."""
    names = tuple(visible(each) for each in names)
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
        "fails": diff.fails,
        "fail_on": diff.fail_on.words,
        "old": diff.old,
        "new": diff.new,
        "operations": diff.operations,
        "counts": diff.counts,
        "changes": [_change(each, diff) for each in diff.graded.changes],
        "remarks": list(diff.graded.remarks),
    }


def _change(grade: Grade, diff: Diff) -> dict[str, Any]:
    change = grade.change
    moved = diff.keywords.get(grade.id, Keywords())
    return {
        "id": grade.id,
        "rule": change.rule,
        "level": change.level.words,
        "direction": change.direction,
        "operation": change.operation,
        "operations": list(change.reached),
        "pointer_old": change.pointer_old,
        "pointer_new": change.pointer_new,
        "summary": change.summary,
        "was": dict(moved.was),
        "now": dict(moved.now),
        "counterexample": _counterexample(change.counterexample),
        "request": asdict(change.request) if change.request else None,
        "accepted": asdict(grade.accepted) if grade.accepted else None,
    }


def _counterexample(shown: Counterexample | None) -> dict[str, Any] | None:
    return asdict(shown) if shown else None
