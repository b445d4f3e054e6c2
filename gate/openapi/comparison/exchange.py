"""One operation in both documents, and everything said about it so far."""

from dataclasses import dataclass, field
from typing import Any

from gate.openapi.changes import Direction, Level
from gate.openapi.documents.document import Document, Unresolvable
from gate.openapi.documents.media import Carried, is_text
from gate.openapi.documents.operations import Key, Operation, Part
from gate.openapi.rules import RULES
from gate.openapi.schemas.reading import Schema
from gate.openapi.schemas.spot import Outcome
from gate.openapi.schemas.variance import Variance

Status = tuple[str, int]  # the entry in the new document, and a status it governs
_REFUSED = ("path-", "operation-removed", "server-")


@dataclass(frozen=True, slots=True)
class Shows:
    """What a request needs, beside the required parts, to show a break."""

    parameter: Key | None = None
    value: Any = None
    media: str = ""


@dataclass(frozen=True, slots=True)
class Told:
    """A change of the operation itself, not of a schema."""

    rule: str
    level: Level
    direction: Direction | None
    old: str
    new: str
    sentence: str


@dataclass(frozen=True, slots=True)
class Use:
    """Where in an operation a pair of schemas is used, such as `body` or `query q`."""

    exchange: "Exchange"
    part: str
    media: str = ""
    status: Status = ("", 0)


@dataclass(frozen=True, slots=True)
class Root:
    """Two schemas compared, as one direction of traffic sees them, and their uses."""

    direction: Direction
    old: Carried
    new: Carried
    outcome: Outcome
    uses: list[Use] = field(default_factory=list)
    pair: list[Schema] = field(default_factory=list)  # writer's and reader's, if read


class Comparison:
    """Two documents under comparison, and what is shared by all operations."""

    def __init__(self, old: Document, new: Document, day: str | None) -> None:
        self.old, self.new, self.day = old, new, day
        self.sides = {way: Variance(old, new, way) for way in Direction}
        self.exchanges: list[Exchange] = []
        self.roots: dict[tuple[Any, ...], Root] = {}

    def exchange(
        self, name: str, old: Operation | None = None, new: Operation | None = None
    ) -> "Exchange":
        """A new exchange, kept in order."""
        made = Exchange(name, self, old, new)
        self.exchanges.append(made)
        return made


@dataclass(slots=True, eq=False)
class Exchange:
    """The comparison of one operation: direct changes and compared schemas.

    *operation* is its name; *old* and *new* are None where there is none.
    """

    operation: str
    comparison: Comparison
    old: Operation | None = None
    new: Operation | None = None
    told: dict[Told, Shows] = field(default_factory=dict)

    def add(
        self,
        rule: str,
        old: str,
        new: str,
        sentence: str,
        level: Level | None = None,
        shows: Shows | None = None,
    ) -> None:
        """Record a change of the operation itself, at its usual level or another."""
        usual = RULES[rule].level if level is None else level
        told = Told(rule, usual, _direction(rule), old, new, sentence)
        self.told.setdefault(told, shows or Shows())

    def schemas(
        self,
        direction: Direction,
        old: Carried,
        new: Carried,
        use: Use,
        subject: str = "",
    ) -> None:
        """Compare two schemas at one use; *direction* is that of who writes the values."""
        text = is_text(old.media) or is_text(new.media)
        key = direction, old.pointer, new.pointer, text, subject
        known = self.comparison.roots.get(key)
        if known is None:
            pair = old.schema, old.pointer, new.schema, new.pointer
            side = self.comparison.sides[direction]
            outcome = side.roots(*pair, text=text, subject=subject)
            known = self.comparison.roots[key] = Root(direction, old, new, outcome)
        known.uses.append(use)

    def resolve(self, document: Document, value: Any, pointer: str) -> Part | None:
        """Follow `$ref`s; None, and a change that says so, when they lead nowhere.

        An empty member (null) is as good as none.
        """
        if value is None:
            return None
        try:
            return Part(document, *document.follow(value, pointer))
        except Unresolvable as error:
            why = f"{pointer} could not be read ({error}), so it was not compared"
            is_old = document is self.comparison.old
            at = (pointer, "") if is_old else ("", pointer)
            self.add("undecided", *at, why)
            return None


def _direction(rule: str) -> Direction | None:
    """The first word of a rule id says who writes; some concern neither alone."""
    if rule.startswith(_REFUSED):
        return Direction.REQUEST
    if rule.startswith("callback-"):
        answer = rule.startswith("callback-answer-")
        return Direction.REQUEST if answer else Direction.RESPONSE
    return next((d for d in Direction if rule.startswith(d)), None)
