"""One operation in both documents, and everything said about it so far."""

from dataclasses import dataclass, field
from typing import Any

from gate.openapi.changes import Change, Level
from gate.openapi.documents import Document, Unresolvable
from gate.openapi.schemas import Direction
from gate.openapi.spot import Outcome
from gate.openapi.variance import Variance


@dataclass(frozen=True, slots=True)
class Part:
    """An object of a document and the JSON pointer to it."""

    document: Document
    value: dict[str, Any]
    pointer: str

    def get(self, name: str) -> Any:
        """A member, or None."""
        return self.value.get(name)

    def members(self, name: str) -> dict[str, Any]:
        """A member that should be an object; {} when it is not there or is none."""
        found = self.value.get(name)
        return found if isinstance(found, dict) else {}


@dataclass(slots=True)
class Exchange:
    """The comparison of one operation: direct changes and compared schemas."""

    operation: str
    request: Variance
    response: Variance
    changes: list[Change] = field(default_factory=list)
    outcomes: list[tuple[Direction, Outcome]] = field(default_factory=list)

    def add(self, rule: str, level: Level, old: str, new: str, sentence: str) -> None:
        """Record a change of the operation itself, not of a schema."""
        summary = f"{self.operation}: {sentence}."
        self.changes.append(Change(rule, level, self.operation, old, new, summary))

    def schemas(
        self,
        direction: Direction,
        old: tuple[Any, str],
        new: tuple[Any, str],
        text: bool = False,
        subject: str = "",
    ) -> None:
        """Compare two schema objects, each with its pointer."""
        side = self.request if direction is Direction.REQUEST else self.response
        outcome = side.roots(*old, *new, text=text, subject=subject)
        self.outcomes.append((direction, outcome))

    def resolve(self, document: Document, value: Any, pointer: str) -> Part | None:
        """Follow `$ref`s; None, and a change that says so, when they lead nowhere."""
        try:
            return Part(document, *document.follow(value, pointer))
        except Unresolvable as error:
            why = f"{pointer} could not be read ({error}), so it was not compared"
            self.add("undecided", Level.MAY_BREAK, pointer, pointer, why)
            return None
