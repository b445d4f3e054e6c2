"""Where the comparison stands, and what it has found so far."""

from dataclasses import dataclass, field, replace
from typing import Any

from gate.openapi.changes import Level
from gate.openapi.schemas.payloads import Step
from gate.openapi.schemas.reading import Schema

_FAR_OFF: tuple[str, ...] = (
    "type-changed",
    "field-removed",
    "field-required",
    "enum-value-added",
)
_FAR_OFF += ("enum-value-removed", "field-refused", "field-added-to-closed")
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
    above: frozenset[tuple[str, str]] = frozenset()  # what is being compared already
    partly: bool = False  # the right schema is only a part of what the reader asks

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
            match kind:
                case "items":
                    shown += "[]"
                case "item":
                    shown += f"[{names[0]}]"
                case "name":
                    shown += ".(any name)"
                case _:
                    shown += f".{names[-1]}"
        return shown.removeprefix(".")


@dataclass(frozen=True, slots=True)
class Proof:
    """A value that the writer's schema admits and the reader's refuses, and where."""

    value: Any
    left: str
    right: str
    discriminator: str = ""  # the property that decides so, where no keyword does


@dataclass(frozen=True, slots=True)
class Finding:
    """A place where the reader may refuse what the writer sends."""

    rule: str
    level: Level
    left: str  # JSON pointers into the writer's and the reader's document
    right: str
    sentence: str
    proof: Proof | None = None  # of the whole body or component
    field: str = ""  # the property that it is about, by its plain name


@dataclass(slots=True)
class Outcome:
    """Findings, and pairs of components that have to be compared as well.

    A pair comes with the number of steps to its nearest use. `lacking` are payloads
    that lack a field, by place, since one may show that many are missing; `proofs`
    counts the payloads that were looked for.
    """

    findings: list[Finding] = field(default_factory=list)
    pairs: dict[Pair, int] = field(default_factory=dict)
    lacking: dict[tuple[Step, ...], Proof] = field(default_factory=dict)
    proofs: int = 0

    def lacks(self, steps: tuple[Step, ...], name: str) -> Proof | None:
        """A payload shown before that has no field `name` at `steps` either."""
        proof = self.lacking.get(steps)
        here = None if proof is None else proof.value
        for kind, *names in steps:
            if kind == "property" and isinstance(here, dict):
                here = here.get(names[0])
            elif isinstance(here, list) and here:
                here = here[int(names[0]) if names else 0]
        return proof if isinstance(here, dict) and name not in here else None

    def use(self, pair: Pair, steps: int) -> None:
        """Note that `pair` is needed `steps` deep."""
        self.pairs[pair] = min(steps, self.pairs.get(pair, steps))

    def take(self, other: "Outcome") -> None:
        """Add all of `other`."""
        self.findings += other.findings
        for pair, steps in other.pairs.items():
            self.use(pair, steps)

    @property
    def breaks(self) -> bool:
        """Whether anything found may break a reader."""
        return any(f.level < Level.MAY_BREAK for f in self.findings)

    @property
    def cost(self) -> tuple[int, int, int]:
        """How bad it is, to choose the nearest of several alternatives."""
        off = sum(f.rule.endswith(_FAR_OFF) for f in self.findings)
        return (
            off,
            sum(f.level < Level.MAY_BREAK for f in self.findings),
            len(self.findings),
        )
