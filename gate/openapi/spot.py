"""Where the comparison stands, and what it has found so far."""

from dataclasses import dataclass, field, replace
from typing import Any

from gate.openapi.changes import Level
from gate.openapi.samples import Step
from gate.openapi.schemas import Schema

Pair = tuple[str, str, bool]  # writer's component, reader's component, as text?


@dataclass(frozen=True, slots=True)
class Spot:
    """Two schemas under comparison, and the way to them from the two roots.

    The writer's schema is on the left, the reader's on the right. `text` says that
    values travel as text, as parameters, headers and form fields do.
    """

    left: Schema
    right: Schema
    left_root: Schema
    right_root: Schema
    steps: tuple[Step, ...] = ()
    text: bool = False
    component: str = ""
    sketch: bool = False  # only whether there are findings matters: seek no examples

    @classmethod
    def root(
        cls, left: Schema, right: Schema, text: bool, component: str = ""
    ) -> "Spot":
        """The start of a walk."""
        return cls(left, right, left, right, (), text, component)

    def at(self, left: Schema, right: Schema) -> "Spot":
        """The same place, looked at through parts of the two schemas."""
        return replace(self, left=left, right=right)

    def down(self, left: Schema, right: Schema, *step: str) -> "Spot":
        """One step into an object or array."""
        return replace(self, left=left, right=right, steps=(*self.steps, step))

    def path(self, name: str = "") -> str:
        """The place in the payload, such as `items[].total`; "" for the whole."""
        shown = ""
        for kind, *names in [*self.steps, *([("property", name)] if name else [])]:
            shown += "[]" if kind == "items" else f".{names[0]}"
        return shown.removeprefix(".")


@dataclass(frozen=True, slots=True)
class Finding:
    """A place where the reader may refuse what the writer sends."""

    rule: str
    level: Level
    left: str  # JSON pointers into the writer's and the reader's document
    right: str
    sentence: str
    example: Any = None
    complete: bool = False  # the example is a payload of the whole body or component


@dataclass(slots=True)
class Outcome:
    """Findings, and pairs of components that have to be compared as well.

    A pair comes with the number of steps to its nearest use.
    """

    findings: list[Finding] = field(default_factory=list)
    pairs: dict[Pair, int] = field(default_factory=dict)

    def use(self, pair: Pair, steps: int) -> None:
        """Note that `pair` is needed `steps` deep."""
        self.pairs[pair] = min(steps, self.pairs.get(pair, steps))

    def take(self, other: "Outcome") -> None:
        """Add all of `other`."""
        self.findings += other.findings
        for pair, steps in other.pairs.items():
            self.use(pair, steps)

    @property
    def cost(self) -> tuple[int, int]:
        """How bad it is, to choose the nearest of several alternatives."""
        off = sum(f.rule.endswith("type-changed") for f in self.findings)
        return off, len(self.findings)
