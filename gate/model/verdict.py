"""What the judges say, and what follows from it."""

from dataclasses import dataclass
from enum import IntEnum, StrEnum

from gate.errors import ExitCode
from gate.model.evidence import SUITES, Category
from gate.model.exchange import short_id


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that speaks against promotion.

    *rule* is a stable id such as ``contract/response-field-removed``. *about* names
    the suite whose evidence is wanting, for findings of the category evidence. For
    findings about the contract *operation* and *pointers* (RFC 6901) say where, and
    *standing* how it is known. *id* is short and the same in every run for the same
    thing; it fills itself.
    """

    category: Category
    rule: str
    summary: str
    example: str = ""
    reproduce: str = ""
    about: Category | None = None
    operation: str = ""
    pointers: tuple[str, ...] = ()
    standing: str = ""
    id: str = ""

    def __post_init__(self) -> None:
        """Give it an id; where no place is told, the command that shows it is one."""
        if not self.id:
            about = self.about.value if self.about else ""
            place = tuple(filter(None, (self.operation, *self.pointers)))
            where = place or (self.reproduce,)
            object.__setattr__(self, "id", short_id(self.rule, about, *where))


class Result(StrEnum):
    """How one category came out."""

    PASSED = "passed"
    FAILED = "failed"
    INSUFFICIENT = "insufficient"
    NOT_RUN = "not run"
    ACCEPTED = "accepted"
    """By a person, by name and with a reason; it did not pass."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """What one category came to; *seen* also says what a pass could not see."""

    category: Category
    result: Result
    seen: str
    findings: tuple[Finding, ...] = ()


class Action(IntEnum):
    """What follows, ordered: the worst wins."""

    PROMOTE = 0
    BLOCK = 1
    ROLL_BACK = 2

    @property
    def words(self) -> str:
        """The action as people say it."""
        return {0: "promote", 1: "block", 2: "roll back"}[self.value]


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the verdict table."""

    category: Category
    result: Result
    seen: str
    action: Action


@dataclass(frozen=True, slots=True)
class Verdict:
    """The answer about one release, and because of what."""

    release: str
    action: Action
    rows: tuple[Row, ...]
    because: tuple[Finding, ...]

    @property
    def regression(self) -> bool:
        """Whether the release is bad, as opposed to: we cannot tell."""
        return any(f.category is not Category.EVIDENCE for f in self.because)

    @property
    def whole(self) -> bool:
        """Whether all suites were asked; else nothing follows from it."""
        return {row.category for row in self.rows} >= set(SUITES)

    @property
    def gravest_first(self) -> tuple[Finding, ...]:
        """What speaks against it: what is bad before what could not be told."""
        return tuple(
            sorted(self.because, key=lambda each: each.category is Category.EVIDENCE)
        )

    @property
    def accepted(self) -> tuple[Row, ...]:
        """What did not pass, and was accepted by a person."""
        return tuple(row for row in self.rows if row.result is Result.ACCEPTED)

    @property
    def words(self) -> str:
        """The answer as people say it."""
        if self.whole and self.accepted:
            return f"{self.action.words}, with what a person accepted"
        if self.whole:
            return self.action.words
        return ", ".join(f"{row.category} {row.result}" for row in self.rows)

    @property
    def exit_code(self) -> ExitCode:
        """The exit code where nothing follows from it."""
        if self.action is Action.PROMOTE:
            return ExitCode.PASSED
        return ExitCode.BLOCKED if self.regression else ExitCode.INSUFFICIENT
